"""What the published catalog tells prune: who requires what, and whose it is.

Decided here: a catalog says it all only where every entry of it can be read. Must never be added: what stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.discovery.catalog import CatalogForeign, CatalogPresent
from reconciler.sync.pruning_stock import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.discovery.catalog import CatalogPlace
    from reconciler.discovery.catalog_document import Item
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.surveying import Standing
    from reconciler.oci.reference import Repository


@dataclass(frozen=True, slots=True)
class Listed:
    """What the catalog lists."""

    items: tuple[Item, ...] = ()
    is_whole: bool = False
    """Whether that is everything there is to know of who requires what."""
    note: str | None = None
    """What stands in its place, or is wrong with it."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(item.entry for item in self.items if item.entry is not None)


NOTHING_LISTED = Listed()
"""Where there is no catalog."""


def read_listed(place: CatalogPlace) -> Listed:
    """Return what a catalog lists; nothing, and a note, where there is none.

    Raises:
        PalletError: the store could not tell: then nobody knows what is required.
    """
    seen = place.look()
    if not isinstance(seen, CatalogPresent):
        what = f"expected a catalog, got {seen.what}" if isinstance(seen, CatalogForeign) else "there is none"
        return Listed(note=f"{place.reference}: {what}: everything is read instead")
    items = seen.document.items
    problems = [item.problem for item in items if item.entry is None]
    if not problems:
        return Listed(items, is_whole=True)
    what = f"entries cannot be read: {len(problems)}, such as one with {problems[0]}"
    return Listed(items, note=f"{place.reference}: {what}: everything is read as well")


def add_owners(
    standing: Mapping[Repository, Standing], listed: Iterable[Entry]
) -> dict[Repository, Standing]:
    """Return what was read, with whose it is where only the catalog says so."""
    owners = {(key_of(entry), entry.digest): entry.owner for entry in listed if entry.owner is not None}

    def owned(entry: Entry) -> Entry:
        owner = owners.get((key_of(entry), entry.digest))
        return entry if owner is None else replace(entry, owner=owner)

    return {
        name: replace(there, entries={tag: owned(entry) for tag, entry in there.entries.items()})
        for name, there in standing.items()
    }
