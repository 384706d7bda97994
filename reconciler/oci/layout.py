"""A directory as a store: one OCI image layout per repository below a root.

Spec: image-spec v1.1.1, image-layout.md. Decided here: what a layout answers, and in which words.
How it is written so that nothing is ever torn stands in `layout_writer`.
Must never be added: policy, or state that is not in the files (what is cached is checked).
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.errors import DigestMismatchError, NotFoundError, PalletError, StoreError, UnreachableError
from reconciler.oci.digest import Digest
from reconciler.oci.files import disk_failures, read_bounded
from reconciler.oci.layout_cache import IndexCache
from reconciler.oci.layout_content import check_complete, check_manifest
from reconciler.oci.layout_folders import blob_path, find_repositories, repository_folder
from reconciler.oci.layout_index import LayoutIndex, with_entry, without_entry
from reconciler.oci.layout_referrers import ReferrerCache
from reconciler.oci.layout_writer import LayoutWriter
from reconciler.oci.manifest import Descriptor, parse
from reconciler.oci.media_types import MANIFEST_MAX_BYTES
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrer_index import of_type
from reconciler.oci.store import ManifestContent
from reconciler.oci.verify import pieces, skipped, verified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.oci.blob import Blob

LOCK_TIMEOUT_S = 60.0
"""An index is rewritten in milliseconds; who holds the lock for a minute hangs."""


def open_layout(
    root: Path, *, label: str | None = None, lock_timeout_s: float = LOCK_TIMEOUT_S
) -> LayoutStore:
    """Return the store below `root`, which need not exist yet; nothing is read or written.

    Args:
        label: how people write the root; the path itself where not given.
        lock_timeout_s: how long to wait for another process that writes the same repository.
    """
    return LayoutStore(root, label or str(root), lock_timeout_s)


class LayoutStore:
    """OCI image layouts below a directory; implements `reconciler.oci.store.Store`."""

    def __init__(self, root: Path, label: str, lock_timeout_s: float) -> None:
        self._root, self._label = root, label
        self._cache = IndexCache()
        self._referrers = ReferrerCache()
        self._writer = LayoutWriter(lock_timeout_s)

    def name(self, repository: Repository, reference: Tag | Digest | None = None) -> str:
        text = f"oci-layout:{self._label}/{repository}"
        if reference is None:
            return text
        return f"{text}@{reference}" if isinstance(reference, Digest) else f"{text}:{reference}"

    def close(self) -> None:
        """Nothing is held open between calls."""

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        subject = self.name(repository, reference)
        with self._folder(repository, subject) as folder:
            return self._describe(folder, reference, subject)

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        subject = self.name(repository, reference)
        with self._folder(repository, subject) as folder:
            descriptor = self._describe(folder, reference, subject)
            return ManifestContent(descriptor, _read_verified(folder, descriptor, subject))

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        tags = () if isinstance(reference, Digest) else (reference,)
        digest = Digest.of(
            content, algorithm=reference.algorithm if isinstance(reference, Digest) else "sha256"
        )
        subject = self.name(repository, reference)
        if isinstance(reference, Digest) and digest != reference:
            raise DigestMismatchError(subject, expected=reference, got=digest)
        self._put(repository, Descriptor(media_type, digest, len(content)), content, tags, subject)
        return digest

    def put_tags(
        self, repository: Repository, tags: Sequence[Tag], content: bytes, media_type: str
    ) -> Mapping[Tag, PalletError]:
        descriptor = Descriptor(media_type, Digest.of(content), len(content))
        try:
            self._put(repository, descriptor, content, tags, self.name(repository, tags[0]))
        except PalletError as exc:  # the index is written once, for all of them or for none
            return dict.fromkeys(tags, exc)
        return {}

    def _put(
        self,
        repository: Repository,
        descriptor: Descriptor,
        content: bytes,
        tags: Sequence[Tag],
        subject: str,
    ) -> None:
        digest = descriptor.digest
        manifest = check_manifest(content, descriptor.media_type, subject=subject)

        def edit(index: bytes) -> bytes:
            for tag in tags or (None,):
                index = with_entry(index, descriptor, tag)
            return index

        with self._folder(repository, subject) as folder:
            check_complete(folder, manifest, subject=subject)
            self._put_bytes(folder, digest, content, subject)
            with self._writer.locked(folder, subject=subject):
                if not blob_path(folder, digest).exists():  # deleted by its digest in between
                    self._put_bytes(folder, digest, content, subject)
                self._writer.edit_index(folder, edit, needs=digest)

    def delete_manifest(self, repository: Repository, reference: Tag | Digest) -> None:
        """Remove a tag, or every entry of a digest and the manifest's own blob; other blobs stay."""
        subject = self.name(repository, reference)
        with self._folder(repository, subject) as folder:
            self._index(folder, subject)
            with self._writer.locked(folder, subject=subject):
                removed = self._writer.edit_index(folder, lambda index: without_entry(index, reference))
                if isinstance(reference, Digest):
                    if not removed:
                        self._describe(folder, reference, subject)
                    blob_path(folder, reference).unlink(missing_ok=True)
                elif not removed:
                    raise _no_such_tag(subject)

    def has_blob(self, repository: Repository, digest: Digest, *, size_bytes: int | None = None) -> bool:
        with self._folder(repository, self.name(repository, digest)) as folder:
            try:
                held_bytes = blob_path(folder, digest).stat().st_size
            except FileNotFoundError:
                return False
            # A file that was cut is as good as none: putting the blob again mends it.
            return size_bytes is None or held_bytes == size_bytes

    def fetch_blob(
        self, repository: Repository, descriptor: Descriptor, *, offset: int = 0
    ) -> Iterator[bytes]:
        subject = self.name(repository, descriptor.digest)
        with self._folder(repository, subject) as folder:
            path = blob_path(folder, descriptor.digest)
            try:
                stream = path.open("rb", buffering=0)
            except FileNotFoundError as exc:
                raise NotFoundError(f"{subject}: not found: no such blob") from exc
            with _damage(path):
                whole = verified(
                    pieces(stream), descriptor.digest, descriptor.size_bytes, subject=f"{subject}: {path}"
                )
                yield from skipped(whole, offset)

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        subject = self.name(repository, blob.digest)
        with self._folder(repository, subject) as folder:
            self._writer.put_blob(
                folder, blob.digest, blob.size_bytes, lambda: _source(blob, subject), subject=subject
            )

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        subject = self.name(repository, blob.digest)
        with self._folder(repository, subject) as folder:
            return self._writer.link_blob(
                folder, blob.digest, blob.size_bytes, repository_folder(self._root, source)
            )

    def list_tags(self, repository: Repository) -> list[Tag]:
        subject = self.name(repository)
        with self._folder(repository, subject) as folder:
            return sorted(Tag(tag) for tag in self._index(folder, subject).tags)

    def list_repositories(self) -> list[Repository]:
        with disk_failures(f"oci-layout:{self._label}", self._root):
            return find_repositories(self._root)

    def list_referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None = None
    ) -> list[Descriptor] | None:
        name = self.name(repository, subject)
        with self._folder(repository, name) as folder:
            try:
                index = self._index(folder, name)
            except NotFoundError:
                return []
            return of_type(self._referrers.of(folder, index, subject), artifact_type)

    def give_way(self, times: int) -> None:
        """Nobody writes while somebody else has the lock."""

    @contextmanager
    def _folder(self, repository: Repository, subject: str) -> Iterator[Path]:
        folder = repository_folder(self._root, repository)
        with disk_failures(subject, folder):
            yield folder

    def _index(self, folder: Path, subject: str) -> LayoutIndex:
        try:
            return self._cache.read(folder)
        except FileNotFoundError as exc:
            raise NotFoundError(f"{subject}: not found: no such repository", fix="check the name") from exc

    def _describe(self, folder: Path, reference: Tag | Digest, subject: str) -> Descriptor:
        index = self._index(folder, subject)
        if isinstance(reference, Digest):
            entry = index.digests.get(reference)
            return (
                _describe_unlisted(folder, reference, subject)
                if entry is None
                else _checked(folder, entry, subject)
            )
        entry = index.tags.get(reference)
        if entry is None:
            raise _no_such_tag(subject)
        return _checked(folder, entry, subject)

    def _put_bytes(self, folder: Path, digest: Digest, content: bytes, subject: str) -> None:
        self._writer.put_blob(
            folder, digest, len(content), lambda: pieces(io.BytesIO(content)), subject=subject
        )


def _no_such_tag(subject: str) -> NotFoundError:
    repository = subject.rpartition(":")[0]
    return NotFoundError(f"{subject}: not found: no such tag", fix=f"pallet tags {repository} lists them")


def _checked(folder: Path, entry: Descriptor, subject: str) -> Descriptor:
    path = blob_path(folder, entry.digest)
    try:
        got_bytes = path.stat().st_size
    except FileNotFoundError:
        got_bytes = None
    if got_bytes == entry.size_bytes:
        return entry
    got = "no such file" if got_bytes is None else f"{got_bytes} bytes"
    raise StoreError(
        f"{subject}: layout is damaged: expected {path} with {entry.size_bytes} bytes, got {got}",
        fix="restore the file from a copy, or delete this tag and publish it again",
    )


def _describe_unlisted(folder: Path, digest: Digest, subject: str) -> Descriptor:
    # Children of an index, and manifests whose tag moved on, stand in no index.json.
    try:
        content = read_bounded(blob_path(folder, digest), max_bytes=MANIFEST_MAX_BYTES)
        return Descriptor(parse(content).media_type, digest, len(content))
    except (FileNotFoundError, ValueError) as exc:
        raise NotFoundError(f"{subject}: not found: no such manifest") from exc


def _read_verified(folder: Path, descriptor: Descriptor, subject: str) -> bytes:
    path = blob_path(folder, descriptor.digest)
    if descriptor.size_bytes > MANIFEST_MAX_BYTES:
        raise StoreError(
            f"{subject}: manifest too large: "
            f"expected at most {MANIFEST_MAX_BYTES} bytes, got {descriptor.size_bytes}"
        )
    with _damage(path), path.open("rb", buffering=0) as stream:
        read = verified(
            pieces(stream), descriptor.digest, descriptor.size_bytes, subject=f"{subject}: {path}"
        )
        return b"".join(read)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Say what to do about a file that is not what its name says; asking again would not help here."""
    try:
        yield
    except DigestMismatchError as exc:
        exc.fix = f"the file is damaged: delete {path} and publish again"
        raise


def _source(blob: Blob, subject: str) -> Iterator[bytes]:
    """Read what is to be stored; a failure there is not the layout's."""
    try:
        yield from pieces(blob.open())
    except OSError as exc:
        raise UnreachableError(
            f"{subject}: cannot read the content to be stored: {exc}", fix="check the file, then run again"
        ) from exc
