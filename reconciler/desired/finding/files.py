"""From the `files` patterns of one artifact entry to the files they name.

Decided here: which files a list of patterns means, their order, and what is wrong with the patterns
or the files. A pattern with `!` in front takes files out, whatever the order. Globs never enter `.git/`,
`.pallet/` or what git ignores (see `ignores`); a literal path may name an ignored file, since a build's
output is published that way.
Must never be added: reading a file, or running git.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.desired.finding import file_problems as texts
from reconciler.desired.finding.globs import EXCLUDES, Glob, parse_exclusions, parse_glob
from reconciler.desired.finding.search import Search
from reconciler.desired.finding.tree import Sort, Tree, is_never_entered
from reconciler.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that a pattern names."""

    path: str
    """From the project's root, with `/`."""
    title: str
    """The part below the pattern's fixed part; the name, for a literal path."""
    is_folder: bool = False
    """True for a literal path to a folder, where the caller allows one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the patterns of one entry mean; with an error among the problems it is not the whole truth."""

    files: tuple[FoundFile, ...]
    """Each path once, sorted by the bytes of its path."""
    problems: tuple[Problem, ...]
    """`path` is `files`, or `files[1]` for the second of several; file and line are the caller's to add."""


def find_files(
    tree: Tree | Path, patterns: Sequence[str], *, allow_folders: bool = False, may_be_empty: bool = False
) -> Found:
    """Return the files that `patterns` name, and every problem with them.

    A file that several patterns name takes its title from the first of them.

    Args:
        tree: the project; pass one `Tree` for all entries, so that each folder is listed once.
        allow_folders: whether a literal path may name a folder, as for image layouts.
        may_be_empty: whether exclusions may leave nothing of what literal paths name.

    Raises:
        OSError: `tree` is a path that is no folder or cannot be listed.
    """
    tree = tree if isinstance(tree, Tree) else Tree(tree)
    files: dict[str, FoundFile] = {}
    problems: list[Problem] = []
    exclusions = _Exclusions(parse_exclusions(patterns))
    for index, pattern in enumerate(patterns):
        where = f"files[{index}]" if len(patterns) > 1 else "files"
        if pattern.startswith(EXCLUDES):
            problems += (replace(problem, path=where) for problem in _misread(pattern))
            continue
        found = _find(tree, pattern, exclusions, allow_folders=allow_folders)
        problems += (replace(problem, path=where) for problem in found.problems)
        for file in found.files:
            files.setdefault(file.path, file)
    problems += _check_exclusions(patterns, exclusions)
    if patterns and not (files or may_be_empty) and _are_warnings(problems):
        problems.append(nothing_left(patterns, exclusions.used))
    # Code points sort as their UTF-8 bytes do, in every locale.
    return Found(tuple(files[path] for path in sorted(files)), tuple(problems))


def nothing_left(patterns: Sequence[str], exclusions: Iterable[str]) -> Problem:
    """Return the problem of patterns that name files, all of which exclusions take out."""
    named = next(pattern for pattern in patterns if not pattern.startswith(EXCLUDES))
    return replace(texts.all_excluded(named, sorted(exclusions)), path="files")


@dataclass(slots=True)
class _Exclusions:
    """What the patterns of one entry take out."""

    globs: Sequence[Glob]
    used: set[str] = field(default_factory=set)
    """Those that took something out, as they were written."""


def _misread(pattern: str) -> Iterator[Problem]:
    """Yield why an exclusion cannot be read, if it cannot."""
    try:
        parse_glob(pattern.removeprefix(EXCLUDES))
    except ValueError as exc:
        yield Problem("invalid-pattern", f"{texts.shown(pattern)}: {exc}")


def _check_exclusions(patterns: Sequence[str], exclusions: _Exclusions) -> Iterator[Problem]:
    if patterns and all(pattern.startswith(EXCLUDES) for pattern in patterns):
        yield texts.only_exclusions(patterns[0])
        return
    for index, pattern in enumerate(patterns):
        if pattern in {glob.text for glob in exclusions.globs} - exclusions.used:
            yield replace(texts.unused_exclusion(pattern), path=f"files[{index}]")


def _find(tree: Tree, pattern: str, exclusions: _Exclusions, *, allow_folders: bool) -> Found:
    try:
        glob = parse_glob(pattern)
    except ValueError as exc:
        return Found((), (Problem("invalid-pattern", f"{texts.shown(pattern)}: {exc}"),))
    if not glob.is_literal:
        return _expand(tree, glob, exclusions)
    taken_out_by = [each.text for each in exclusions.globs if each.means(glob.literal_path)]
    exclusions.used.update(taken_out_by)
    if taken_out_by:
        return Found((), ())
    result = _look_up(tree, glob, allow_folders=allow_folders)
    return Found((), (result,)) if isinstance(result, Problem) else Found((result,), ())


def _look_up(tree: Tree, glob: Glob, *, allow_folders: bool) -> FoundFile | Problem:
    path = glob.literal_path
    try:
        target = tree.target(path)
    except OSError as exc:
        return texts.leads_nowhere(tree, path, exc)
    if target.inside is None or is_never_entered(target.inside):
        return texts.outside(tree, path, target)
    is_folder = target.sort is Sort.FOLDER
    if not is_folder and glob.text.endswith("/"):
        return texts.not_a_folder(path)
    if is_folder and not allow_folders:
        return texts.is_a_folder(path)
    if target.sort is Sort.OTHER:
        return texts.not_a_file(path)
    return _file_problem(tree, path) or FoundFile(path, glob.name, is_folder)


def _expand(tree: Tree, glob: Glob, exclusions: _Exclusions) -> Found:
    search = Search(tree, glob, exclusions.globs)
    search.run()
    exclusions.used.update(search.excluded)
    problems = list(search.problems)
    files = []
    for path in search.found:
        problem = _file_problem(tree, path)
        if problem is None:
            files.append(FoundFile(path, glob.title(path)))
        else:
            problems.append(problem)
    if not files and _are_warnings(problems):
        problems.append(_no_match(tree, glob, search))
    return Found(tuple(files), tuple(problems))


def _no_match(tree: Tree, glob: Glob, search: Search) -> Problem:
    if search.excluded:
        return texts.all_excluded(glob.text, sorted(search.excluded))
    if search.passed_over:
        again = Search(tree, glob, through_ignored=True)
        again.run()
        if again.found:
            return texts.all_ignored(glob.text, list(again.found.values()), is_cut=again.is_cut)
    return texts.no_match(tree, glob.text, missing_folder=search.missing_folder)


def _are_warnings(problems: Iterable[Problem]) -> bool:
    return all(problem.severity is Severity.WARNING for problem in problems)


def _file_problem(tree: Tree, path: str) -> Problem | None:
    if _SURROGATE.search(path):
        return texts.not_utf8(path)
    effective = os.access in os.supports_effective_ids
    if not os.access(f"{tree.root}/{path}", os.R_OK, effective_ids=effective):
        return texts.unreadable(path, "permission denied")
    return None
