"""Manifests that refer to others, for tests: subject in, content out."""

from __future__ import annotations

from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import (
    EMPTY_CONTENT,
    EMPTY_DESCRIPTOR,
    Descriptor,
    Manifest,
    render,
)
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository
from reconciler.oci.referrers import put_referrer
from reconciler.oci.store import Store

SBOM, SIGNATURE = "application/vnd.test.sbom", "application/vnd.test.signature"


def referrer_of(subject: Descriptor, artifact_type: str = SBOM, *, say: str = "") -> bytes:
    """Return a manifest that refers to `subject`; another one for each word of `say`."""
    return render(
        Manifest(
            EMPTY_DESCRIPTOR,
            (EMPTY_DESCRIPTOR,),
            artifact_type=artifact_type,
            annotations={"com.acme.say": say} if say else {},
            subject=subject,
        )
    )


def refer(
    store: Store, repository: Repository, subject: Descriptor, artifact_type: str = SBOM, *, say: str = ""
) -> Descriptor:
    """Put a manifest that refers to `subject`; return its entry in the list."""
    store.put_blob(repository, Blob.of_bytes(EMPTY_CONTENT))
    return put_referrer(store, repository, referrer_of(subject, artifact_type, say=say), OCI_MANIFEST)


def descriptor_of(content: bytes) -> Descriptor:
    return Descriptor(OCI_MANIFEST, Digest.of(content), len(content))
