"""Which entries of pallet.toml a person would write for the files that were recognised.

Decided here: which files are left out, and where the versions of the others stand. No two proposed files
ever meet in one repository. Which files are a group is `grouping`'s; which patterns say them is `patterns`'.
Must never be added: looking at the disk, or the text of pallet.toml.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.config import FieldVersion
from reconciler.desired.finding.file_problems import shown
from reconciler.desired.finding.globs import as_pattern
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
from reconciler.desired.proposing.patterns import Exclusion, Patterns, Reason, choose_glob, globs_by_name
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
    versions: Mapping[str, str | FieldVersion] = field(default_factory=dict)
    """By stem or path: the few files that say no version, or that say one, where the others differ."""
    is_renamed: bool = False
    """Whether the name of the file or of its folder could not be a repository's."""
    attach: tuple[str, ...] = ()
    """Patterns of what is attached to each artifact."""
    exclusions: tuple[Exclusion, ...] = ()
    """What the glob takes out."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What pallet.toml should publish."""

    entries: tuple[Entry, ...]
    left_out: tuple[Problem, ...]
    """Files that no entry of pallet.toml could publish, and why."""


def propose(
    recognised: Iterable[Recognised], *, matches: Matches, refused: Mapping[str, str] | None = None
) -> Proposal:
    """Return entries that publish each recognised file, in the order of their folders.

    Args:
        recognised: what there is.
        matches: what a glob means.
        refused: files that look like a kind and cannot be published, each with the reason.
    """
    good, left_out = _part(recognised)
    reasons = {path: Reason(text, is_stranger=False) for path, text in (refused or {}).items()}
    reasons |= {file.path: Reason(f"a file of kind {file.kind}") for file in good}
    reasons |= {problem.file or "": Reason(problem.message, is_stranger=False) for problem in left_out}
    companions = find_companions(good)
    while True:
        proposing = _Proposing(matches, dict(reasons))
        proposing.reasons.update(dict.fromkeys(companions, Reason("attached, see below", is_stranger=False)))
        entries = proposing.run([file for file in good if file.path not in companions])
        entries, left = attach_companions(entries, companions)
        if not left:
            entries = merge_folders(entries, matches, proposing.why)
            return Proposal(tuple(entries), (*left_out, *proposing.left_out))
        companions = {path: each for path, each in companions.items() if path not in left}


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


@dataclass(slots=True)
class _Proposing:
    """One go at all files."""

    matches: Matches
    reasons: dict[str, Reason]
    """Why a file is not one that a glob means."""
    left_out: list[Problem] = field(default_factory=list)
    _taken: dict[str, str] = field(default_factory=dict)
    """Each repository with its file."""

    def run(self, recognised: Sequence[Recognised]) -> list[Entry]:
        groups = group_files(recognised)
        levels = choose_bases(groups)
        return [entry for group in groups for entry in self._enter(group, group.bases()[levels[group]])]

    def why(self, path: str) -> Reason:
        return self.reasons.get(path, Reason("of no kind that pallet knows"))

    def _enter(self, group: Group, base: str) -> Iterator[Entry]:
        """Yield the entry with a placeholder, then one for each file whose name cannot fill it in."""
        plain: list[Recognised] = []
        renamed: list[tuple[Recognised, str]] = []
        for file in sorted(group.members, key=lambda each: (not _fills(group, each), each.path)):
            name = repository_of(group, base, file.path)
            problem = _refuse(name, file.path, self._taken)
            if problem is not None or name is None:
                self.left_out += [problem] if problem else []
                self.reasons[file.path] = Reason(problem.message if problem else "", is_stranger=False)
                continue
            self._taken[name] = file.path
            if _fills(group, file):
                plain.append(file)
            else:
                renamed.append((file, name))
                self.reasons[file.path] = Reason("under another name, see below", is_stranger=False)
        if plain:
            yield _entry(group.kind, self._say(group, plain), f"{base}/{{{group.placeholder}}}", tuple(plain))
        for file, name in renamed:
            alone = Patterns((as_pattern(file.path),))
            yield replace(_entry(group.kind, alone, name, (file,)), is_renamed=True)

    def _say(self, group: Group, files: Sequence[Recognised]) -> Patterns:
        paths = sorted(file.path for file in files)
        globs = [group.pattern, *(globs_by_name(group.folder, paths) if group.placeholder == "stem" else ())]
        chosen = choose_glob(globs, paths, self.matches, self.why)
        return chosen or Patterns(tuple(map(as_pattern, paths)))


def _fills(group: Group, file: Recognised) -> bool:
    """Say whether a file's name can be filled in for the placeholder as it stands."""
    return is_component(group.label(file.path))


def _entry(kind: str, patterns: Patterns, repository: str, files: tuple[Recognised, ...]) -> Entry:
    entry = Entry(
        files=patterns.files,
        repository=repository,
        kind=kind,
        paths=tuple(sorted(file.path for file in files)),
        exclusions=patterns.exclusions,
    )
    known = builtin_kinds()[kind]
    # The version of a chart is Chart.yaml's, as its kind says: nothing to write.
    return entry if known.layer is LayerForm.FOLDER else _with_versions(entry, files, known.version)


def _with_versions(entry: Entry, files: Sequence[Recognised], field: str | None) -> Entry:
    """Say once what most files share, and beside it the few that differ."""
    silent = [file.path for file in files if file.version is None]
    saying = [file.path for file in files if file.version is not None]
    if field is None or not saying:
        return replace(entry, version=FIRST_VERSION)
    if len(silent) <= len(saying):
        first = dict.fromkeys(_keys(silent, files), FIRST_VERSION)
        return replace(entry, version_field=field, versions=first)
    own = dict.fromkeys(_keys(saying, files), FieldVersion(field))
    return replace(entry, version=FIRST_VERSION, versions=own)


def _keys(paths: Iterable[str], files: Iterable[Recognised]) -> Iterator[str]:
    """Yield what stands for each file in `[artifact.versions]`: its stem, where that means only one."""
    stems = Counter(PurePosixPath(file.path).stem for file in files)
    for path in paths:
        stem = PurePosixPath(path).stem
        yield stem if stems[stem] == 1 else path


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
