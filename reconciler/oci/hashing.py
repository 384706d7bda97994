"""The digest of a long stream, computed while its bytes are on their way.

Decided here: from which size on a thread of its own hashes, so that reading, sending and writing go on
meanwhile; hashlib lets other threads run. Must never be added: where the bytes come from, or what
follows when they are wrong.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from typing import Self

OVERLAPPED_MIN_BYTES: Final = 8 * 1024 * 1024
"""Below this, a thread costs more than it saves."""
_LARGER_BYTES: Final = 4 * 1024 * 1024
"""glibc gives memory back to the system, and takes it anew, for every piece until it has seen a larger one
freed: that was a third of a download's processor time. Nothing of it is ever touched."""
_BATCH_BYTES: Final = 1024 * 1024
"""What is handed over at once: each time costs two switches between threads."""
_DEPTH: Final = 4
"""Batches that wait to be hashed: enough to even out two paces, and no more memory than that."""


class Hashing(Protocol):
    """Takes pieces, in order, and says their digest."""

    def update(self, piece: bytes | memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...

    def close(self) -> None:
        """Let go of whatever it runs on; harmless after the end."""


def hashing(algorithm: str, size_bytes: int) -> Hashing:
    """Return what hashes a stream of about `size_bytes` bytes best; who asked for it closes it."""
    return Overlapped(algorithm) if size_bytes >= OVERLAPPED_MIN_BYTES else _Plain(algorithm)


class _Plain:
    def __init__(self, algorithm: str) -> None:
        self._hash = hashlib.new(algorithm)
        self.update, self.hexdigest = self._hash.update, self._hash.hexdigest

    def close(self) -> None:
        """Nothing is held."""


class Overlapped:
    """Hashes in a thread of its own; to be used from one thread, with pieces that nobody changes."""

    def __init__(self, algorithm: str) -> None:
        bytearray(_LARGER_BYTES)
        self._hash = hashlib.new(algorithm)
        # Not a bounded Queue: it is made of Python's own locks, which cost a tenth of a download.
        self._waiting: queue.SimpleQueue[list[bytes | memoryview] | None] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(_DEPTH):
            self._room.put(None)
        self._batch: list[bytes | memoryview] = []
        self._batch_bytes = 0
        self._thread = threading.Thread(target=self._work, name="hashing", daemon=True)
        self._thread.start()

    def update(self, piece: bytes | memoryview, /) -> None:
        """Hand over a piece; waits only where hashing is far behind."""
        self._batch.append(piece)
        self._batch_bytes += len(piece)
        if self._batch_bytes >= _BATCH_BYTES:
            self._hand_over()

    def hexdigest(self) -> str:
        """Wait for all pieces, and return their digest; nothing can be handed over afterwards."""
        self._hand_over()
        self.close()
        return self._hash.hexdigest()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        if self.is_running:
            self._waiting.put(None)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hand_over(self) -> None:
        self._room.get()
        self._waiting.put(self._batch)
        self._batch, self._batch_bytes = [], 0

    def _work(self) -> None:
        while (batch := self._waiting.get()) is not None:
            for piece in batch:
                self._hash.update(piece)
            self._room.put(None)
