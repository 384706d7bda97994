"""Bytes to be pushed: their digest and size are known, and they can be read again for every attempt.

Must never be added: anything that keeps a whole file in memory.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Self

from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK_BYTES = 256 * 1024
"""How much of a blob is in memory at a time: what was just read is still in the processor's cache when it
is hashed and written; 1 MiB took half as much processor time again."""


def _nothing() -> None:
    """Nobody has to be told."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose word a digest is, and what follows where the bytes turn out to be others."""

    subject: str
    """The file as people know it."""
    fix: str
    distrust: Callable[[], None] = _nothing
    """Called once the bytes were seen to be others, so that nobody believes the same again."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Content that is replayable: `open` starts from the first byte, every time."""

    digest: Digest
    size_bytes: int
    open: Callable[[], BinaryIO]
    origin: Origin | None = field(default=None, compare=False)
    """None where the digest was computed in this run."""

    @classmethod
    def of_bytes(cls, content: bytes) -> Self:
        return cls(Digest.of(content), len(content), lambda: io.BytesIO(content))

    @classmethod
    def of_file(cls, path: Path, digest: Digest, size_bytes: int, origin: Origin | None = None) -> Self:
        """Promise that the file at `path` holds these bytes; who sends them checks it."""
        return cls(digest, size_bytes, lambda: path.open("rb"), origin)
