"""Where a title leads below an output folder, or why it leads nowhere. Pure.

Decided here: which names somebody else may give a file of ours. What one system would take for a way out is
refused on all of them, so that an artifact that can be pulled can be pulled everywhere.
Must never be added: a look at the disk.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Parts = tuple[str, ...]
"""Names of folders, then of the file; never empty, and none of them is `.` or `..`."""

WORK_FOLDER = ".pallet-partial"
"""What has not arrived yet, in the output folder itself: a rename within one file system is atomic."""
NAME_MAX_BYTES = 255
PARTS_MAX = 64
LINK_MAX_BYTES = 1023
"""Of the target of a link: what macOS takes; Linux takes four times as much."""
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Unicode 15, UAX #9, tables 1 to 3: overrides and isolates; one before `txt.exe` shows it as `exe.txt`."""


def read_title(title: str) -> Parts:
    """Return the folders and the name that a title means; none for the output folder itself.

    Raises:
        ValueError: the title is empty, leads out, or is no name that a file can have everywhere.
    """
    problem = _problem(title)
    if problem is not None:
        raise ValueError(problem)
    return tuple(part for part in title.split("/") if part not in ("", "."))


def check_link(target: str, *, depth: int) -> None:
    """Accept the target of a symlink that stays below a folder, wherever the links on its way lead.

    Up, it may only go before it goes down: then what it climbs are the folders that the link stands in, and
    what it descends through are folders, or links that were accepted themselves.

    Args:
        depth: how many folders the link stands in, below the one that it must not leave.

    Raises:
        ValueError: it could lead out.
    """
    if len(target.encode(errors="surrogatepass")) > LINK_MAX_BYTES:
        raise ValueError(f"expected at most {LINK_MAX_BYTES} bytes, got {target[:200]!r} and more")
    if not target or target.startswith("/"):
        raise ValueError(f"expected a relative path, got {target[:200]!r}")
    steps = [step for step in target.split("/") if step not in ("", ".")]
    up = next((number for number, step in enumerate(steps) if step != ".."), len(steps))
    if up > depth or ".." in steps[up:]:
        raise ValueError(f"expected a path that stays within, got {target[:200]!r}")
    if steps[up:]:
        read_title("/".join(steps[up:]))


def _problem(title: str) -> str | None:
    if not title:
        return "expected a relative path, got an empty title"
    shown = repr(title[:200])
    if _CONTROL.search(title):
        return f"expected no control character, got {shown}"
    if _TURNING.search(title):
        return f"expected no character that turns the direction of text, got {title[:200]!a}"
    if "\\" in title:
        return f"expected / between folders, got a backslash in {shown}"
    if title.startswith("/"):
        return f"expected a relative path, got {shown}"
    if _DRIVE.match(title):
        return f"expected a relative path, got a drive letter in {shown}"
    return _problem_of_parts(title.split("/"), shown)


def _problem_of_parts(parts: list[str], shown: str) -> str | None:
    if ".." in parts:
        return f"expected a path that does not lead out of its folder, got {shown}"
    if len(parts) > PARTS_MAX:
        return f"expected at most {PARTS_MAX} folders, got {len(parts)} in {shown}"
    for part in parts:
        try:
            size_bytes = len(part.encode())
        except UnicodeEncodeError:
            return f"expected text, got half a character in {shown}"
        if size_bytes > NAME_MAX_BYTES:
            return f"expected names of at most {NAME_MAX_BYTES} bytes, got {size_bytes} in {shown}"
        if fold(part) == WORK_FOLDER:
            return f"expected another name than {WORK_FOLDER}, which pallet needs itself, got {shown}"
    return None


def fold(name: str) -> str:
    """Return what a file system without case, or with one Unicode form, takes a name for."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def find_collisions(paths: Iterable[Parts], *, folds: bool) -> Iterator[str]:
    """Yield what is wrong between paths: two of one name, or a file where another one needs a folder.

    Args:
        folds: whether the file system takes names that differ by case only for one.
    """
    seen: dict[Parts, Parts] = {}
    items = list(paths)
    for parts in items:
        key = _key(parts, folds=folds)
        if key in seen:
            yield _collision(seen[key], parts)
        else:
            seen[key] = parts
    for parts in items:
        for depth in range(1, len(parts)):
            above = seen.get(_key(parts[:depth], folds=folds))
            if above is not None:
                yield f"{'/'.join(above)}: a file there, and a folder for {'/'.join(parts)}"


def _key(parts: Parts, *, folds: bool) -> Parts:
    return tuple(map(fold, parts)) if folds else parts


def _collision(one: Parts, other: Parts) -> str:
    path = "/".join(one)
    if one == other:
        return f"{path}: expected one layer of this title, got two"
    return f"{path}: the same file as {'/'.join(other)} on this file system, which knows no case"
