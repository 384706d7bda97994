"""A blob's bytes on their way out, hashed as they go, so that nothing wrong is ever committed.

Must never be added: knowledge of requests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from reconciler.errors import DigestMismatchError, UnreachableError
from reconciler.oci.blob import CHUNK_BYTES, Blob


class CheckedBody:
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
        hasher, size_bytes, held = hashlib.new(self._blob.digest.algorithm), 0, b""
        for piece in self._pieces():
            size_bytes += len(piece)
            if size_bytes > self._blob.size_bytes:
                break
            hasher.update(piece)
            if held:
                yield held
            held = piece
        self._check(size_bytes, f"{self._blob.digest.algorithm}:{hasher.hexdigest()}")
        if held:
            yield held

    def _pieces(self) -> Iterator[bytes]:
        try:
            with self._blob.open() as file:
                while piece := file.read(CHUNK_BYTES):
                    yield piece
        except OSError as exc:
            name = f"{exc.filename}: " if exc.filename else ""
            raise UnreachableError(f"{name}cannot be read: {exc.strerror or exc}") from exc

    def _check(self, size_bytes: int, digest: str) -> None:
        blob = self._blob
        if size_bytes != blob.size_bytes:
            got = "more" if size_bytes > blob.size_bytes else f"{size_bytes} bytes"
            expected = f"{blob.digest} of {blob.size_bytes} bytes"
            raise DigestMismatchError("file to be pushed", expected=expected, got=got)
        if digest != blob.digest:
            raise DigestMismatchError("file to be pushed", expected=blob.digest, got=digest)
