"""Which entries of pallet.toml a person would write for the files that were recognised.

Decided here: when a glob may stand for files of a group, which are left out, and where their versions
stand. No two proposed files ever meet in one repository. Which files are a group is `grouping`'s.
Must never be added: looking at the disk, or the text of pallet.toml.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.finding.file_problems import shown
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.proposing.companions import attach_companions, find_companions
from reconciler.desired.proposing.components import is_component
from reconciler.desired.proposing.grouping import (
    Group,
    choose_bases,
    group_files,
    repository_of,
    stands_for_folder,
)
from reconciler.desired.proposing.merging import merge_folders
from reconciler.errors import Problem
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from reconciler.desired.proposing.recognise import Recognised

FIRST_VERSION = "0.1.0"
"""For files that say none: semver.org's own advice for what is still being shaped."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Matches = Callable[[str], frozenset[str]]
"""What a glob means in this project; empty where it has a problem."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[artifact]]`."""

    files: tuple[str, ...]
    """Patterns."""
    repository: str
    kind: str
    paths: tuple[str, ...]
    """The files that the patterns mean, sorted."""
    version_field: str | None = None
    """Where each file says its version."""
    version: str | None = None
    """The version of all files; None beside a `version_field` or where the kind knows the field."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """By stem or path: files that say no version although others of the entry do."""
    is_renamed: bool = False
    """Whether the name of the file or of its folder could not be a repository's."""
    attach: tuple[str, ...] = ()
    """Patterns of what is attached to each artifact."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What pallet.toml should publish."""

    entries: tuple[Entry, ...]
    left_out: tuple[Problem, ...]
    """Files that no entry of pallet.toml could publish, and why."""


def propose(recognised: Iterable[Recognised], *, matches: Matches) -> Proposal:
    """Return entries that publish each recognised file, in the order of their folders."""
    good, left_out = _part(recognised)
    companions = find_companions(good)
    while True:
        alone = [file for file in good if file.path not in companions]
        entries, refused = _propose(alone, matches)
        entries, left = attach_companions(entries, companions)
        if not left:
            return Proposal(tuple(merge_folders(entries, matches)), (*left_out, *refused))
        companions = {path: each for path, each in companions.items() if path not in left}


def _propose(recognised: Sequence[Recognised], matches: Matches) -> tuple[list[Entry], list[Problem]]:
    groups, left_out = group_files(recognised), list[Problem]()
    levels = choose_bases(groups)
    taken: dict[str, str] = {}
    entries: list[Entry] = []
    for group in groups:
        entries += _enter(group, group.bases()[levels[group]], matches, taken, left_out)
    return entries, left_out


def _part(recognised: Iterable[Recognised]) -> tuple[list[Recognised], list[Problem]]:
    """Tell files that an entry can publish from those that none can."""
    good, left_out = [], []
    for file in recognised:
        problem = _no_entry(file)
        if problem is None:
            good.append(file)
        else:
            left_out.append(problem)
    return good, left_out


def _no_entry(file: Recognised) -> Problem | None:
    if _SURROGATE.search(file.path) or "\\" in file.path:
        message = "no pattern can name it: expected a path of UTF-8 without a backslash"
        return Problem("unnameable", message, shown(file.path), fix="rename it")
    if stands_for_folder(file.kind, file.path) and "/" not in file.path:
        message = "expected a folder of its own, which is packed, got the project's root folder"
        return Problem("no-folder", message, file.path, fix="move the chart into a folder")
    return None


def _enter(
    group: Group,
    base: str,
    matches: Matches,
    taken: dict[str, str],
    left_out: list[Problem],
) -> Iterator[Entry]:
    """Yield the entry with a placeholder, then one for each file whose name cannot fill it in."""
    plain: list[Recognised] = []
    renamed: list[tuple[Recognised, str]] = []
    for file in sorted(group.members, key=lambda file: (not is_component(group.label(file.path)), file.path)):
        name = repository_of(group, base, file.path)
        problem = _refuse(name, file.path, taken)
        if problem is not None or name is None:
            left_out += [problem] if problem else []
            continue
        taken[name] = file.path
        if is_component(group.label(file.path)):
            plain.append(file)
        else:
            renamed.append((file, name))
    if plain:
        paths = frozenset(file.path for file in plain)
        patterns = [group.pattern] if matches(group.pattern) == paths else map(escape, sorted(paths))
        yield _entry(group.kind, tuple(patterns), f"{base}/{{{group.placeholder}}}", tuple(plain))
    for file, name in renamed:
        yield _entry(group.kind, (escape(file.path),), name, (file,), is_renamed=True)


def _entry(
    kind: str,
    patterns: tuple[str, ...],
    repository: str,
    files: tuple[Recognised, ...],
    *,
    is_renamed: bool = False,
) -> Entry:
    silent = [file.path for file in files if file.version is None]
    says_version = len(silent) < len(files)
    describes_folder = builtin_kinds()[kind].layer is LayerForm.FOLDER
    return Entry(
        files=patterns,
        repository=repository,
        kind=kind,
        paths=tuple(sorted(file.path for file in files)),
        # The version of a chart is Chart.yaml's, as its kind says: nothing to write.
        version_field=builtin_kinds()[kind].version if says_version and not describes_folder else None,
        version=FIRST_VERSION if not describes_folder and not says_version else None,
        versions=_keys(silent, files) if says_version and not describes_folder else {},
        is_renamed=is_renamed,
    )


def _keys(silent: Iterable[str], files: Iterable[Recognised]) -> dict[str, str]:
    """Return a version for each file that says none, by stem where that means only one file."""
    stems = Counter(PurePosixPath(file.path).stem for file in files)
    keys = ((PurePosixPath(path).stem, path) for path in silent)
    return {stem if stems[stem] == 1 else path: FIRST_VERSION for stem, path in keys}


def _refuse(name: str | None, path: str, taken: Mapping[str, str]) -> Problem | None:
    if name is None:
        message = "no repository can be named after it: expected a name with letters a to z or digits"
        return Problem("no-repository", message, path, fix="rename it, or write an entry for it by hand")
    try:
        Repository(name)
    except ValueError as exc:
        return Problem("no-repository", str(exc), path, fix="write an entry for it by hand")
    if name in taken:
        message = f"repository {name}: expected one file, got {taken[name]} too"
        return Problem("claimed-twice", message, path, fix="rename it, or write an entry for it by hand")
    return None
