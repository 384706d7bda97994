"""What signers put under tags of their own: signatures, attestations and SBOMs, as cosign keeps them.

Decided here: one question for each such tag; what could not be told about one is a note. Must never be added:
a write, or a verification.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.errors import NotFoundError, PalletError, StoppedError
from reconciler.oci.manifest import Manifest, parse
from reconciler.oci.referrer_index import signer_tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store

_KINDS: Final = {"sig": "signature", "att": "attestation", "sbom": "SBOM"}


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signer put under a tag of its own."""

    tag: Tag
    descriptor: Descriptor

    @property
    def kind(self) -> str:
        """What it is, by its tag, as people say it."""
        return _KINDS[self.tag.rpartition(".")[2]]


def find_signed(
    store: Store,
    repository: Repository,
    subject: Digest,
    *,
    artifact_type: str | None = None,
    proceed: Callable[[], object],
) -> tuple[tuple[Signed, ...], tuple[str, ...]]:
    """Return what stands under the tags of signers, and notes of what could not be told.

    Args:
        store: where the manifest is.
        repository: of the manifest.
        subject: its digest.
        artifact_type: only what is of this type, or whose config or layers are.
        proceed: called before each question; may raise to stop.
    """
    found, notes = [], []
    for tag in signer_tags(subject):
        proceed()
        try:
            descriptor = store.head_manifest(repository, tag)
            if artifact_type is None or artifact_type in _types(store, repository, descriptor.digest):
                found.append(Signed(tag, descriptor))
        except NotFoundError:
            continue
        except StoppedError:
            raise
        except (PalletError, ValueError) as exc:
            notes.append(f"whether there is a tag {tag} is unknown: {exc}")
    return tuple(found), tuple(notes)


def _types(store: Store, repository: Repository, digest: Digest) -> set[str | None]:
    """Return all types of a manifest; a signature is an image whose layers say what it is.

    Raises:
        ValueError: it is no manifest.
        PalletError: the store could not tell.
    """
    manifest = parse(store.fetch_manifest(repository, digest).content)
    if not isinstance(manifest, Manifest):
        return {manifest.artifact_type}
    layers = (layer.media_type for layer in manifest.layers)
    return {manifest.artifact_type, manifest.config.media_type, *layers}
