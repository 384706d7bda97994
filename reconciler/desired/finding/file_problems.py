"""What is said about patterns and files that cannot be used: one function for each problem.

Must never be added: deciding whether something is a problem.
"""

from __future__ import annotations

import difflib
import errno
import os
from typing import TYPE_CHECKING

from reconciler.desired.finding import ignores
from reconciler.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.desired.finding.tree import Target, Tree

_NO_SUCH = (errno.ENOENT, errno.ENOTDIR)


def shown(path: str) -> str:
    """Return a path as it can be printed everywhere: bytes that are not UTF-8 become `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def no_match(tree: Tree, pattern: str, *, missing_folder: str | None) -> Problem:
    subject = f"{shown(pattern)}: matches nothing"
    if missing_folder is None:
        return Problem("no-match", f"{subject}: expected at least one file")
    message = f"{subject}: there is no folder {shown(missing_folder)}"
    return Problem("no-match", message, fix=_nearest(tree, missing_folder))


def all_ignored(pattern: str, places: Sequence[str], *, is_cut: bool) -> Problem:
    """Say that git ignores everything that matches; `places` has one rule for each file."""
    subject = f"{shown(pattern)}: matches nothing"
    count = len(places)
    files, verb, them = ("file", "matches", "it") if count == 1 else ("files", "match", "them")
    at_least = "at least " if is_cut else ""
    rules = ", ".join(sorted(set(places))[:3])
    return Problem(
        "no-match",
        f"{subject}: {at_least}{count} {files} {verb}, but git ignores {them} ({rules})",
        fix="change that rule, or name files that git ignores one by one, without glob characters",
    )


def all_excluded(pattern: str, exclusions: Sequence[str]) -> Problem:
    by = ", ".join(map(shown, exclusions[:3]))
    message = f"{shown(pattern)}: matches nothing but what is taken out by {by}: expected at least one file"
    return Problem("no-match", message)


def only_exclusions(pattern: str) -> Problem:
    message = f"{shown(pattern)}: takes files out of nothing: expected a pattern without ! beside it"
    return Problem("no-match", message, path="files")


def unused_exclusion(pattern: str) -> Problem:
    message = f"{shown(pattern)}: takes nothing out: expected a file that another pattern names"
    return Problem("unused-exclusion", message, severity=Severity.WARNING)


def leads_nowhere(tree: Tree, path: str, exc: OSError) -> Problem:
    """Say why a path could not be followed to its end."""
    absolute = f"{tree.root}/{path}"
    if exc.errno == errno.ELOOP:
        message = f"{shown(path)}: a symlink that leads back to itself: expected a file"
        return Problem("symlink-loop", message)
    if exc.errno in _NO_SUCH and os.path.islink(absolute):  # noqa: PTH114  os.path throughout
        message = f"{shown(path)}: a broken symlink: expected a file, got a link to {_destination(absolute)}"
        return Problem("broken-symlink", message)
    if exc.errno in _NO_SUCH:
        return Problem("no-match", f"{shown(path)}: there is no such file", fix=_nearest(tree, path))
    return unreadable(path, _reason(exc))


def outside(tree: Tree, path: str, target: Target) -> Problem:
    """Say that a link leads to what is no part of the tree that is published."""
    place = shown(target.real)
    if target.inside is not None:
        message = f"{shown(path)}: leads to {shown(target.inside)}, which is never published"
        return Problem("outside-project", message)
    return Problem(
        "outside-project",
        f"{shown(path)}: leads outside the project: expected a place below {shown(tree.root)}, got {place}",
        fix="copy it into the project",
    )


def circle(path: str, target: str) -> Problem:
    return Problem(
        "symlink-loop",
        f"{shown(path)}: a symlink to {shown(target) or '.'}, a folder that it stands in: not followed",
        severity=Severity.WARNING,
    )


def too_many_links(pattern: str, maximum: int) -> Problem:
    return Problem(
        "symlink-loop",
        f"{shown(pattern)}: more than {maximum} symlinks to folders followed: do folders link to each other?",
        fix="name fewer folders in the pattern",
    )


def is_a_folder(path: str) -> Problem:
    fix = f"to publish what is in it: {shown(path)}/*"
    return Problem("not-a-file", f"{shown(path)}: expected a file, got a folder", fix=fix)


def not_a_folder(path: str) -> Problem:
    return Problem("not-a-folder", f"{shown(path)}: expected a folder, got a file")


def not_a_file(path: str) -> Problem:
    return Problem("not-a-file", f"{shown(path)}: expected a file, got a socket, fifo or device")


def not_utf8(path: str) -> Problem:
    return Problem(
        "not-utf8", f"{shown(path)}: file name: expected UTF-8, got other bytes", fix="rename the file"
    )


def unreadable(path: str, reason: str) -> Problem:
    return Problem("unreadable", f"{shown(path)}: cannot be read: {reason}")


def unlistable(path: str, exc: OSError) -> Problem:
    if os.path.basename(str(exc.filename)) == ignores.FILE_NAME:  # noqa: PTH119  os.path throughout
        return unreadable(f"{path}/{ignores.FILE_NAME}", _reason(exc))
    return Problem("unreadable", f"{shown(path) or '.'}: folder cannot be listed: {_reason(exc)}")


def _reason(exc: OSError) -> str:
    return (exc.strerror or type(exc).__name__).lower()


def _destination(link: str) -> str:
    try:
        return shown(os.readlink(link))  # noqa: PTH115  os.path throughout
    except OSError:
        return "somewhere else"


def _nearest(tree: Tree, path: str) -> str | None:
    """Suggest a neighbour with a similar name, where the folder above is there."""
    folder, parts = tree.top_folder, path.split("/")
    try:
        for name in parts[:-1]:
            folder = tree.enter(folder, name)
    except OSError:
        return None
    near = difflib.get_close_matches(parts[-1], sorted(folder.entries), n=1)
    return f"did you mean {shown(folder.child(near[0]))}?" if near else None
