"""A blob of one store as something that another store can take: read again from its source for every attempt.

Decided here: nothing is kept between reading and sending, neither a file nor more than one piece.
Must never be added: where the bytes go.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from reconciler.oci.blob import Blob
from reconciler.oci.sides import SOURCE, blamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store


def relayed(store: Store, repository: Repository, descriptor: Descriptor) -> Blob:
    """Return a blob whose bytes come from a store, verified there, each time it is opened."""

    def read() -> Iterator[bytes]:
        with blamed(SOURCE):
            yield from store.fetch_blob(repository, descriptor)

    return Blob(descriptor.digest, descriptor.size_bytes, lambda: cast("BinaryIO", PieceReader(read)))


class PieceReader(io.RawIOBase):
    """A readable stream over an iterator of pieces; nothing is asked for before the first read.

    Args:
        restart: begins the content anew; called again where somebody seeks backward.
    """

    def __init__(self, restart: Callable[[], Iterator[bytes]]) -> None:
        super().__init__()
        self._restart = restart
        self._pieces: Iterator[bytes] | None = None
        self._held = b""
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, a whole piece uncopied where it fits; nothing at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(io.DEFAULT_BUFFER_SIZE), b""))
        if size == 0:
            return b""
        piece = self._held or self._next()
        given, self._held = (piece, b"") if len(piece) <= size else (piece[:size], piece[size:])
        self._position += len(given)
        return given

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position; backward by reading anew, forward by reading on.

        Raises:
            io.UnsupportedOperation: it is to be found from the end, which nobody knows.
        """
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence != io.SEEK_SET:
            raise io.UnsupportedOperation("seek from the end of a stream")
        if offset < self._position:
            self._stop()
        while self._position < offset and self.read(min(io.DEFAULT_BUFFER_SIZE, offset - self._position)):
            pass
        return self._position

    def close(self) -> None:
        if not self.closed:
            self._stop()
        super().close()

    def _next(self) -> bytes:
        if self._pieces is None:
            self._pieces = self._restart()
        # An empty piece is no end.
        return next((piece for piece in self._pieces if piece), b"")

    def _stop(self) -> None:
        """Let go of the source: a connection in the middle of an answer is of no use to anybody."""
        pieces, self._pieces, self._held, self._position = self._pieces, None, b"", 0
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
