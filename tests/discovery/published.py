"""A repository with releases, as tests of discovery start from."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import Store

REPOSITORY = Repository("workflows/router")
BLOB = Blob.of_bytes(b"steps: []\n")


def manifest_of(annotations: Mapping[str, str], *, on_config: Mapping[str, str] | None = None) -> bytes:
    """Return a manifest that says this of itself."""
    config = Descriptor("text/plain", BLOB.digest, BLOB.size_bytes, on_config or {})
    layer = Descriptor("text/plain", BLOB.digest, BLOB.size_bytes)
    return render(Manifest(config=config, layers=(layer,), annotations=annotations))


def release(
    store: Store,
    *tags: str,
    annotations: Mapping[str, str] | None = None,
    on_config: Mapping[str, str] | None = None,
) -> Digest:
    """Publish one manifest under some tags; it differs from all others by its first tag."""
    content = manifest_of({"org.test.first": tags[0], **(annotations or {})}, on_config=on_config)
    store.put_blob(REPOSITORY, BLOB)
    for tag in tags:
        store.put_manifest(REPOSITORY, Tag(tag), content, media_types.OCI_MANIFEST)
    return Digest.of(content)


def uncached(store: Store) -> CachedManifests:
    return CachedManifests(store, ManifestCache(None))
