"""What a copy is asked for, and what came of it, as values. Must never be added: a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor, Platform
    from reconciler.oci.reference import Tag


@dataclass(frozen=True, slots=True)
class CopyTerms:
    """What is copied, and how closely the destination is looked at."""

    referrers: bool = False
    """Whether what refers to the artifact, or to a part of it, comes along, and what refers to that.

    Signatures under tags of their own too, as cosign keeps them.
    """
    platform: Platform | None = None
    """Only this entry of an index; its digest is not the index's."""
    check_all: bool = False
    """Whether the destination is asked for every part, even where it holds what names them."""


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What was copied, and how much of it had to travel."""

    source: str
    """As people write it, by digest."""
    source_digest: Digest
    """What the source calls it: the destination may know it by another algorithm."""
    reference: str
    """As people write it, at the destination."""
    descriptor: Descriptor
    before: Digest | None
    """What the destination's reference named before; None where it was not there."""
    chosen_from: Digest | None = None
    """The index that a platform was chosen from."""
    manifests: int = 0
    """How many manifests were sent, what refers to others included."""
    referrers: int = 0
    """How many manifests that refer to others were found at the source, signers' tags included."""
    blobs: int = 0
    mounted: int = 0
    present: int = 0
    """Blobs that the destination said it holds."""
    size_bytes: int = 0
    """Content of blobs that travelled."""
    foreign: tuple[Descriptor, ...] = ()
    """Layers that are kept elsewhere and were not copied: whoever needs them fetches them from there."""
    kept: tuple[Tag, ...] = ()
    """Tags of signers that name something else at the destination, and were left as they are."""

    @property
    def is_unchanged(self) -> bool:
        """Whether the destination held all of it."""
        return self.before == self.descriptor.digest and not (self.manifests or self.blobs or self.mounted)
