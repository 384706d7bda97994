"""Ask a store what it holds: one HEAD for each version tag, one for each floating tag.

Decided here: which questions are asked, in which order. Every failure becomes `Unknown` with its
reason, one item at a time. Must never be added: a write, or a conclusion.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reconciler.desired.build import PROJECT, VERSION
from reconciler.desired.versions.version import Version, render_floating
from reconciler.errors import HiddenError, NotFoundError, PalletError, StoppedError
from reconciler.oci import manifest
from reconciler.oci.referrers import referrers_of
from reconciler.oci.sameness import is_same, recognise
from reconciler.sync.actions import Observations
from reconciler.sync.facts import (
    Absent,
    FloatingAbsent,
    FloatingPresent,
    FloatingSeen,
    Hidden,
    Present,
    Seen,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store
    from reconciler.sync.actions import AttachmentKey
    from reconciler.sync.floating import FloatingGoal, FloatingKey
    from reconciler.sync.progress import Progress
    from reconciler.sync.stop import Stop

_LOOKED_AT_MAX = 50
"""How many version tags are asked which of them a floating tag names; what is further behind is foreign."""
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Observer:
    """A store, and how it is asked."""

    store: Store
    project: str | None
    """Whose versions a floating tag may name; None for those that name no project."""
    jobs: int
    stop: Stop
    progress: Progress

    def observe(
        self, wanted: Sequence[Wanted], goals: Sequence[FloatingGoal], locked: Mapping[Key, Locked]
    ) -> Observations:
        """Return what the store says of every wanted version and every floating tag.

        Raises:
            StoppedError: a stop was requested before everything was seen.
        """
        subjects = [item for item in wanted if item.attachments]
        self.progress.begin("checking", len(wanted) + len(subjects) + len(goals))
        try:
            seen = self._map(wanted, lambda item: self._see_artifact(item, locked.get(item.key)))
            artifacts = {item.key: state for item, state in zip(wanted, seen, strict=True)}
            attached = self._map(subjects, lambda item: self._see_attachments(item, artifacts[item.key]))
            digests = _known_digests(wanted, locked)
            fresh = _fresh_repositories(artifacts, locked)
            floating = self._map(
                _by_repository(goals),
                lambda group: self._see_floating(group, digests.get(group[0].name, {}), fresh),
            )
        finally:
            self.progress.end()
        return Observations(
            artifacts,
            {key: state for group in floating for key, state in group.items()},
            {key: state for group in attached for key, state in group.items()},
        )

    def see_required(self, names: Sequence[Repository]) -> dict[Repository, tuple[Version, ...] | Unknown]:
        """Return which versions the store has of repositories that others require; one tag list for each.

        Raises:
            StoppedError: a stop was requested before everything was seen.
        """
        if not names:
            return {}
        self.progress.begin("looking for what is required", len(names))
        try:
            return dict(zip(names, self._map(names, self._see_versions), strict=True))
        finally:
            self.progress.end()

    def _see_versions(self, name: Repository) -> tuple[Version, ...] | Unknown:
        try:
            return _versions(self.store.list_tags(name))
        except NotFoundError:
            return ()
        except PalletError as exc:
            return _unknown(exc)
        finally:
            self.progress.advance(name)

    def _map(self, items: Sequence[_Item], ask: Callable[[_Item], _Answer]) -> list[_Answer]:
        def ask_unless_stopped(item: _Item) -> _Answer:
            if self.stop.is_requested:
                raise StoppedError("stopped", signal_number=self.stop.signal_number or 0)
            return ask(item)

        with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="observe") as pool:
            return list(pool.map(ask_unless_stopped, items))

    def _see_artifact(self, wanted: Wanted, locked: Locked | None) -> Seen:
        known = (wanted.digest,) if locked is None else (wanted.digest, locked.digest)
        try:
            digest = self.store.head_manifest(wanted.name, wanted.tag).digest
            return Present(recognise(self.store, wanted.name, wanted.tag, digest, known))
        except NotFoundError:
            return Absent()
        except HiddenError as exc:
            return Hidden(str(exc))
        except PalletError as exc:
            return _unknown(exc)
        finally:
            self.progress.advance(wanted.name)

    def _see_attachments(self, wanted: Wanted, artifact: Seen) -> dict[AttachmentKey, Seen]:
        """Return which attachments are listed; one list for all of them, and none for what is not there."""
        keys: list[AttachmentKey] = [(*wanted.key, item.digest) for item in wanted.attachments]
        try:
            match artifact:
                case Present(digest) if digest == wanted.digest:
                    listed = {entry.digest for entry in referrers_of(self.store, wanted.name, digest)}
                    return {key: Present(key[2]) if key[2] in listed else Absent() for key in keys}
                case Unknown():
                    return dict.fromkeys(keys, artifact)
                case _:
                    return dict.fromkeys(keys, Absent())
        except PalletError as exc:
            return dict.fromkeys(keys, _unknown(exc))
        finally:
            self.progress.advance(wanted.name)

    def _see_floating(
        self, goals: Sequence[FloatingGoal], known: Mapping[Digest, Version], fresh: Collection[Repository]
    ) -> dict[FloatingKey, FloatingSeen]:
        """Return what each floating tag of one repository holds."""
        tags = _TagList(self.store, goals[0].name)
        seen: dict[FloatingKey, FloatingSeen] = {}
        for goal in goals:
            try:
                seen[goal.key] = self._ask_floating(goal, known, tags, is_fresh=goal.name in fresh)
            except HiddenError:
                seen[goal.key] = FloatingAbsent(is_hidden=True)
            except PalletError as exc:
                seen[goal.key] = _unknown(exc)
            self.progress.advance(goal.name)
        return seen

    def _ask_floating(
        self, goal: FloatingGoal, known: Mapping[Digest, Version], tags: _TagList, *, is_fresh: bool
    ) -> FloatingSeen:
        # A repository of which nothing is known is probably new: the tag list, which is needed
        # anyway where the tag is absent, then answers for all its floating tags at once.
        if is_fresh and goal.tag not in tags.read():
            return FloatingAbsent(_versions(tags.read()))
        try:
            held = self.store.head_manifest(goal.name, goal.tag).digest
            digest = recognise(self.store, goal.name, goal.tag, held, known)
        except NotFoundError:
            return FloatingAbsent(_versions(tags.read()))
        version = known.get(digest) or self._read_version(goal, digest, tags)
        return FloatingPresent(digest, version, () if version else _versions(tags.read()))

    def _read_version(self, goal: FloatingGoal, digest: Digest, tags: _TagList) -> Version | None:
        """Return the version that a manifest claims to be, if it is this project's."""
        try:
            said = manifest.parse(self.store.fetch_manifest(goal.name, digest).content).annotations
            if said.get(PROJECT) == self.project and VERSION in said:
                return Version(said[VERSION])
        except ValueError:
            return None
        if goal.wanted.is_verbatim and said.get(PROJECT) in (None, self.project):
            return self._find_version(goal, digest, tags)
        return None

    def _find_version(self, goal: FloatingGoal, digest: Digest, tags: _TagList) -> Version | None:
        """Return the version under whose tag a digest stands, the highest first.

        For images that were copied whole: their manifests are the build's, and say nothing of a project.
        """
        named = [version for version in _versions(tags.read()) if _takes(goal, version)]
        for version in sorted(named, reverse=True)[:_LOOKED_AT_MAX]:
            try:
                held = self.store.head_manifest(goal.name, version.tag).digest
                if is_same(self.store, goal.name, version.tag, held, digest):
                    return version
            except NotFoundError:
                continue
        return None


@dataclass(slots=True)
class _TagList:
    """The tags of one repository, asked for when they are needed, and once."""

    store: Store
    name: Repository
    _tags: list[Tag] | None = None

    def read(self) -> list[Tag]:
        if self._tags is None:
            try:
                self._tags = self.store.list_tags(self.name)
            except NotFoundError:
                self._tags = []
        return self._tags


def _takes(goal: FloatingGoal, version: Version) -> bool:
    return render_floating(goal.template, version) == goal.tag


def _by_repository(goals: Iterable[FloatingGoal]) -> list[list[FloatingGoal]]:
    groups: dict[Repository, list[FloatingGoal]] = {}
    for goal in goals:
        groups.setdefault(goal.name, []).append(goal)
    return list(groups.values())


def _unknown(exc: PalletError) -> Unknown:
    return Unknown(str(exc), exc.exit_code, exc.fix)


def _known_digests(
    wanted: Iterable[Wanted], locked: Mapping[Key, Locked]
) -> dict[Repository, dict[Digest, Version]]:
    """Return, by name, the digests whose version is known without reading a manifest.

    What merely stands under a version tag is not among them: somebody else may have put it there.
    """
    known: dict[Repository, dict[Digest, Version]] = {}
    for entry in locked.values():
        known.setdefault(entry.name, {})[entry.digest] = entry.version
    for item in wanted:
        known.setdefault(item.name, {})[item.digest] = item.version
    return known


def _fresh_repositories(seen: Mapping[Key, Seen], locked: Mapping[Key, Locked]) -> set[Repository]:
    """Return the names of which no version was seen and no other version is locked."""
    published = {key[0] for key, state in seen.items() if not isinstance(state, Absent)}
    published.update(key[0] for key in locked if key not in seen)
    return {key[0] for key in seen} - published


def _versions(tags: Iterable[str]) -> tuple[Version, ...]:
    versions = []
    for tag in tags:
        try:
            versions.append(Version.of_tag(tag))
        except ValueError:
            continue
    return tuple(sorted(versions))
