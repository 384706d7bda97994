"""Small artifacts for tests of stores: content in, blob and manifest out."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import Store

NOTE = "application/vnd.test.note.v1+text"


@dataclass(frozen=True, slots=True)
class Note:
    """An artifact of one blob."""

    content: bytes

    @property
    def blob(self) -> Blob:
        return Blob.of_bytes(self.content)

    @property
    def layer(self) -> Descriptor:
        return Descriptor(NOTE, self.blob.digest, self.blob.size_bytes)

    @property
    def manifest(self) -> bytes:
        return render(Manifest(config=self.layer, layers=(self.layer,), artifact_type=NOTE))

    @property
    def digest(self) -> Digest:
        return Digest.of(self.manifest)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(media_types.OCI_MANIFEST, self.digest, len(self.manifest))


def publish(store: Store, repository: Repository, reference: str, content: bytes) -> Note:
    """Push an artifact made of `content` under a tag or a digest."""
    note = Note(content)
    store.put_blob(repository, note.blob)
    name = note.digest if reference == "digest" else Tag(reference)
    store.put_manifest(repository, name, note.manifest, media_types.OCI_MANIFEST)
    return note
