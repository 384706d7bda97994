"""The published catalog as a store holds it: found, read, and told from what is none.

Decided here: a catalog is one artifact of one type under `latest`, whose only layer is the list; what else
may stand there is *foreign*, which is said and never overwritten unasked. Its content is kept by digest, so
that a catalog that has not changed costs one request.
Must never be added: which entries it should hold, which is `catalog_merge`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.catalog_document import (
    CATALOG_MAX_BYTES,
    CATALOG_TYPE,
    FORMAT_VERSION,
    CatalogDocument,
    parse_catalog,
)
from reconciler.discovery.entries import type_of
from reconciler.errors import HiddenError, NotFoundError, StoreError
from reconciler.oci.manifest import Descriptor, Manifest, parse, render
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent, Store

LATEST = Tag("latest")
FILE_NAME = "catalog.json"
_REBUILD = "pallet catalog --rebuild"
_TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True, slots=True)
class CatalogPresent:
    """A catalog, and the bytes that it was read from."""

    digest: Digest
    """Of its manifest."""
    document: CatalogDocument
    content: bytes


@dataclass(frozen=True, slots=True)
class CatalogAbsent:
    """There is none; or the store does not say, to somebody who may push."""

    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class CatalogForeign:
    """Something else stands there."""

    digest: Digest
    what: str
    """Such as `an artifact of type text/plain`."""
    fix: str | None = None
    is_broken: bool = False
    """Whether it was meant as a catalog, and cannot be read as one."""
    is_newer: bool = False
    """Whether it is a catalog that only a newer pallet understands."""

    @property
    def is_catalog(self) -> bool:
        """Whether what stands there is a catalog all the same."""
        return self.is_broken or self.is_newer


CatalogSeen = CatalogPresent | CatalogAbsent | CatalogForeign


@dataclass(frozen=True, slots=True)
class CatalogPlace:
    """Where a catalog stands, and how it is read."""

    store: Store
    repository: Repository
    manifests: CachedManifests

    @property
    def reference(self) -> str:
        """As people write it."""
        return self.store.name(self.repository, LATEST)

    def read(self, tag: Tag = LATEST) -> CatalogSeen:
        """Return what a tag holds: two requests, and one where the content is kept.

        Raises:
            PalletError: the store could not tell.
        """
        try:
            return self._understand(self.manifests.fetch_tag(self.repository, tag))
        except NotFoundError:
            return CatalogAbsent()
        except HiddenError:
            return CatalogAbsent(is_hidden=True)

    def look(self, tag: Tag = LATEST) -> CatalogSeen:
        """Return the same with one HEAD where manifest and content are kept, and three requests otherwise.

        Raises:
            PalletError: the store could not tell.
        """
        try:
            digest = self.manifests.head(self.repository, tag)
            return self._understand(self.manifests.fetch(self.repository, digest))
        except NotFoundError:
            return CatalogAbsent()
        except HiddenError:
            return CatalogAbsent(is_hidden=True)

    def _understand(self, found: ManifestContent) -> CatalogSeen:
        digest = found.descriptor.digest
        try:
            manifest = parse(found.content)
        except ValueError:
            return CatalogForeign(digest, "no manifest")
        if not isinstance(manifest, Manifest) or type_of(manifest) != CATALOG_TYPE:
            return CatalogForeign(digest, f"an artifact of type {type_of(manifest)}")
        layers = [layer for layer in manifest.layers if layer.media_type == CATALOG_TYPE]
        if len(layers) != 1:
            return CatalogForeign(digest, f"a catalog of {len(layers)} lists", _REBUILD, is_broken=True)
        try:
            content = self._read_content(layers[0])
            document = parse_catalog(content)
        except NotFoundError:
            return CatalogForeign(digest, "a catalog whose content is gone", _REBUILD, is_broken=True)
        except ValueError as exc:
            what = f"a catalog whose content cannot be read: {exc}"
            return CatalogForeign(digest, what, _REBUILD, is_broken=True)
        if document.is_newer:
            what = f"a catalog of format {document.format_version}, newer than {FORMAT_VERSION}"
            return CatalogForeign(digest, what, "upgrade pallet", is_newer=True)
        return CatalogPresent(digest, document, content)

    def _read_content(self, blob: Descriptor) -> bytes:
        cache = self.manifests.cache
        kept = cache.read(blob.digest, max_bytes=CATALOG_MAX_BYTES)
        if kept is not None:
            return kept
        if blob.size_bytes > CATALOG_MAX_BYTES:
            raise StoreError(
                f"{self.reference}: expected a catalog of at most {CATALOG_MAX_BYTES} bytes, "
                f"got {blob.size_bytes}",
                fix="`pallet prune` makes it smaller",
            )
        content = b"".join(self.store.fetch_blob(self.repository, blob))
        if cache.takes(len(content)):
            cache.write(blob.digest, content)
        return content


def catalog_manifest(content: Descriptor) -> bytes:
    """Return the manifest of a catalog with this content: the same for the same content."""
    config = Descriptor(CATALOG_TYPE, content.digest, content.size_bytes)
    layer = Descriptor(CATALOG_TYPE, content.digest, content.size_bytes, {_TITLE: FILE_NAME})
    return render(Manifest(config, (layer,), CATALOG_TYPE, {_TITLE: FILE_NAME}))
