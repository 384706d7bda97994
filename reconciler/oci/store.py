"""The ports: what every place that holds artifacts can do.

A store is a registry over HTTP, or OCI image layouts below a directory; whoever plans, applies,
copies or searches never knows which one. All methods are safe to call from several threads.

Failures are exceptions, and absence is one of them: `NotFoundError` only where the store is
certain. Everything else that a store cannot answer is another `PalletError`, never `None`,
so that nobody can mistake 'could not tell' for 'not there'.
Must never be added: a method that only one kind of store can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.errors import PalletError
    from reconciler.oci.blob import Blob
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """A manifest as it was read: the bytes are verified against `descriptor`."""

    descriptor: Descriptor
    content: bytes


class ManifestReader(Protocol):
    """Says what a tag or a digest holds."""

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        """Return media type, digest and size of a manifest without reading it.

        Raises:
            NotFoundError: the store is certain that it is not there.
            PalletError: the store could not tell.
        """

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        """Return a manifest's bytes, verified against the digest asked for or announced.

        Raises:
            NotFoundError: the store is certain that it is not there.
            DigestMismatchError: the bytes are others.
            PalletError: the store could not tell.
        """


class ManifestWriter(Protocol):
    """Puts manifests under tags and digests, and removes them."""

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        """Store `content` as it is and let `reference` name it; return its digest, confirmed by the store.

        Raises:
            PalletError: nothing was confirmed.
        """

    def put_tags(
        self, repository: Repository, tags: Sequence[Tag], content: bytes, media_type: str
    ) -> Mapping[Tag, PalletError]:
        """Let every tag name this manifest, with one request where the store can; return what failed.

        Each tag is on its own: what failed for one says nothing of the others.
        """

    def delete_manifest(self, repository: Repository, reference: Tag | Digest) -> None:
        """Remove a tag, or a manifest with all its tags.

        Raises:
            NotFoundError: it is not there.
            PalletError: it could not be removed, or the store does not allow it.
        """


class BlobReader(Protocol):
    """Hands out content."""

    def has_blob(self, repository: Repository, digest: Digest, *, size_bytes: int | None = None) -> bool:
        """Say whether the repository holds a blob; raise where the store could not tell.

        Args:
            size_bytes: how long it is, where the caller knows.

        Raises:
            DigestMismatchError: it has another length, and putting it again would not mend that.
            PalletError: the store could not tell.
        """

    def fetch_blob(
        self, repository: Repository, descriptor: Descriptor, *, offset: int = 0
    ) -> Iterator[bytes]:
        """Yield a blob's bytes in pieces; the last piece comes only after size and digest were right.

        Args:
            offset: how many of the first bytes are not wanted. A store that need not read them verifies the
                size alone: who has them verifies the digest of all.

        Raises:
            NotFoundError: the store is certain that it is not there.
            DigestMismatchError: the bytes are others.
            PalletError: the store could not tell.
        """


class BlobWriter(Protocol):
    """Takes content."""

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        """Store a blob; return only when the store has confirmed its digest. Putting it twice is harmless.

        Raises:
            DigestMismatchError: the bytes read are not those that `blob` promised.
            PalletError: nothing was confirmed.
        """

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        """Take a blob from another repository of this store, whose bytes stay where they are.

        False where the store would not, for whatever reason: then the bytes have to be put.

        Raises:
            PalletError: the store asks for patience, or its disk refused.
        """


class TagReader(Protocol):
    """Lists what there is."""

    def list_tags(self, repository: Repository) -> list[Tag]:
        """Return all tags, sorted as text.

        Raises:
            NotFoundError: the store is certain that there is no such repository.
            PalletError: the store could not tell.
        """

    def list_repositories(self) -> list[Repository]:
        """Return all repositories below the store's own prefix, sorted.

        Raises:
            PalletError: the store could not tell, or does not say.
        """


class ReferrerReader(Protocol):
    """Says what refers to a manifest."""

    def list_referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None = None
    ) -> list[Descriptor] | None:
        """Return what refers to a manifest, with types and annotations; None without a referrers API.

        After None the list under the fallback tag counts: see `referrers`, which asks for both.

        Args:
            subject: need not be there; nothing refers to what nobody knows.
            artifact_type: only those of this type.

        Raises:
            PalletError: the store could not tell.
        """

    def give_way(self, times: int) -> None:
        """Wait until somebody who read before our last write has probably written what he made of it.

        Stores that let nobody write meanwhile do not wait.

        Args:
            times: how often it was waited before, for the same thing; each wait is longer.
        """


class Store(ManifestReader, ManifestWriter, BlobReader, BlobWriter, TagReader, ReferrerReader, Protocol):
    """Everything together."""

    def name(self, repository: Repository, reference: Tag | Digest | None = None) -> str:
        """Return the full reference as people write it, such as `host/prefix/repository:tag`."""

    def close(self) -> None:
        """Give back connections; the store must not be used afterwards."""
