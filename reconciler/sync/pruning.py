"""Which published versions may be deleted: a pure decision over what was read.

Decided here: candidates are *orphans*, whose repository nobody wants any more, and on request versions that
are old. Of these never one that this project does not own by its annotation, that is locked or wanted, that a
floating tag holds, or that something which stays requires. Of what a requirement allows, the highest version
is what everybody takes: with ranges that have no gaps, also where several requirements must hold together. So
that one stays, and the ones below it may go. What requires something and goes itself keeps nothing.
Must never be added: a request, a file, a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.build import PROJECT
from reconciler.discovery.entries import version_of
from reconciler.discovery.moments import read_moment
from reconciler.discovery.requiring import accepts, read_said
from reconciler.discovery.statements import CREATED
from reconciler.discovery.workflow_facts import name_of
from reconciler.oci.media_types import INDEXES

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.surveying import Standing
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag


_FLAWS_MAX = 5
"""So many requirements that cannot be read are named, the rest are counted."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Which versions of what is still wanted are old; none where nothing is said, and both where both are."""

    keep: int | None = None
    """So many of the newest versions of each repository are not old."""
    older_than: timedelta | None = None
    now: datetime | None = None
    """What ages are counted from."""

    @property
    def is_asked(self) -> bool:
        return self.keep is not None or self.older_than is not None


@dataclass(frozen=True, slots=True)
class Claims:
    """What must stay, whatever is old."""

    project: str
    wanted: Container[Repository]
    """Names that are no orphans."""
    wanted_keys: Container[tuple[Repository, Version]]
    locked: Container[tuple[Repository, Version]]
    locked_digests: Container[tuple[Repository, Digest]]
    frees_orphans: bool = False
    """Whether floating tags hold no orphan: then they go with it."""
    chosen: Container[Repository] | None = None
    """The only repositories that may be touched; None for all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One version that might go, and why it does or does not."""

    entry: Entry
    why: str
    stays: bool
    needed_by: tuple[Key, ...] = ()
    """What goes before it does: others that go as well, and require it."""
    tags: tuple[Tag, ...] = ()
    """Floating tags that go with it."""
    is_whole: bool = False
    """Whether every tag that names its manifest goes, and no index that stays may list it."""

    @property
    def key(self) -> Key:
        return (self.entry.repository, self.entry.tag)


def choose(
    standing: Mapping[Repository, Standing],
    others: Iterable[Entry],
    claims: Claims,
    retention: Retention,
) -> tuple[Judged, ...]:
    """Return every candidate, sorted by repository and newest first, with what becomes of it.

    Args:
        standing: the repositories that were read.
        others: versions that may require something: the catalog's, and what is wanted.
        claims: what must stay.
        retention: which versions are old.
    """
    candidates = {
        (entry.repository, entry.tag): (entry, why)
        for name in sorted(standing)
        if claims.chosen is None or name in claims.chosen
        for entry, why in _candidates(name, standing[name], claims, retention)
    }
    kept = {
        key: why for key, (entry, _) in candidates.items() if (why := _protection(entry, standing, claims))
    }
    needs = _needs(standing, others)
    kept |= _required(candidates, kept, needs, standing)
    going = candidates.keys() - kept.keys()
    return tuple(
        Judged(entry, kept[key], stays=True) if key in kept else _going(entry, why, going, needs, standing)
        for key, (entry, why) in candidates.items()
    )


def _going(
    entry: Entry,
    why: str,
    going: Container[Key],
    needs: Sequence[_Need],
    standing: Mapping[Repository, Standing],
) -> Judged:
    name, there = entry.repository, standing[entry.repository]
    naming = [tag for tag, digest in there.tags.items() if digest == entry.digest]
    floating = tuple(sorted(tag for tag in naming if version_of(tag) is None))
    versions = (tag for tag in naming if version_of(tag) is not None)
    indexes = (tag for tag, other in there.entries.items() if other.media_type in INDEXES)
    is_whole = all((name, tag) in going for tag in (*versions, *indexes))
    return Judged(
        entry,
        why,
        stays=False,
        needed_by=_needed_by(entry, going, needs),
        tags=floating,
        is_whole=is_whole,
    )


def in_order(going: Sequence[Judged]) -> list[Judged]:
    """Return what goes, each after what requires it; in a cycle as it comes."""
    waiting = {item.key: item for item in going}
    ordered: list[Judged] = []
    while waiting:
        free = [item for item in waiting.values() if not any(key in waiting for key in item.needed_by)]
        for item in free or list(waiting.values())[:1]:
            ordered.append(waiting.pop(item.key))
    return ordered


def _candidates(
    name: Repository, standing: Standing, claims: Claims, retention: Retention
) -> Iterator[tuple[Entry, str]]:
    own = [entry for entry in standing.entries.values() if entry.annotations.get(PROJECT) == claims.project]
    for position, entry in enumerate(sorted(own, key=_version_key, reverse=True)):
        if name not in claims.wanted:
            yield entry, "an orphan: pallet.toml wants nothing of this name"
        elif retention.is_asked and (why := _age(entry, position, retention)):
            yield entry, why


def _version_key(entry: Entry) -> Version:
    assert entry.version is not None, "only versions are read"
    return entry.version


def _age(entry: Entry, position: int, retention: Retention) -> str | None:
    """Return why a version is old; None where it is not, or where nobody says when it was created."""
    whys = []
    if retention.keep is not None:
        if position < retention.keep:
            return None
        whys.append(f"older than the newest {retention.keep}")
    if retention.older_than is not None and retention.now is not None:
        created = read_moment(entry.annotations.get(CREATED, ""))
        if created is None or retention.now - created <= retention.older_than:
            return None
        whys.append(f"created {created.date().isoformat()}")
    return ", ".join(whys)


def _protection(entry: Entry, standing: Mapping[Repository, Standing], claims: Claims) -> str | None:
    key = (entry.repository, _version_key(entry))
    if key in claims.locked or (entry.repository, entry.digest) in claims.locked_digests:
        return "pallet.lock holds it"
    if key in claims.wanted_keys:
        return "pallet.toml wants it"
    if claims.frees_orphans and entry.repository not in claims.wanted:
        return None
    tags = standing[entry.repository].tags
    holding = sorted(
        tag for tag, digest in tags.items() if digest == entry.digest and version_of(tag) is None
    )
    if not holding:
        return None
    more = "" if entry.repository in claims.wanted else "; --floating deletes these too"
    return f"held by {', '.join(holding)}{more}"


@dataclass(frozen=True, slots=True)
class _Need:
    """What one version requires of one repository, and which version that means."""

    by: Key
    who: str
    name: Repository
    version: Version | None


def _needs(standing: Mapping[Repository, Standing], others: Iterable[Entry]) -> list[_Need]:
    """Return what every version requires that is published, or wanted, or in the catalog."""
    read = {
        (entry.repository, entry.tag): entry for item in standing.values() for entry in item.entries.values()
    }
    entries = {**{(entry.repository, entry.tag): entry for entry in others}, **read}
    return [
        _Need(key, f"{key[0]}:{key[1]}", need.name, _highest(need, standing))
        for key, entry in entries.items()
        for need in read_said(entry).needs
    ]


def narrate_unread(
    standing: Mapping[Repository, Standing], others: Iterable[Entry], judged: Iterable[Judged]
) -> list[str]:
    """Return which requirements of what stays cannot be read, the first few, where anything goes at all."""
    going = {item.key for item in judged if not item.stays}
    read = [entry for item in standing.values() for entry in item.entries.values()]
    flaws = sorted(
        {
            f"{name_of(entry)}: {flaw}"
            for entry in (*others, *read)
            if going and (entry.repository, entry.tag) not in going
            for flaw in read_said(entry).flaws
        }
    )
    more = [f"and {len(flaws) - _FLAWS_MAX} more such"] if len(flaws) > _FLAWS_MAX else []
    return [f"{text}: this keeps nothing" for text in flaws[:_FLAWS_MAX]] + more


def _highest(need: Requirement, standing: Mapping[Repository, Standing]) -> Version | None:
    there = standing.get(need.name)
    versions = [_version_key(entry) for entry in there.entries.values()] if there is not None else []
    allowed = [version for version in versions if accepts(need, version)] or [
        version for version in versions if need.allows(version)
    ]
    return max(allowed, default=None)


def _required(
    candidates: Mapping[Key, tuple[Entry, str]],
    kept: Mapping[Key, str],
    needs: Sequence[_Need],
    standing: Mapping[Repository, Standing],
) -> dict[Key, str]:
    """Return which candidates stay because something that stays requires them, step by step."""
    found: dict[Key, str] = {}
    while True:
        new = {
            target: f"required by {need.who}"
            for need in needs
            if need.by not in candidates or need.by in kept or need.by in found
            for target in _targets(need, standing)
            if target in candidates and target not in kept and target not in found
        }
        if not new:
            return found
        found |= new


def _targets(need: _Need, standing: Mapping[Repository, Standing]) -> Iterator[Key]:
    """Yield what a requirement takes: every tag of the version, for there may be `1.0.0` and `v1.0.0`."""
    there = standing.get(need.name)
    if there is None or need.version is None:
        return
    for tag, entry in there.entries.items():
        if _version_key(entry) == need.version and (need.name, tag) != need.by:
            yield (need.name, tag)


def _needed_by(entry: Entry, going: Container[Key], needs: Sequence[_Need]) -> tuple[Key, ...]:
    version = _version_key(entry)
    own = (entry.repository, entry.tag)
    wanted = (n for n in needs if n.name == entry.repository and n.version == version and n.by in going)
    return tuple(sorted({need.by for need in wanted} - {own}))
