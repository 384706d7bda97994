"""A blob's bytes on their way out, verified as they go, so that nothing wrong is ever committed.

Must never be added: knowledge of requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import UnreachableError
from reconciler.oci.verify import pieces, verified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.blob import Blob


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
        blob = self._blob
        return verified(self._pieces(), blob.digest, blob.size_bytes, subject="content to be pushed")

    def _pieces(self) -> Iterator[bytes]:
        try:
            yield from pieces(self._blob.open())
        except OSError as exc:
            name = f"{exc.filename}: " if exc.filename else ""
            raise UnreachableError(f"{name}cannot be read: {exc.strerror or exc}") from exc
