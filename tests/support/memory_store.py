"""A store in memory that is broken by assignment and says what was asked of it.

It is held to the same behaviour suite as the real ones, so it cannot drift from them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.errors import DigestMismatchError, NotFoundError, PalletError, StoreError
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, parse
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrer_index import describe_referrer, of_type
from reconciler.oci.store import ManifestContent
from reconciler.oci.verify import pieces, skipped, verified


@dataclass
class _Contents:
    blobs: dict[Digest, bytes] = field(default_factory=dict)
    manifests: dict[Digest, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[Tag, Digest] = field(default_factory=dict)


class MemoryStore:
    """Implements `reconciler.oci.store.Store`."""

    def __init__(self, host: str = "memory.test") -> None:
        self.host = host
        self.down: PalletError | None = None
        """What every call raises."""
        self.failing: dict[tuple[str, str], PalletError] = {}
        """What a (method, repository) raises; list_repositories stands there with an empty repository."""
        self.calls: list[tuple[str, ...]] = []
        """Every call as (method, repository, reference), in the order they came in."""
        self.ways_given: list[int] = []
        """Every pause for other writers; nobody waits for it."""
        self.referrers_api = True
        """Whether it lists referrers itself; without, the fallback tag counts."""
        self.keeps_foreign_elsewhere = False
        """Whether a manifest may name layers that are fetched from elsewhere, as registries allow."""
        self._contents: dict[Repository, _Contents] = {}
        self._lock = threading.RLock()

    def count(self, method: str) -> int:
        """Return how often a method was called."""
        with self._lock:
            return sum(call[0] == method for call in self.calls)

    @property
    def writes(self) -> list[tuple[str, ...]]:
        """The calls that change something, failed ones included."""
        with self._lock:
            return [call for call in self.calls if call[0].startswith(("put_", "mount_", "delete_"))]

    def tamper(
        self, repository: Repository, tag: Tag, content: bytes, *, algorithm: str = "sha256"
    ) -> Digest:
        """Let `tag` name other content, unseen by `calls`: somebody else pushed."""
        with self._lock:
            held = self._contents.setdefault(repository, _Contents())
            digest = Digest.of(content, algorithm=algorithm)
            held.manifests[digest] = (_media_type(content), content)
            held.tags[tag] = digest
            return digest

    def corrupt(self, repository: Repository, digest: Digest, content: bytes) -> None:
        """Let a blob's bytes be others, unseen by `calls`: a disk rotted."""
        with self._lock:
            self._contents[repository].blobs[digest] = content

    def forget(self, repository: Repository, tag: Tag | None = None) -> None:
        """Lose a tag, or a whole repository, unseen by `calls`: somebody else deleted it."""
        with self._lock:
            if tag is None:
                del self._contents[repository]
            else:
                del self._contents[repository].tags[tag]

    def name(self, repository: Repository, reference: Tag | Digest | None = None) -> str:
        mark = "" if reference is None else "@" if isinstance(reference, Digest) else ":"
        return f"{self.host}/{repository}{mark}{reference or ''}"

    def close(self) -> None:
        with self._lock:
            self.calls.append(("close",))

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        with self._lock:
            self._called("head_manifest", repository, reference)
            return self._read(repository, reference).descriptor

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        with self._lock:
            self._called("fetch_manifest", repository, reference)
            return self._read(repository, reference)

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        with self._lock:
            self._called("put_manifest", repository, reference)
            algorithm = reference.algorithm if isinstance(reference, Digest) else "sha256"
            digest = Digest.of(content, algorithm=algorithm)
            if isinstance(reference, Digest) and reference != digest:
                raise DigestMismatchError(self.name(repository, reference), expected=reference, got=digest)
            held = self._contents.get(repository, _Contents())
            self._check_complete(held, content, self.name(repository, reference))
            held.manifests[digest] = (media_type, content)
            if isinstance(reference, Tag):
                held.tags[reference] = digest
            self._contents[repository] = held
            return digest

    def put_tags(
        self, repository: Repository, tags: Sequence[Tag], content: bytes, media_type: str
    ) -> dict[Tag, PalletError]:
        failures = {}
        for tag in tags:
            try:
                self.put_manifest(repository, tag, content, media_type)
            except PalletError as exc:
                failures[tag] = exc
        return failures

    def delete_manifest(self, repository: Repository, reference: Tag | Digest) -> None:
        with self._lock:
            self._called("delete_manifest", repository, reference)
            digest = self._read(repository, reference).descriptor.digest
            held = self._contents[repository]
            if isinstance(reference, Tag):
                del held.tags[reference]
            else:
                del held.manifests[digest]
                held.tags = {tag: named for tag, named in held.tags.items() if named != digest}

    def has_blob(self, repository: Repository, digest: Digest, *, size_bytes: int | None = None) -> bool:
        with self._lock:
            self._called("has_blob", repository, digest)
            held = self._contents.get(repository)
            return held is not None and digest in held.blobs

    def fetch_blob(
        self, repository: Repository, descriptor: Descriptor, *, offset: int = 0
    ) -> Iterator[bytes]:
        with self._lock:
            self._called("fetch_blob", repository, descriptor.digest)
            held = self._contents.get(repository, _Contents())
            if descriptor.digest not in held.blobs:
                raise NotFoundError(f"{self.name(repository, descriptor.digest)}: not found")
            content = held.blobs[descriptor.digest]
        subject = self.name(repository, descriptor.digest)
        whole = verified([content], descriptor.digest, descriptor.size_bytes, subject=subject)
        yield from skipped(whole, offset)

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        with self._lock:
            self._called("put_blob", repository, blob.digest)
        subject = self.name(repository, blob.digest)
        content = b"".join(verified(pieces(blob.open()), blob.digest, blob.size_bytes, subject=subject))
        with self._lock:
            self._contents.setdefault(repository, _Contents()).blobs[blob.digest] = content

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        with self._lock:
            self._called("mount_blob", repository, blob.digest)
            content = self._contents.get(source, _Contents()).blobs.get(blob.digest)
            if content is not None:
                self._contents.setdefault(repository, _Contents()).blobs[blob.digest] = content
            return content is not None

    def list_tags(self, repository: Repository) -> list[Tag]:
        with self._lock:
            self._called("list_tags", repository)
            held = self._contents.get(repository)
            if held is None or not held.manifests:
                raise NotFoundError(f"{self.name(repository)}: not found")
            return sorted(held.tags)

    def list_repositories(self) -> list[Repository]:
        with self._lock:
            self._called("list_repositories", "")
            return sorted(name for name, held in self._contents.items() if held.manifests)

    def list_referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None = None
    ) -> list[Descriptor] | None:
        with self._lock:
            self._called("list_referrers", repository, subject)
            if not self.referrers_api:
                return None
            held = self._contents.get(repository, _Contents())
            described = [
                described
                for digest, (_, content) in held.manifests.items()
                if (described := _describe_referrer(content, digest)) is not None
            ]
            return of_type((entry for named, entry in described if named.digest == subject), artifact_type)

    def give_way(self, times: int) -> None:
        self.ways_given.append(times)

    def _called(self, method: str, repository: str, *rest: str) -> None:
        self.calls.append((method, repository, *rest))
        failure = self.down or self.failing.get((method, repository))
        if failure is not None:
            raise failure

    def _read(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        held = self._contents.get(repository, _Contents())
        digest = reference if isinstance(reference, Digest) else held.tags.get(reference)
        if digest is None or digest not in held.manifests:
            raise NotFoundError(f"{self.name(repository, reference)}: not found")
        media_type, content = held.manifests[digest]
        return ManifestContent(Descriptor(media_type, digest, len(content)), content)

    def _check_complete(self, held: _Contents, content: bytes, subject: str) -> None:
        manifest = parse(content)
        parts = manifest.manifests if isinstance(manifest, Index) else manifest.blobs
        if self.keeps_foreign_elsewhere:
            parts = tuple(part for part in parts if ".nondistributable." not in part.media_type)
        missing = [part.digest for part in parts if part.digest not in {*held.blobs, *held.manifests}]
        if missing:
            raise StoreError(f"{subject}: manifest refused: missing {', '.join(missing)}")


def _media_type(content: bytes) -> str:
    try:
        return parse(content).media_type
    except ValueError:
        return media_types.OCI_MANIFEST


def _describe_referrer(content: bytes, digest: Digest) -> tuple[Descriptor, Descriptor] | None:
    try:
        return describe_referrer(content, digest)
    except ValueError:
        return None  # somebody tampered
