"""Streams that vouch for themselves: bytes are handed on, the last piece only when all of them were right.

Must never be added: where the bytes come from or go to.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from reconciler.errors import DigestMismatchError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.hashing import hashing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.oci.digest import Digest


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what `stream` holds, at most `CHUNK_BYTES` at a time, and close it."""
    with stream:
        while piece := stream.read(CHUNK_BYTES):
            yield piece


def skipped(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield `chunks` without their first `count` bytes."""
    for chunk in chunks:
        rest = chunk[count:] if count else chunk
        count -= len(chunk) - len(rest)
        if rest:
            yield rest


def verified(chunks: Iterable[bytes], digest: Digest, size_bytes: int, *, subject: str) -> Iterator[bytes]:
    """Yield `chunks`; the last one only after size and digest were right.

    More than `size_bytes` is never read to its end, so that an endless source cannot fill a disk.

    Raises:
        DigestMismatchError: the bytes are others, fewer or more.
    """
    with closing(hashing(digest.algorithm, size_bytes)) as hashed:
        seen_bytes = 0
        held = b""
        for chunk in chunks:
            seen_bytes += len(chunk)
            if seen_bytes > size_bytes:
                raise DigestMismatchError(
                    subject, expected=f"{digest} ({size_bytes} bytes)", got="more bytes"
                )
            hashed.update(chunk)
            if held:
                yield held
            held = chunk
        if seen_bytes < size_bytes:
            raise DigestMismatchError(
                subject, expected=f"{digest} ({size_bytes} bytes)", got=f"the end after {seen_bytes} bytes"
            )
        got = f"{digest.algorithm}:{hashed.hexdigest()}"
        if got != digest:
            raise DigestMismatchError(subject, expected=digest, got=got)
        if held:
            yield held
