"""The version of one repository that people mean where they name none.

Decided here: the newest one that is stable and of which its publisher does not say otherwise; where there is
none, the newest of all, and where no tag is a version, `latest`. One tag list, and one manifest: none where
the version's digest is remembered and its manifest kept.
Must never be added: what becomes of a failure, which is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.entries import Entry, read_entry
from reconciler.discovery.releases import Release, Releases, list_releases
from reconciler.discovery.statements import says_stable
from reconciler.errors import NotFoundError
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent, Store

_LATEST = Tag("latest")
_READ_MAX = 10
"""How many releases are read that their publisher calls unstable, until the newest counts all the same."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one repository has."""

    entry: Entry | None
    seen_s: float | None
    """When the tag was seen to name it, where that was remembered; seconds since 1970."""
    notes: tuple[str, ...] = ()
    is_empty: bool = False
    """Whether there is no tag at all."""


@dataclass(frozen=True, slots=True)
class Newest:
    """A store, and how its manifests are read."""

    store: Store
    manifests: CachedManifests

    def look(self, repository: Repository) -> Looked:
        """Return the newest version of a repository.

        Raises:
            NotFoundError: the store is certain that there is no such repository.
            PalletError: the store could not tell.
        """
        releases = list_releases(self.store, repository)
        first: Looked | None = None
        notes: list[str] = []
        for release in _candidates(releases):
            looked = self._read(releases, release, notes)
            if looked is not None and _ends_with(release, looked):
                return looked
            first = first or looked
        return first or self._without_versions(releases, notes)

    def _read(self, releases: Releases, release: Release, notes: list[str]) -> Looked | None:
        """Return what a version's tag names; None where it is gone since it was listed."""
        tag = release.tag
        try:
            found, seen_s = self._fetch(releases, tag)
        except NotFoundError:
            notes.append(_gone(releases, tag))
            return None
        return _understand(releases, tag, found, seen_s, notes)

    def _fetch(self, releases: Releases, tag: Tag) -> tuple[ManifestContent, float | None]:
        memory = self.manifests.tags
        known = memory.recall(releases.subject, tag)
        if known is not None:
            try:
                return self.manifests.fetch(releases.repository, known.digest), known.seen_s
            except NotFoundError:
                pass  # moved or deleted since: what stands there now counts
        found = self.manifests.fetch_tag(releases.repository, tag)
        memory.remember(releases.subject, tag, found.descriptor.digest)
        return found, None

    def _without_versions(self, releases: Releases, notes: list[str]) -> Looked:
        """Return what `latest` names, where no tag is a version: so do images that other tools push."""
        if releases.versions or _LATEST not in releases.other_tags:
            why = (releases.note,) if releases.note else ()
            is_empty = not releases.versions and not releases.other_tags
            return Looked(None, None, (*notes, *why), is_empty)
        try:
            found = self.manifests.fetch_tag(releases.repository, _LATEST)
        except NotFoundError:
            return Looked(None, None, (*notes, _gone(releases, _LATEST)))
        return _understand(releases, _LATEST, found, None, notes)


def _gone(releases: Releases, tag: Tag) -> str:
    return f"{releases.subject}:{tag}: in the list of tags, and not there: left out"


def _candidates(releases: Releases) -> list[Release]:
    """Return the releases to be read: stable ones first, each kind newest first."""
    stable = [item for item in releases.versions if not item.version.is_prerelease]
    return (stable or list(releases.versions))[:_READ_MAX]


def _ends_with(release: Release, looked: Looked) -> bool:
    """Say whether no older version is asked for; a pre-release comes only where there is nothing else."""
    if looked.entry is None or release.version.is_prerelease:
        return True
    return says_stable(looked.entry.annotations)


def _understand(
    releases: Releases, tag: Tag, found: ManifestContent, seen_s: float | None, notes: list[str]
) -> Looked:
    """Read a manifest; one that is none leaves the repository out: an older version is not its newest."""
    try:
        entry = read_entry(releases.repository, tag, found.descriptor, found.content)
    except ValueError as exc:
        return Looked(None, seen_s, (*notes, f"{releases.subject}:{tag}: left out: {exc}"))
    return Looked(entry, seen_s, tuple(notes))
