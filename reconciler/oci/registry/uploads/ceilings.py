"""How much one request to a registry may carry, as its 413s have taught during this run.

A proxy's limit is the same for every blob: whoever learns it once sends no second blob against it.
Must never be added: requests, or anything that outlives a run.
"""

from __future__ import annotations

import threading


class Ceiling:
    """What one registry has refused for its size; safe to use from several threads."""

    def __init__(self) -> None:
        self._refused_bytes: int | None = None
        self._lock = threading.Lock()

    def refuse(self, size_bytes: int) -> None:
        """Remember that a body of this size was too large."""
        with self._lock:
            self._refused_bytes = (
                size_bytes if self._refused_bytes is None else min(size_bytes, self._refused_bytes)
            )

    def allows(self, size_bytes: int) -> bool:
        """Say whether nothing so small was ever refused."""
        return self._refused_bytes is None or size_bytes < self._refused_bytes

    def fitting(self, size_bytes: int, *, smallest_bytes: int) -> int:
        """Return the largest of a size and its halves that may pass, or the last that is not too small."""
        while not self.allows(size_bytes) and size_bytes // 2 >= smallest_bytes:
            size_bytes //= 2
        return size_bytes
