"""Whole repositories as they stand in a store: every tag, and what each version says of itself.

Decided here: what is asked: one tag list, then one manifest for each version, one HEAD for each other tag,
and one manifest for each digest that only such tags hold. Which digest a tag holds is never remembered,
since catalogs are rebuilt and versions deleted by what is found. A repository of which anything could not be
told is not there at all: unknown is not absent.
Must never be added: a conclusion, or a write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.discovery.catalog_document import CATALOG_TYPE
from reconciler.discovery.entries import read_entry
from reconciler.discovery.releases import list_releases
from reconciler.errors import NotFoundError, PalletError, StoppedError, StoreError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.discovery.asking import Asking
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store


PROBED = "pallet-doctor"
"""Where `doctor` tries writing; docker-registry goes on listing it, and nobody need be told by whom."""
_NAMES_MAX = 5
"""So many repositories that are not there are named, the rest are counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One repository; nothing at all where there is no such repository."""

    tags: Mapping[Tag, Digest] = field(default_factory=dict)
    """What every tag names, versions and others."""
    entries: Mapping[Tag, Entry] = field(default_factory=dict)
    """The versions whose manifests can be read."""
    others: Mapping[Tag, Entry] = field(default_factory=dict)
    """The same of tags that are no versions, where they hold what no version does."""
    notes: tuple[str, ...] = ()
    is_absent: bool = False
    """Whether the store says that there is no such repository."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What could be told, and what could not."""

    standing: Mapping[Repository, Standing]
    unknown: Mapping[Repository, PalletError]
    notes: tuple[str, ...]

    @property
    def absent(self) -> tuple[Repository, ...]:
        """What the store says there is no such repository of."""
        return tuple(name for name, item in self.standing.items() if item.is_absent)


def survey(store: Store, manifests: CachedManifests, asking: Asking, names: Iterable[Repository]) -> Survey:
    """Look at repositories, several at once; what goes wrong with one is its own."""
    looked = asking.map("reading repositories", names, lambda name: _attempt(store, manifests, name))
    standing = {name: item for name, item in looked.items() if isinstance(item, Standing)}
    unknown = {name: item for name, item in looked.items() if isinstance(item, PalletError)}
    notes = [note for item in standing.values() for note in item.notes]
    notes += [f"{store.name(name)}: could not be read: {exc}" for name, exc in unknown.items()]
    return Survey(standing, unknown, tuple(notes))


def find_repositories(store: Store, known: Iterable[Repository]) -> tuple[tuple[Repository, ...], str | None]:
    """Return every name that the store lists or that is known already, and why the store lists none, if so.

    Raises:
        PalletError: the store could not be asked.
    """
    names = set(known)
    try:
        names.update(store.list_repositories())
    except ThrottledError:
        raise
    except StoreError as exc:
        return tuple(sorted(names)), f"only names that are known already are looked at: {exc}"
    return tuple(sorted(names)), None


def narrate_absent(names: Iterable[Repository]) -> tuple[str, ...]:
    """Return one note on repositories that were listed somewhere and are not there; none for none.

    One for each would be noise: docker-registry goes on listing what never held more than blobs.
    """
    absent = sorted(name for name in names if name.rpartition("/")[2] != PROBED)
    if not absent:
        return ()
    more = f" and {len(absent) - _NAMES_MAX} more" if len(absent) > _NAMES_MAX else ""
    return (f"listed, and not there: left out: {', '.join(absent[:_NAMES_MAX])}{more}",)


def _attempt(store: Store, manifests: CachedManifests, name: Repository) -> Standing | PalletError:
    try:
        return _look(store, manifests, name)
    except StoppedError:
        raise
    except PalletError as exc:
        return exc


def _look(store: Store, manifests: CachedManifests, name: Repository) -> Standing:
    try:
        releases = list_releases(store, name)
    except NotFoundError:
        return Standing(is_absent=True)
    tags: dict[Tag, Digest] = {}
    entries: dict[Tag, Entry] = {}
    others: dict[Tag, Entry] = {}
    notes: list[str] = []
    for release in releases.versions:
        try:
            found = manifests.fetch_tag(name, release.tag)
        except NotFoundError:
            continue  # gone since it was listed
        tags[release.tag] = found.descriptor.digest
        try:
            entry = read_entry(name, release.tag, found.descriptor, found.content)
        except ValueError as exc:
            notes.append(f"{store.name(name, release.tag)}: left out: {exc}")
            continue
        if entry.artifact_type != CATALOG_TYPE:
            entries[release.tag] = entry
    versions = set(tags.values())
    for tag in releases.other_tags:
        try:
            tags[tag] = manifests.head(name, tag)
            other = None if tags[tag] in versions else _read_other(manifests, name, tag, tags[tag])
        except NotFoundError:
            continue
        if other is not None:
            others[tag] = other
    return Standing(tags, entries, others, tuple(notes))


def _read_other(manifests: CachedManifests, name: Repository, tag: Tag, digest: Digest) -> Entry | None:
    """Return what a tag that is no version holds; None for what is no artifact of somebody's."""
    found = manifests.fetch(name, digest)
    try:
        entry = read_entry(name, tag, found.descriptor, found.content)
    except ValueError:
        return None
    return None if entry.artifact_type == CATALOG_TYPE else entry
