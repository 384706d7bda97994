"""Entries, a store with a catalog, and what runs have learned, as tests of catalogs start from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from reconciler.discovery.catalog import LATEST, CatalogPlace, CatalogPresent
from reconciler.discovery.catalog_document import Item
from reconciler.discovery.catalog_merge import Confirmed, Learned
from reconciler.discovery.catalog_publishing import Publisher
from reconciler.discovery.entries import Entry, version_of
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import Store

WORKFLOW = "application/vnd.pallet.workflow.v1+yaml"
CATALOG = Repository("catalog")
PROJECT = "org.pallet.project"
NEVER = 0.0


def entry_of(
    name: str, tag: str = "1.0.0", *, project: str | None = "ours", tags: tuple[str, ...] = (), salt: str = ""
) -> Entry:
    """Return an entry; another salt is another digest."""
    digest = Digest.of(f"{name}:{tag}{salt}".encode())
    annotations = {} if project is None else {PROJECT: project}
    return Entry(
        Repository(name),
        version_of(tag),
        Tag(tag),
        digest,
        700,
        media_types.OCI_MANIFEST,
        WORKFLOW,
        annotations,
        tuple(map(Tag, tags)),
    )


def _itself(entry: Entry) -> Entry:
    return entry


def learned(*entries: Entry, project: str | None = "ours") -> Learned:
    """Return what a run knows that has confirmed these entries."""
    confirmed = {
        (entry.repository, entry.tag): Confirmed(entry.digest, partial(_itself, entry)) for entry in entries
    }
    seen: dict[Repository, dict[Tag, Digest | None]] = {}
    for entry in entries:
        seen.setdefault(entry.repository, {})[entry.tag] = entry.digest
    return Learned(project, confirmed, seen)


def place_in(store: Store, *, cache: ManifestCache | None = None) -> CatalogPlace:
    return CatalogPlace(store, CATALOG, CachedManifests(store, cache or ManifestCache(None)))


def publisher(store: Store, pauses: list[float] | None = None) -> Publisher:
    """Return a publisher that never waits."""
    return Publisher(place_in(store), (pauses if pauses is not None else []).append, lambda: NEVER)


def listed(store: Store) -> tuple[Item, ...]:
    """Return what the catalog of a store holds."""
    seen = place_in(store).read()
    assert isinstance(seen, CatalogPresent), seen
    return seen.document.items


def names_in(store: Store) -> list[str]:
    return [f"{item.entry.repository}:{item.entry.tag}" for item in listed(store) if item.entry]


def put_catalog(store: Store, content: bytes) -> Digest:
    """Publish a catalog with this content, as another tool would; the content need not be one."""
    return put_artifact(store, content, "application/vnd.pallet.catalog.v1+json")


def put_artifact(
    store: Store, content: bytes, kind: str, *, name: Repository = CATALOG, tag: Tag = LATEST
) -> Digest:
    """Publish one blob as an artifact of a type."""
    blob = Blob.of_bytes(content)
    part = Descriptor(kind, blob.digest, blob.size_bytes)
    store.put_blob(name, blob)
    return store.put_manifest(name, tag, render(Manifest(part, (part,), kind)), media_types.OCI_MANIFEST)


def annotated(annotations: Mapping[str, str], *, blob: Blob) -> bytes:
    """Return the manifest of a workflow that says this of itself."""
    part = Descriptor(WORKFLOW, blob.digest, blob.size_bytes)
    return render(Manifest(part, (part,), WORKFLOW, annotations))
