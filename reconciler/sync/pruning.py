"""Which published versions may be deleted: a pure decision over what was read.

Decided here: candidates are *orphans*, whose repository nobody wants any more, and on request versions that
are old. Of these never one that this project does not own by its annotation or by the catalog, that is locked
or wanted, that a floating tag holds, or that something which stays needs (`pruning_needs`). What requires
something and goes itself keeps nothing.
Must never be added: a request, a file, a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.entries import version_of
from reconciler.discovery.moments import read_moment
from reconciler.discovery.requiring import read_said
from reconciler.discovery.statements import CREATED
from reconciler.discovery.workflow_facts import name_of
from reconciler.oci.media_types import INDEXES
from reconciler.oci.referrer_index import is_fallback_tag
from reconciler.sync.pruning_needs import Needs
from reconciler.sync.pruning_stock import key_of, read_version

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from reconciler.desired.versions.version import Version
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.surveying import Standing
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.sync.pruning_stock import Stock


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
    is_withheld: bool = False
    """Whether it stays only because nobody can tell who requires it."""

    @property
    def key(self) -> Key:
        return key_of(self.entry)


def choose(stock: Stock, claims: Claims, retention: Retention) -> tuple[Judged, ...]:
    """Return every candidate, sorted by repository and newest first, with what becomes of it.

    Args:
        stock: what was read, and what may require something.
        claims: what must stay.
        retention: which versions are old.
    """
    standing = stock.standing
    candidates = {
        key_of(entry): (entry, why)
        for name in sorted(standing)
        if claims.chosen is None or name in claims.chosen
        for entry, why in _candidates(name, standing[name], claims, retention)
    }
    kept = {
        key: why for key, (entry, _) in candidates.items() if (why := _protection(entry, standing, claims))
    }
    needs = Needs(stock, candidates)
    kept |= needs.keep(kept)
    # In one order, and quickly searched.
    going = dict.fromkeys(key for key in candidates if key not in kept)
    requirers = needs.among(going)
    return tuple(
        Judged(entry, kept[key], stays=True)
        if key in kept
        else _going(entry, why, going, requirers.get(key, ()), standing)
        for key, (entry, why) in candidates.items()
    )


def withhold(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """Return the same where nobody can tell who requires what: nothing goes."""
    why = "nobody can tell who requires it"
    return tuple(
        item if item.stays else Judged(item.entry, why, stays=True, is_withheld=True) for item in judged
    )


def _going(
    entry: Entry,
    why: str,
    going: Container[Key],
    requirers: Iterable[Key],
    standing: Mapping[Repository, Standing],
) -> Judged:
    name, there = entry.repository, standing[entry.repository]
    naming = [tag for tag, digest in there.tags.items() if digest == entry.digest]
    floating = tuple(sorted(tag for tag in naming if version_of(tag) is None))
    versions = (tag for tag in naming if version_of(tag) is not None)
    is_whole = all((name, tag) in going for tag in (*versions, *_may_list(there)))
    return Judged(
        entry,
        why,
        stays=False,
        needed_by=tuple(sorted(requirers)),
        tags=floating,
        is_whole=is_whole,
    )


def _may_list(there: Standing) -> Iterator[Tag]:
    """Yield the tags of indexes, and of what could not be read: nobody knows that it is none."""
    read = {**there.entries, **there.others}
    yield from (
        tag for tag, entry in read.items() if entry.media_type in INDEXES and not is_fallback_tag(tag)
    )
    known = {entry.digest for entry in read.values()}
    # A list of referrers is no artifact: what is deleted is taken out of it first.
    yield from (tag for tag, digest in there.tags.items() if digest not in known and not is_fallback_tag(tag))


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
    # Whose the others are nobody says: they stay, and do not count among the newest of this project.
    own = [entry for entry in standing.entries.values() if entry.project == claims.project]
    others = [entry for entry in standing.entries.values() if entry.project is None]
    by_age = sorted(own, key=read_version, reverse=True), sorted(others, key=read_version, reverse=True)
    for position, entry in (item for entries in by_age for item in enumerate(entries)):
        if name not in claims.wanted:
            yield entry, "an orphan: pallet.toml wants nothing of this name"
        elif retention.is_asked and (why := _age(entry, position, retention)):
            yield entry, why


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
    key = (entry.repository, read_version(entry))
    if key in claims.locked or (entry.repository, entry.digest) in claims.locked_digests:
        return "pallet.lock holds it"
    if key in claims.wanted_keys:
        return "pallet.toml wants it"
    if entry.project is None:
        return "nobody says whose it is"
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


def narrate_unread(stock: Stock, judged: Sequence[Judged]) -> list[str]:
    """Return which requirements of what stays cannot be read, the first few, and what follows from that.

    Where nothing goes, only those are named that keep something.
    """
    going = {item.key for item in judged if not item.stays}
    concerned = {item.entry.repository for item in judged}
    flaws = sorted(
        {
            f"{name_of(entry)}: {flaw}: {_kept_for(said.unclear.get(flaw))}"
            for entry in stock.requirers()
            if key_of(entry) not in going
            for said in (read_said(entry),)
            for flaw in said.flaws
            if going or said.unclear.get(flaw) in concerned
        }
    )
    more = [f"and {len(flaws) - _FLAWS_MAX} more such"] if len(flaws) > _FLAWS_MAX else []
    return flaws[:_FLAWS_MAX] + more


def _kept_for(name: Repository | None) -> str:
    return "this keeps nothing" if name is None else f"every version of {name} stays"
