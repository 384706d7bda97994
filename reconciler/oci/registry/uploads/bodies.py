"""A blob's bytes on their way out, verified as they go, so that nothing wrong is ever committed.

However large the blob: a piece of it is in memory, and it is read again for every attempt.
Must never be added: knowledge of requests.
"""

from __future__ import annotations

import io
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from reconciler.errors import DigestMismatchError, UnreachableError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.hashing import hashing
from reconciler.oci.verify import pieces, verified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.blob import Blob

_SUBJECT = "content to be pushed"


class WholeBody:
    """The content that a blob promises, or an exception before its last piece.

    A body that breaks off short of its announced length is one that no server can take for whole.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob = blob

    @property
    def size_bytes(self) -> int:
        return self._blob.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces from the first byte on.

        Raises:
            DigestMismatchError: the bytes are not those promised.
            UnreachableError: the file cannot be read.
        """
        blob = self._blob
        with _readable():
            yield from verified(pieces(blob.open()), blob.digest, blob.size_bytes, subject=_SUBJECT)


class PartedContent:
    """A blob's content, handed out part by part, hashed once on the way whatever is sent twice.

    What was sent by an earlier run is read and hashed too: the digest is one of all bytes.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._stream: BinaryIO | None = None
        self._position = 0
        self._hash = hashing(blob.digest.algorithm, blob.size_bytes)
        self._hashed_bytes = 0

    def part(self, start: int, end: int) -> Part:
        """Return the bytes from `start` up to `end` as a body; everything before it is hashed by then."""
        return Part(self, start, end)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `end`.

        Raises:
            DigestMismatchError: the content ends before.
            UnreachableError: the file cannot be read.
        """
        with _readable():
            if start > self._hashed_bytes:
                for _ in self._pieces(self._hashed_bytes, start):
                    pass
            yield from self._pieces(start, end)

    def verify(self) -> None:
        """Make sure that what was read, to its end, is what the blob promises.

        Raises:
            DigestMismatchError: it is not.
            UnreachableError: the file cannot be read.
        """
        digest, size_bytes = self._blob.digest, self._blob.size_bytes
        for _ in self.read(size_bytes, size_bytes):
            pass
        with _readable():
            if self._at(size_bytes).read(1):
                raise DigestMismatchError(
                    _SUBJECT, expected=f"{digest} ({size_bytes} bytes)", got="more bytes"
                )
            got = f"{digest.algorithm}:{self._hash.hexdigest()}"
            if got != digest:
                raise DigestMismatchError(_SUBJECT, expected=digest, got=got)

    def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._hash.close()

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        stream = self._at(start)
        while self._position < end:
            piece = stream.read(min(CHUNK_BYTES, end - self._position))
            if not piece:
                promised = f"{self._blob.digest} ({self._blob.size_bytes} bytes)"
                got = f"the end after {self._position} bytes"
                raise DigestMismatchError(_SUBJECT, expected=promised, got=got)
            self._note(piece)
            yield piece

    def _note(self, piece: bytes) -> None:
        fresh = self._position + len(piece) - self._hashed_bytes
        if fresh > 0:
            self._hash.update(piece if fresh == len(piece) else memoryview(piece)[-fresh:])
            self._hashed_bytes += fresh
        self._position += len(piece)

    def _at(self, position: int) -> BinaryIO:
        if self._stream is None:
            self._stream, self._position = self._blob.open(), 0
        if self._position != position:
            self._position = _move(self._stream, self._position, position)
        if self._position > position:  # cannot be read backwards
            self.close()
            return self._at(position)
        return self._stream


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a blob as the body of one request."""

    content: PartedContent
    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        return self.end - self.start

    def __iter__(self) -> Iterator[bytes]:
        return self.content.read(self.start, self.end)


def _move(stream: BinaryIO, position: int, wanted: int) -> int:
    """Bring a stream to `wanted`, and return where it is: still behind that where it cannot go back."""
    with suppress(io.UnsupportedOperation):
        return stream.seek(wanted)
    while position < wanted and (piece := stream.read(min(CHUNK_BYTES, wanted - position))):
        position += len(piece)
    return position


@contextmanager
def _readable() -> Iterator[None]:
    """Name the file that cannot be read."""
    try:
        yield
    except OSError as exc:
        name = f"{exc.filename}: " if exc.filename else ""
        raise UnreachableError(f"{name}cannot be read: {exc.strerror or exc}") from exc
