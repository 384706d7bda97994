"""Images, indexes and what refers to them: small graphs for tests of copying, pulling and deleting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Manifest, Platform, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import put_referrer
from reconciler.oci.store import Store

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
SIGNATURE = "application/vnd.test.signature.v1"
TITLE = "org.opencontainers.image.title"


def put_content(store: Store, repository: Repository, content: bytes, media_type: str) -> Descriptor:
    """Store a blob, and say what it is."""
    blob = Blob.of_bytes(content)
    store.put_blob(repository, blob)
    return Descriptor(media_type, blob.digest, blob.size_bytes)


def put_image(
    store: Store,
    repository: Repository,
    reference: str | None,
    *layers: bytes,
    platform: Platform | None = None,
    subject: Descriptor | None = None,
    foreign: Descriptor | None = None,
) -> Descriptor:
    """Publish an image under a tag, or by its digest; its config holds the platform."""
    config = put_content(store, repository, f'{{"for":"{platform}"}}'.encode(), CONFIG)
    parts = [put_content(store, repository, layer, LAYER) for layer in layers]
    manifest = Manifest(config, (*parts, *([foreign] if foreign else [])), subject=subject)
    descriptor = put_manifest(store, repository, reference, manifest)
    return replace(descriptor, platform=platform)


def put_index(
    store: Store, repository: Repository, reference: str | None, *children: Descriptor
) -> Descriptor:
    """Publish an index of manifests that are there."""
    return put_manifest(store, repository, reference, Index(tuple(children)))


def put_signature(store: Store, repository: Repository, subject: Descriptor, content: bytes) -> Descriptor:
    """Publish something that refers to a manifest."""
    layer = put_content(store, repository, content, SIGNATURE)
    bare = Descriptor(subject.media_type, subject.digest, subject.size_bytes)
    manifest = Manifest(layer, (layer,), artifact_type=SIGNATURE, subject=bare)
    return put_referrer(store, repository, render(manifest), media_types.OCI_MANIFEST)


def put_files(
    store: Store,
    repository: Repository,
    reference: str,
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    *,
    annotations: Mapping[str, str] | None = None,
    media_type: str = "application/octet-stream",
) -> Descriptor:
    """Publish files under their titles, as `oras push` does."""
    layers = []
    for title, content in files.items() if isinstance(files, Mapping) else files:
        layer = put_content(store, repository, content, media_type)
        layers.append(replace(layer, annotations={TITLE: title, **(annotations or {})}))
    config = put_content(store, repository, b"{}", media_types.EMPTY)
    return put_manifest(
        store, repository, reference, Manifest(config, tuple(layers), artifact_type="application/vnd.test.v1")
    )


def put_manifest(
    store: Store, repository: Repository, reference: str | None, manifest: Manifest | Index
) -> Descriptor:
    """Publish a manifest under a tag, or by its digest."""
    content = render(manifest)
    digest = Digest.of(content)
    store.put_manifest(repository, Tag(reference) if reference else digest, content, manifest.media_type)
    return Descriptor(manifest.media_type, digest, len(content))
