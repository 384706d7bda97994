"""What pallet.lock says, as values. Must never be added: text, or a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.versions.version import Version
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.oci.digest import Digest

VERSION = 1
REVISION = 1
"""The newest that can be written. 0: artifacts and their files. 1: what is attached to them. A lock has the
lowest that says all of it, so that an older pallet can go on where nothing is attached."""

Key = tuple[Repository, Version]
"""What identifies an entry: one tree may hold two versions of one repository."""


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One layer of an artifact."""

    path: str
    digest: Digest
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class LockedAttachment:
    """What refers to an artifact."""

    artifact_type: str
    digest: Digest
    size_bytes: int
    files: tuple[LockedFile, ...]


@dataclass(frozen=True, slots=True)
class Locked:
    """What the lock says of one artifact."""

    name: Repository
    version: Version
    digest: Digest
    size_bytes: int
    media_type: str
    build: int
    files: tuple[LockedFile, ...]
    attachments: tuple[LockedAttachment, ...] = ()

    @property
    def key(self) -> Key:
        return (self.name, self.version)


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock as it was found."""

    entries: Mapping[Key, Locked] = field(default_factory=dict)
    text: str | None = None
    """The file as it stands, with LF whatever the checkout made of it; None where there is none."""
    revision: int = 0
    has_conflict: bool = False
    contested: Mapping[Key, int] = field(default_factory=dict)
    """In a conflict, the rules of what the two sides do not agree about: the older ones."""

    @property
    def builds(self) -> Mapping[Key, int]:
        """The rules by which everything that was locked was built."""
        return {**self.contested, **{key: entry.build for key, entry in self.entries.items()}}
