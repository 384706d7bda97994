"""How large a chunk is, and when a blob goes in chunks at all. Pure.

Must never be added: requests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from reconciler.oci.registry.profiles import Profile

_MIB: Final = 1024 * 1024
ANNOUNCED_MAX_BYTES: Final = 1024 * _MIB
"""`OCI-Chunk-Min-Length` beyond this is no registry's."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """From which sizes on things are done otherwise, in bytes."""

    single_post_max: int = 4 * _MIB
    """Above it, what a registry that ignores the body costs is more than the request saved."""
    resumable_min: int = 32 * _MIB
    """From here on a blob goes in chunks from the start, so that a later run can go on with it."""
    resumable_chunk: int = 64 * _MIB
    """What a kill costs at most where the registry keeps what came of a torn chunk, or forgets it alone.

    distribution 2 does neither: it ends an upload whose size is not the one in the Location that it gave
    out last, on any request, GET included. Killed within a chunk, all of the blob travels again there,
    however small the chunk. As fast as one PUT to distribution; 16 MiB measured a tenth slower.
    """
    worthwhile_chunk: int = 16 * _MIB
    """A registry that takes no larger ones is faster with one PUT than with a request every few megabytes."""
    fallback_chunk: int = 8 * _MIB
    """After 413 or a break: below what proxies usually let through."""
    smallest_chunk: int = 256 * 1024
    """A registry to which even this is too much takes no chunks."""

    def is_resumable(self, profile: Profile, size_bytes: int) -> bool:
        """Whether a blob is sent so that a later run could go on with it."""
        max_bytes = profile.chunk_max_bytes
        takes_large = max_bytes is None or max_bytes >= self.worthwhile_chunk
        return profile.chunks and takes_large and size_bytes >= self.resumable_min


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How much one PATCH carries; only the last may be shorter than `min_bytes`."""

    size_bytes: int
    min_bytes: int = 0

    @classmethod
    def choose(cls, profile: Profile, *, wanted_bytes: int, announced_min: str | None = None) -> Self | None:
        """Return the size for a registry; None where what it wants cannot be.

        Args:
            wanted_bytes: what would be best for us.
            announced_min: `OCI-Chunk-Min-Length` as it came.
        """
        min_bytes = max(_number(announced_min), profile.chunk_min_bytes)
        max_bytes = profile.chunk_max_bytes
        if not profile.chunks or min_bytes > min(max_bytes or min_bytes, ANNOUNCED_MAX_BYTES):
            return None
        size_bytes = max(wanted_bytes, min_bytes)
        return cls(size_bytes if max_bytes is None else min(size_bytes, max_bytes), min_bytes)

    def smaller(self, *, smallest_bytes: int) -> Self | None:
        """Return half of it, for a registry to which this is too large; None where less cannot be."""
        half = self.size_bytes // 2
        return replace(self, size_bytes=half) if half >= max(self.min_bytes, smallest_bytes) else None


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else 0
