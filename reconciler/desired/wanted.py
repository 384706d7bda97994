"""The first fact: an artifact as the tree says it should be.

Must never be added: how it is built, or anything that differs between two machines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.desired.config import Policy
from reconciler.desired.lockfile import Key, Locked, LockedFile
from reconciler.oci.manifest import Descriptor
from reconciler.oci.media_types import OCI_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.attachments import Attachment
    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.oci.blob import Blob
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import ManifestContent


STABLE = "org.pallet.release.stable"
"""What says `false` takes no floating tag; where nobody says, a pre-release is not stable."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One artifact: its manifest's bytes, what it is made of, and what pallet.toml says about it."""

    name: Repository
    version: Version
    manifest: bytes
    digest: Digest
    blobs: tuple[Blob, ...]
    """Everything that the manifest and its children name, each digest once."""
    files: tuple[LockedFile, ...]
    annotations: Mapping[str, str]
    build: int
    kind: str
    line: int
    """Line of its `[[artifact]]` in pallet.toml."""
    policy: Policy = field(default_factory=Policy)
    floating_tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    is_stable: bool = True
    requires: tuple[Requirement, ...] = ()
    media_type: str = OCI_MANIFEST
    children: tuple[ManifestContent, ...] = ()
    """Manifests that an index names, each after those that it names itself."""
    is_verbatim: bool = False
    """Whether the manifest is taken as it was built elsewhere: no annotation of pallet stands on it."""
    attachments: tuple[Attachment, ...] = ()
    """What refers to it, sorted by type and file; the same digests for the same files, everywhere."""
    known_by: Locked | None = None
    """The lock's entry, where that is all there is: its build output is not in this clone, the manifest and
    the blobs are empty. It can be compared with a store, and never be pushed."""

    @property
    def key(self) -> Key:
        return (self.name, self.version)

    @property
    def follows(self) -> tuple[str, ...]:
        """Templates of the floating tags that this version may take."""
        if self.annotations.get(STABLE) == "false":
            return ()
        return (*(self.floating_tags if self.is_stable else ()), *self.channels)

    @property
    def tag(self) -> Tag:
        return self.version.tag

    @property
    def descriptor(self) -> Descriptor:
        size_bytes = self.known_by.size_bytes if self.known_by else len(self.manifest)
        return Descriptor(self.media_type, self.digest, size_bytes)

    @property
    def as_locked(self) -> Locked:
        """The lock's entry for it, once a store or `pallet lock` has confirmed it."""
        attachments = tuple(attachment.as_locked for attachment in self.attachments)
        if self.known_by is not None:
            return replace(self.known_by, attachments=attachments or self.known_by.attachments)
        return Locked(
            self.name,
            self.version,
            self.digest,
            len(self.manifest),
            self.media_type,
            self.build,
            self.files,
            attachments,
        )
