"""Bringing what belongs together into a store, in the one order that never leaves a dangling tag.

Decided here: blobs first, then the manifest that names them; nothing is named when a blob failed.
Must never be added: which artifacts to bring, or whether they may be.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from reconciler.errors import (
    DigestMismatchError,
    IncompleteError,
    NotFoundError,
    PalletError,
    RefusedError,
    StoreError,
    UnauthorisedError,
)
from reconciler.oci.blob import CHUNK_BYTES, Blob
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Tag
from reconciler.oci.referrers import put_referrer
from reconciler.oci.sameness import is_same

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # exists for type checkers only

    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent, Store

PROBE_MIN_BYTES = 64 * 1024
"""Below this, sending a blob costs less than asking for it: one request more for every new artifact."""

Progress = Callable[[int], None]
"""Takes how many bytes more are done; fewer than none where a part starts again."""


def push_artifact(
    store: Store,
    repository: Repository,
    reference: Tag | Digest,
    manifest: bytes,
    media_type: str,
    blobs: Sequence[Blob],
    *,
    children: Sequence[ManifestContent] = (),
    probe: bool | None = False,
    progress: Progress | None = None,
) -> Digest:
    """Store the blobs, each digest once, then the manifest under its tag or digest; return its digest.

    Args:
        blobs: what the manifest names, and what its children name.
        children: manifests that it names, each after those that it names itself; stored by digest, since a
            child under the tag would be taken for the whole, and a final tag could not be moved on.
        probe: ask for every blob first, not only for large ones: they are probably there
            (restoring, resuming); None for no question before the store has taken a blob, since it hides what
            it holds: the tag is looked at then.
        progress: called as content goes out; in the end the calls add up to all bytes.

    Raises:
        DigestMismatchError: a blob's bytes are not those that it promised.
        RefusedError: the tag was hidden, and holds other content.
        PalletError: something was not confirmed; the tag is what it was, unless the last request failed.
    """
    for blob in {blob.digest: blob for blob in blobs}.values():
        _push_blob(store, repository, blob, probe=probe, progress=progress)
    for child in children:
        descriptor = child.descriptor
        _put_whole(store, repository, descriptor.digest, child.content, descriptor.media_type, blobs)
        if progress is not None:
            progress(len(child.content))
    if probe is None and isinstance(reference, Tag):
        require_unseen(store, repository, reference, Digest.of(manifest))
    digest = _put_whole(store, repository, reference, manifest, media_type, blobs)
    if progress is not None:
        progress(len(manifest))
    return digest


def _put_whole(
    store: Store,
    repository: Repository,
    reference: Tag | Digest,
    manifest: bytes,
    media_type: str,
    blobs: Sequence[Blob],
) -> Digest:
    """Put a manifest; a store that has lost a blob since it said to have it gets that blob once more."""
    try:
        return store.put_manifest(repository, reference, manifest, media_type)
    except IncompleteError:
        for blob in {blob.digest: blob for blob in blobs}.values():
            if not store.has_blob(repository, blob.digest, size_bytes=blob.size_bytes):
                _send(store, repository, blob, blob)
        return store.put_manifest(repository, reference, manifest, media_type)


def push_referrer(
    store: Store,
    repository: Repository,
    manifest: bytes,
    media_type: str,
    blobs: Sequence[Blob],
    *,
    progress: Progress | None = None,
) -> Descriptor:
    """Store the blobs, then a manifest that has a subject, by its digest; return its entry in the list.

    Raises:
        PalletError: something was not confirmed, or the manifest cannot be listed by its subject.
    """
    for blob in {blob.digest: blob for blob in blobs}.values():
        _push_blob(store, repository, blob, probe=False, progress=progress)
    entry = put_referrer(store, repository, manifest, media_type)
    if progress is not None:
        progress(len(manifest))
    return entry


def require_unseen(store: Store, repository: Repository, tag: Tag, digest: Digest) -> None:
    """Look once more at a tag that a store has hidden, now that it has taken something.

    Raises:
        RefusedError: it is there, and holds other content.
    """
    try:
        seen = store.head_manifest(repository, tag).digest
        is_ours = is_same(store, repository, tag, seen, digest)
    except (NotFoundError, UnauthorisedError):
        return
    if not is_ours:
        raise RefusedError(
            f"{store.name(repository, tag)}: was hidden, and holds other content: "
            f"expected {digest}, got {seen}",
            fix="run the same command again: it sees the tag now",
        )


def move_tag(
    store: Store, repository: Repository, tag: Tag, manifest: bytes, media_type: str, *, again: str
) -> None:
    """Let a tag name a manifest whose blobs are there; see `move_tags`.

    Raises:
        PalletError: the store did not confirm it, or somebody else moved the tag at the same time.
    """
    failures = move_tags(store, repository, [tag], manifest, media_type, again=again)
    if failures:
        raise failures[tag]


def move_tags(
    store: Store, repository: Repository, tags: Sequence[Tag], manifest: bytes, media_type: str, *, again: str
) -> dict[Tag, PalletError]:
    """Let tags name a manifest whose blobs are there, and read each again: nothing else shows a race.

    Args:
        again: the command to repeat where somebody else won.

    Returns:
        Why a tag may not name it, for each of which that is so.
    """
    failures = dict(store.put_tags(repository, tags, manifest, media_type))
    digest = Digest.of(manifest)
    for tag in tags:
        if tag not in failures:
            try:
                _confirm_tag(store, repository, tag, digest, again)
            except PalletError as exc:
                failures[tag] = exc
    return failures


def _confirm_tag(store: Store, repository: Repository, tag: Tag, digest: Digest, again: str) -> None:
    try:
        seen = store.head_manifest(repository, tag).digest
        is_ours = is_same(store, repository, tag, seen, digest)
    except NotFoundError as exc:
        # A store that settles late was given its time by the store itself; a push finds nothing absent.
        message = f"{store.name(repository, tag)}: not there after it was put: {exc}"
        raise StoreError(message, fix=again) from exc
    if not is_ours:
        raise StoreError(
            f"{store.name(repository, tag)}: moved by somebody else at the same time: "
            f"expected {digest}, got {seen}",
            fix=again,
        )


def _push_blob(
    store: Store, repository: Repository, blob: Blob, *, probe: bool | None, progress: Progress | None
) -> None:
    count = _Count(progress or _ignore)
    asks = probe or (probe is not None and blob.size_bytes > PROBE_MIN_BYTES)
    there = asks and store.has_blob(repository, blob.digest, size_bytes=blob.size_bytes)
    if not there:
        _send(store, repository, blob, blob if progress is None else count.watch(blob))
    # A store that has the bytes already need not have read them.
    count.move_to(blob.size_bytes)


def _send(store: Store, repository: Repository, blob: Blob, watched: Blob) -> None:
    """Send a blob; where its bytes are others than somebody said, name the file and tell them."""
    try:
        store.put_blob(repository, watched)
    except DigestMismatchError as exc:
        origin = blob.origin
        if origin is None:
            raise
        origin.distrust()
        failure = DigestMismatchError(origin.subject, expected=exc.expected, got=exc.got)
        failure.fix = origin.fix
        raise failure from exc


def _ignore(_: int) -> None:
    pass


class _Count:
    """How much of one blob is done, told as differences."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._done_bytes = progress, 0

    def move_to(self, done_bytes: int) -> None:
        if done_bytes != self._done_bytes:
            self._progress(done_bytes - self._done_bytes)
            self._done_bytes = done_bytes

    def watch(self, blob: Blob) -> Blob:
        return replace(blob, open=lambda: self._open(blob))

    def _open(self, blob: Blob) -> BinaryIO:
        self.move_to(0)
        return io.BufferedReader(_Watched(blob.open(), self), CHUNK_BYTES)


class _Watched(io.RawIOBase):
    """A stream that tells a count where it is."""

    def __init__(self, stream: BinaryIO, count: _Count) -> None:
        super().__init__()
        self._stream, self._count, self._position = stream, count, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        piece = self._stream.read(len(view))
        view[: len(piece)] = piece
        self._moved(self._position + len(piece))
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._moved(self._stream.seek(offset, whence))
        return self._position

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _moved(self, position: int) -> None:
        self._position = position
        self._count.move_to(position)
