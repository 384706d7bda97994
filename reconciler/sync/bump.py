"""Which versions a bump changes, and to what.

Decided here: whom a name means, and what becomes of those who read their version from the same place:
a chosen one that has the version of its whole `[[artifact]]` gets one of its own; every other place
changes for all who read it, so that all of them have to be chosen.
Must never be added: how a file is edited.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.desired.editing.edit import Change, Edited, edit_file
from reconciler.desired.editing.edit_places import (
    Locator,
    Versioned,
    VersionPlace,
    find_versioned,
    new_entries,
)
from reconciler.desired.versions.increments import Level, increment
from reconciler.errors import DocumentError, PalletError, Problem, UsageError
from reconciler.oci.files import disk_failures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from reconciler.desired.lockfile import Key
    from reconciler.desired.project import Project
    from reconciler.desired.reading.wording import FieldPath
    from reconciler.desired.versions.version import Version
    from reconciler.oci.reference import Repository

_GLOB = re.compile(r"[*?\[]")
_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Step:
    """How far every version goes."""

    level: Level
    preid: str | None = None
    build: str | None = None


@dataclass(frozen=True, slots=True)
class Bump:
    """One artifact, its version now and the next, and where that stands."""

    name: Repository
    old: Version
    new: Version
    place: VersionPlace


def plan_bumps(
    project: Project,
    step: Step,
    *,
    names: Sequence[str] = (),
    keys: Collection[Key] = (),
    shared: bool = False,
) -> list[Bump]:
    """Return what a bump changes, sorted by name and version.

    Args:
        project: as it is on disk.
        step: how far.
        names: names or globs, each with `:VERSION` behind it where only that version is meant.
        keys: artifacts that are meant besides.
        shared: whether those who share a chosen one's version are bumped with it.

    Raises:
        UsageError: a name means nothing or too much, a version has no next one, or a chosen version is
            that of others too, who are not chosen.
        PalletError: files changed since the project was read.
    """
    planner = _Planner(project, Locator(project.config), find_versioned(project.config))
    chosen = planner.choose(names, keys)
    places = planner.place(chosen, shared=shared)
    bumps = _increment(planner, places, step)
    _refuse_rivals(project, bumps)
    return sorted(bumps, key=lambda bump: (bump.name, bump.old))


def edit_files(bumps: Sequence[Bump]) -> list[Edited]:
    """Return each file that the bumps change, edited once for all of them; nothing is written.

    Raises:
        DocumentError: versions stand where they cannot be changed; with every problem.
        PalletError: a file cannot be read, or changed since the project was read.
    """
    files: dict[Path, list[Bump]] = {}
    for bump in bumps:
        files.setdefault(bump.place.real, []).append(bump)
    edits: list[Edited] = []
    problems: list[Problem] = []
    for real in sorted(files):
        place = files[real][0].place
        changes: dict[FieldPath, Change] = {
            bump.place.path: Change(bump.old.text, bump.new.text) for bump in files[real]
        }
        try:
            with disk_failures(place.file, real):
                edits.append(edit_file(real, place.form, changes, file=place.file))
        except DocumentError as exc:
            problems.extend(exc.problems)
    if problems:
        raise DocumentError(problems)
    return edits


@dataclass(frozen=True, slots=True)
class _Planner:
    project: Project
    locator: Locator
    everything: list[Versioned]
    _versions: dict[tuple[int, str], Version] = field(default_factory=dict)

    def version(self, item: Versioned) -> Version:
        if item.id not in self._versions:
            try:
                self._versions[item.id] = self.locator.version(item)
            except ValueError as exc:
                raise _changed(item, str(exc)) from exc
        return self._versions[item.id]

    def choose(self, names: Sequence[str], keys: Collection[Key]) -> list[Versioned]:
        chosen = [item for name in names for item in self._named(name)]
        known = {name for name, _ in keys}
        chosen += (
            item for item in self.everything if item.name in known and (item.name, self.version(item)) in keys
        )
        wanted = {item.key for item in self.project.wanted}
        for item in chosen:
            if (item.name, self.version(item)) not in wanted:
                raise _changed(item, f"got version {self.version(item)}")
        return list({item.id: item for item in chosen}.values())

    def _named(self, pattern: str) -> list[Versioned]:
        name, _, version = pattern.partition(":")
        found = [item for item in self.everything if fnmatchcase(item.name, name)]
        if not found:
            near = _nearest(name, {item.name for item in self.everything})
            raise UsageError(
                f"{name}: expected a name or glob of pallet.toml's artifacts, got no match", fix=near
            )
        if version:
            several = _list(sorted(self.version(item) for item in found))
            found = [item for item in found if fnmatchcase(self.version(item).text, version)]
            if not found:
                raise UsageError(f"{name}: expected one of its versions {several}, got {version}")
        elif len(found) > 1 and not _GLOB.search(name):
            versions = sorted(self.version(item) for item in found)
            raise UsageError(
                f"{name}: expected one version, got {_list(versions)}",
                fix=f"say which: {name}:{versions[-1]}, or '{name}:*' for all of them",
            )
        return found

    def place(self, chosen: list[Versioned], *, shared: bool) -> list[tuple[Versioned, VersionPlace]]:
        """Return the chosen ones, and those bumped with them, each with the place of its version."""
        ids = {item.id for item in chosen}
        rules = self._split_rules(ids, shared=shared)
        placed = [(item, self._place_of(item, rules)) for item in chosen]
        sharers = self._sharers(ids, {place for _, place in placed})
        if sharers and not shared:
            raise UsageError(
                "\n".join(_say_shared(place, placed, items) for place, items in sharers.items()),
                fix="name all of them, or bump all of them with --shared",
            )
        return [*placed, *((item, place) for place, items in sharers.items() for item in items)]

    def _split_rules(self, ids: Collection[tuple[int, str]], *, shared: bool) -> dict[int, dict[str, str]]:
        """Return new keys of `[artifact.versions]`, by file, for entries whose literal has to stay."""
        split = set()
        if not shared:
            split = {item.rule.index for item in self.everything if item.reads_literal and item.id not in ids}
        files: dict[int, list[str]] = {}
        for item in self.everything:
            if item.rule.index in split:
                files.setdefault(item.rule.index, []).append(item.path)
        return {index: new_entries(paths) for index, paths in files.items()}

    def _place_of(self, item: Versioned, rules: Mapping[int, Mapping[str, str]]) -> VersionPlace:
        if not item.reads_literal or item.rule.index not in rules:
            return self.locator.place(item)
        key = rules[item.rule.index].get(item.path)
        if key is None:
            raise UsageError(
                f"{item.name}: expected a path or stem that no other file of {item.rule.where} has, got none",
                fix="rename the file, or give it an [[artifact]] of its own",
            )
        return self.locator.in_config(item, "versions", key)

    def _sharers(
        self, ids: Collection[tuple[int, str]], places: Collection[VersionPlace]
    ) -> dict[VersionPlace, list[Versioned]]:
        """Return who else reads one of the places."""
        files = {place.real for place in places}
        sharers: dict[VersionPlace, list[Versioned]] = {}
        for item in self.everything:
            if item.id not in ids and self.locator.file_of(item) in files:
                place = self.locator.place(item)
                if place in places:
                    sharers.setdefault(place, []).append(item)
        return sharers


def _increment(planner: _Planner, placed: Iterable[tuple[Versioned, VersionPlace]], step: Step) -> list[Bump]:
    bumps, complaints = [], []
    for item, place in placed:
        old = planner.version(item)
        try:
            new = increment(old, step.level, preid=step.preid, build=step.build)
        except ValueError as exc:
            complaints.append(f"{item.name}: {exc}")
        else:
            bumps.append(Bump(item.name, old, new, place))
    if complaints:
        raise UsageError("\n".join(complaints))
    return bumps


def _refuse_rivals(project: Project, bumps: Iterable[Bump]) -> None:
    """Refuse versions that two artifacts of one name would have."""
    after = Counter(item.key for item in project.wanted)
    for bump in bumps:
        after[bump.name, bump.old] -= 1
        after[bump.name, bump.new] += 1
    rivals = sorted(key for key, count in after.items() if count > 1)
    if rivals:
        raise UsageError(
            "\n".join(f"{name}: expected one artifact {version}, got two" for name, version in rivals),
            fix="bump them one by one: NAME:VERSION says which",
        )


def _say_shared(
    place: VersionPlace, placed: Iterable[tuple[Versioned, VersionPlace]], others: Sequence[Versioned]
) -> str:
    names = _list([item.name for item, own in placed if own == place])
    return f"{names}: the version in {place.file} is that of {_list([item.name for item in others])} too"


def _changed(item: Versioned, message: str) -> PalletError:
    return PalletError(f"{item.path}: changed while it was being read: {message}", fix="run again")


def _list(words: Sequence[object]) -> str:
    return ", ".join(map(str, words[:_SHOWN_MAX])) + (", …" if len(words) > _SHOWN_MAX else "")


def _nearest(name: str, known: Collection[str]) -> str | None:
    near = get_close_matches(name, sorted(known), n=3, cutoff=0.5) or sorted(known)[:3]
    return f"did you mean {' or '.join(near)}?" if near else None
