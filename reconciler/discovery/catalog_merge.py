"""What a catalog should hold: what it holds, and what one run has learned, become one list. Pure.

Decided here: who may change which entry. A project's entries are its own, and other projects' stay byte for
byte, with one exception: where a run has seen its own artifact under a tag, another project's entry for
that tag with another digest cannot be true any more. What a run has not looked at stays as it was, so that
versions that are wanted no more are still found; what it has seen to be otherwise goes. A tag that is no
version stands for a repository only as long as that has no version.
Must never be added: a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.discovery.catalog_document import CatalogDocument, Item, Key, item_of, sort_items
from reconciler.discovery.entries import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.discovery.entries import Entry
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the store holds under a version tag, and how its entry is had where the catalog has none."""

    digest: Digest
    describe: Callable[[], Entry]


DescribeAll = Callable[[Sequence[Confirmed]], Iterable["Entry"]]


@dataclass(frozen=True, slots=True)
class Learned:
    """What one run knows of a project's artifacts in one store."""

    project: str | None
    """Whose entries may be changed; None for everybody's."""
    confirmed: Mapping[Key, Confirmed]
    """What belongs into the catalog."""
    tags: Mapping[Repository, Mapping[Tag, Digest | None]] = field(default_factory=dict)
    """What was seen under tags, floating ones included; None where certainly nothing is."""
    whole: frozenset[Repository] = frozenset()
    """Repositories of which `tags` knows every tag."""
    is_rebuilt: bool = False
    """Whether everything that could be read was read, so that what nobody understands may go."""

    def owns(self, item: Item) -> bool:
        return self.project is None or item.owner == self.project


@dataclass(frozen=True, slots=True)
class Settled:
    """What stays of a catalog, and what it has to be given."""

    kept: tuple[Item, ...]
    missing: tuple[Key, ...]


def settle(items: Iterable[Item], learned: Learned) -> Settled:
    """Return which entries stay, with their floating tags as they are now, and which are missing."""
    kept: list[Item] = []
    listed: set[Key] = set()
    for item in items:
        confirmed = learned.confirmed.get(item.key) if item.key is not None else None
        if confirmed is None:
            if not learned.owns(item):
                kept.append(item)
            elif _still_true(item, learned):
                kept.append(_with_tags(item, learned))
        elif item.entry is not None and item.key is not None and item.entry.digest == confirmed.digest:
            if not learned.owns(item):
                kept.append(item)
            elif item.key not in listed:
                kept.append(_with_tags(item, learned))
            listed.add(item.key)
    return Settled(tuple(kept), tuple(key for key in learned.confirmed if key not in listed))


def is_current(document: CatalogDocument, learned: Learned) -> bool:
    """Say whether a catalog holds what it should."""
    settled = settle(document.items, learned)
    return not settled.missing and settled.kept == document.items


def merge(items: Iterable[Item], learned: Learned, describe: DescribeAll) -> tuple[Item, ...]:
    """Return the entries that a catalog should hold, sorted.

    Args:
        items: what it holds.
        learned: what one run knows.
        describe: returns the entries of what is missing, in its order.

    Raises:
        PalletError: an entry could not be described.
    """
    settled = settle(items, learned)
    new = describe([learned.confirmed[key] for key in settled.missing])
    return tuple(sort_items((*settled.kept, *(_new(entry, learned) for entry in new))))


def _new(entry: Entry, learned: Learned) -> Item:
    owner = learned.project if learned.project is not None else entry.project
    return _with_tags(item_of(entry, owner), learned)


def _still_true(item: Item, learned: Learned) -> bool:
    """Say whether nothing was seen that contradicts an entry."""
    entry = item.entry
    if entry is None:
        return not learned.is_rebuilt
    seen = learned.tags.get(entry.repository, {})
    if entry.version is None and any(digest and version_of(tag) is not None for tag, digest in seen.items()):
        return False
    if entry.tag in seen:
        return seen[entry.tag] == entry.digest
    return entry.repository not in learned.whole


def _with_tags(item: Item, learned: Learned) -> Item:
    """Return an entry with the floating tags that hold its digest now; itself where these are the same."""
    entry = item.entry
    if entry is None:
        return item
    seen = learned.tags.get(entry.repository, {})
    old = () if entry.repository in learned.whole else entry.floating_tags
    stays = {tag for tag in old if tag not in seen}
    held = {tag for tag, digest in seen.items() if digest == entry.digest and version_of(tag) is None}
    tags = tuple(sorted((stays | held) - {entry.tag}))
    return item if tags == entry.floating_tags else item_of(replace(entry, floating_tags=tags), item.owner)
