"""Where versions and their requirements are looked up: a store, asked for many at once, or entries at hand.

Decided here: what is asked of a store: one tag list for each repository, one manifest for each version that
is looked into. What was remembered does not count: whoever pulls what was found pulls what is there now.
Must never be added: which version is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.discovery.entries import read_entry
from reconciler.discovery.releases import list_releases
from reconciler.discovery.requiring import Said, read_said
from reconciler.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.desired.lockfile import Key
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.releases import Release
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store


class Shelf(Protocol):
    """What is published, asked for many at once."""

    def versions(self, repositories: Sequence[Repository]) -> Mapping[Repository, Sequence[Version]]:
        """Return the versions of each repository, newest first; none where there is no such repository.

        Raises:
            PalletError: it could not be told.
        """

    def said(self, keys: Sequence[Key]) -> Mapping[Key, Said]:
        """Return what each version says of its requirements.

        Raises:
            PalletError: it could not be told.
        """


class EntryShelf:
    """Entries at hand, such as an inventory's; of one version the tag that pallet would write counts."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[Repository, dict[Version, Entry]] = {}
        for entry in entries:
            if entry.version is not None:
                held = self._entries.setdefault(entry.repository, {})
                other = held.get(entry.version)
                if other is None or other.tag[0] == "v":
                    held[entry.version] = entry

    def versions(self, repositories: Sequence[Repository]) -> Mapping[Repository, Sequence[Version]]:
        """Return the versions of each, newest first."""
        return {name: sorted(self._entries.get(name, ()), reverse=True) for name in repositories}

    def said(self, keys: Sequence[Key]) -> Mapping[Key, Said]:
        """Return what the entries say."""
        return {key: read_said(self._entries[key[0]][key[1]]) for key in keys}


@dataclass(slots=True)
class StoreShelf:
    """A store, and how it is asked."""

    store: Store
    manifests: CachedManifests
    asking: Asking
    _releases: dict[Repository, Mapping[Version, Release]]

    @classmethod
    def of(cls, store: Store, manifests: CachedManifests, asking: Asking) -> StoreShelf:
        return cls(store, manifests, asking, {})

    def versions(self, repositories: Sequence[Repository]) -> Mapping[Repository, Sequence[Version]]:
        """Ask for the tag list of each repository, once."""
        missing = [name for name in repositories if name not in self._releases]
        if missing:
            self._releases.update(self.asking.map("reading versions", missing, self._list))
        return {name: tuple(self._releases[name]) for name in repositories}

    def said(self, keys: Sequence[Key]) -> Mapping[Key, Said]:
        """Ask what each version's tag holds, and read its manifest."""
        by_name = {f"{name}:{self._releases[name][version].tag}": (name, version) for name, version in keys}
        found = self.asking.map("reading requirements", by_name, lambda text: self._read(by_name[text]))
        return {by_name[text]: said for text, said in found.items()}

    def _list(self, repository: Repository) -> Mapping[Version, Release]:
        try:
            releases = list_releases(self.store, repository).versions
        except NotFoundError:
            return {}
        by_version: dict[Version, Release] = {}
        for release in releases:
            by_version.setdefault(release.version, release)
        return by_version

    def _read(self, key: Key) -> Said:
        repository, version = key
        tag = self._releases[repository][version].tag
        try:
            content = self.manifests.fetch_tag(repository, tag)
            return read_said(read_entry(repository, tag, content.descriptor, content.content))
        except NotFoundError:
            return Said(None, flaws=("it is gone: deleted just now",))
        except ValueError as exc:
            return Said(None, flaws=(f"its manifest cannot be read: {exc}",))
