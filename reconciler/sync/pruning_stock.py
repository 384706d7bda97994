"""What there is to require, and who may require it, as one run of prune has read it. Pure.

Decided here: of a repository that was read, only what was read can be taken; of others, what the catalog
lists. Everybody may require something: versions, what stands under other tags, what a catalog lists, and what
the tree wants, published or not. Must never be added: what follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.shelves import EntryShelf

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from reconciler.desired.lockfile import Key as VersionKey
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.requiring import Said
    from reconciler.discovery.surveying import Standing
    from reconciler.oci.reference import Repository


class RememberingShelf(EntryShelf):
    """Entries at hand that are sorted and read once, however many ask."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        super().__init__(entries)
        self._sorted: dict[Repository, Sequence[Version]] = {}
        self._said: dict[VersionKey, Said] = {}

    def versions(self, repositories: Sequence[Repository]) -> Mapping[Repository, Sequence[Version]]:
        """Return the versions of each, newest first."""
        self._sorted.update(super().versions([name for name in repositories if name not in self._sorted]))
        return {name: self._sorted[name] for name in repositories}

    def said(self, keys: Sequence[VersionKey]) -> Mapping[VersionKey, Said]:
        """Return what the entries say."""
        self._said.update(super().said([key for key in keys if key not in self._said]))
        return {key: self._said[key] for key in keys}


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything that may require something, and everything that may be required."""

    standing: Mapping[Repository, Standing]
    """The repositories that were read."""
    listed: Sequence[Entry] = ()
    """What the catalog lists."""
    wanted: Sequence[Entry] = ()
    """What the tree wants."""

    def shelves(self, without: Container[Key] = ()) -> list[RememberingShelf]:
        """Return what can be taken once some are gone: now, and when all that is wanted is published."""
        there = [entry for entry in self._published() if key_of(entry) not in without]
        coming = self._coming()
        now = RememberingShelf(there)
        return [now, RememberingShelf([*coming, *there])] if coming else [now]

    def requirers(self) -> list[Entry]:
        """Return everything that may require something; what was read comes in place of what is listed."""
        read = [entry for item in self.standing.values() for entry in item.others.values()]
        found = {key_of(entry): entry for entry in (*self.listed, *read, *self._published())}
        return [*found.values(), *self._coming()]

    def entries(self, repository: Repository) -> list[Entry]:
        """Return the versions of a repository that was read; none of one that was not."""
        there = self.standing.get(repository)
        return [] if there is None else list(there.entries.values())

    def _published(self) -> list[Entry]:
        read = [entry for item in self.standing.values() for entry in item.entries.values()]
        return [*(entry for entry in self.listed if entry.repository not in self.standing), *read]

    def _coming(self) -> list[Entry]:
        """Return what is wanted, and is not there as it is wanted."""
        return [entry for entry in self.wanted if not self._holds(entry)]

    def _holds(self, entry: Entry) -> bool:
        there = self.standing.get(entry.repository)
        held = None if there is None else there.entries.get(entry.tag)
        return held is not None and held.digest == entry.digest


def key_of(entry: Entry) -> Key:
    """Return what an entry is told from others by."""
    return (entry.repository, entry.tag)


def read_version(entry: Entry) -> Version:
    """Return the version of an entry that was read as one."""
    assert entry.version is not None, "only versions are read"
    return entry.version
