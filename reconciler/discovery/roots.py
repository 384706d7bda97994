"""What somebody named, as an entry: where a search for what it needs begins.

Decided here: a repository alone means its newest stable version, or `latest` where no tag is a version. Of a
digest, and of a tag that is none, the version is what the manifest says of itself. Must never be added: what
is done with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.desired.build import VERSION
from reconciler.desired.versions.constraints import LATEST, Constraint
from reconciler.desired.versions.version import Version
from reconciler.discovery.entries import Entry, read_entry
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import StoreError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_SHORT_CHARACTERS = 12


def find_root(
    store: Store,
    manifests: CachedManifests,
    repository: Repository,
    named: Tag | Digest | Constraint | None,
) -> Entry:
    """Return what a tag, a digest or a constraint names now; None stands for a repository alone.

    Raises:
        NotFoundError: there is no such thing.
        PalletError: the store could not tell, or what is there is no manifest.
    """
    if named is None or isinstance(named, Constraint):
        named = find_tag(store, manifests, repository, named)
    if isinstance(named, Digest):
        found, tag = manifests.fetch(repository, named), Tag(named.encoded[:_SHORT_CHARACTERS])
    else:
        found, tag = manifests.fetch_tag(repository, named), named
    try:
        entry = read_entry(repository, tag, found.descriptor, found.content)
    except ValueError as exc:
        raise StoreError(f"{store.name(repository, named)}: cannot be read: {exc}") from exc
    if isinstance(named, Digest) or entry.version is None:
        return replace(entry, version=_said_version(entry))
    return entry


def find_tag(
    store: Store, manifests: CachedManifests, repository: Repository, constraint: Constraint | None
) -> Tag:
    """Return the tag of the highest version that a constraint allows; None stands for a repository alone.

    Raises:
        NotFoundError: there is no such version.
        PalletError: the store could not tell.
    """
    releases = list_releases(store, repository)
    if constraint is None and not releases.versions and LATEST in releases.other_tags:
        return Tag(LATEST)
    return Resolver(releases, manifests).resolve(constraint or Constraint(LATEST)).tag


def _said_version(entry: Entry) -> Version | None:
    try:
        return Version(entry.annotations.get(VERSION, ""))
    except ValueError:
        return None
