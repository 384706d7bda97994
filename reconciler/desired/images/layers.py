"""A layer file: its digest, what it is when unpacked, and its media type, found in one reading.

Decided here: that content says what a layer is, never its name; and that nothing is unpacked to disk or held
in memory. Must never be added: a look at what stands in the archive.

Spec: image-spec v1.1.1, layer.md and config.md ("Layer DiffID").
"""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from reconciler.desired.digest_memory import FileState, remembered
from reconciler.oci.blob import CHUNK_BYTES, Blob
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.desired.digest_memory import DigestMemory, Facts

TAR = "application/vnd.oci.image.layer.v1.tar"
GZIP = f"{TAR}+gzip"
ZSTD = f"{TAR}+zstd"

_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_HEADER_BYTES = 512
_WITH_HEADER = zlib.MAX_WBITS | 16


@dataclass(frozen=True, slots=True)
class LayerFile:
    """One layer, as its file is."""

    blob: Blob
    media_type: str
    diff_id: Digest | None
    """Digest of what it is when unpacked; None for zstd, which this Python cannot unpack."""


def read_layer(path: Path, shown: str, memory: DigestMemory) -> LayerFile:
    """Return what a layer file is; nothing is read of a large one that is remembered.

    Raises:
        ValueError: it is no layer, or is cut off.
        OSError: it cannot be read.
    """
    facts = memory.recall(path, FileState.of(path.stat()))
    if facts is None or not {"digest", "media-type", "diff-id"} <= facts.keys():
        facts = _find_out(path, memory)
    diff_id = Digest(facts["diff-id"]) if facts["diff-id"] else None
    digest = Digest(facts["digest"])
    origin = remembered(path, shown, memory)
    return LayerFile(Blob.of_file(path, digest, int(facts["size"]), origin), facts["media-type"], diff_id)


def _find_out(path: Path, memory: DigestMemory) -> Facts:
    with path.open("rb", buffering=0) as stream:
        state = FileState.of(os.fstat(stream.fileno()))
        facts = _read(stream)
        after = FileState.of(os.fstat(stream.fileno()))
    if after == state:
        memory.remember(path, state, facts)
    return facts


def _read(stream: BinaryIO) -> Facts:
    hashed, size_bytes = hashlib.sha256(), 0
    media_type, unpacked = "", None
    while piece := stream.read(CHUNK_BYTES):
        if unpacked is None:
            media_type = sniff(piece)
            unpacked = _UNPACKERS[media_type]()
        hashed.update(piece)
        size_bytes += len(piece)
        unpacked.feed(piece)
    if unpacked is None:
        raise ValueError("expected a tar archive, got an empty file")
    return {
        "digest": f"sha256:{hashed.hexdigest()}",
        "size": str(size_bytes),
        "media-type": media_type,
        "diff-id": unpacked.finish(),
    }


def sniff(head: bytes) -> str:
    """Return the media type of a layer that begins with these bytes.

    Raises:
        ValueError: it is no layer.
    """
    if head.startswith(_GZIP_MAGIC):
        return GZIP
    if head.startswith(_ZSTD_MAGIC):
        return ZSTD
    if _is_tar(head[:_HEADER_BYTES]):
        return TAR
    raise ValueError("expected a layer: a tar archive, plain or compressed with gzip or zstd")


def _is_tar(header: bytes) -> bool:
    """Check the sum that every header carries; an archive of nothing is two blocks of zeros."""
    if len(header) < _HEADER_BYTES:
        return False
    if not any(header):
        return True
    try:
        written = int(header[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return written == sum(header[:148]) + 8 * 0x20 + sum(header[156:])


class _Unpacked(Protocol):
    """Takes a layer's bytes, and says in the end what they are when unpacked."""

    def feed(self, piece: bytes) -> None: ...

    def finish(self) -> str: ...


class _Plain:
    def __init__(self) -> None:
        self._hashed = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        self._hashed.update(piece)

    def finish(self) -> str:
        return f"sha256:{self._hashed.hexdigest()}"


class _Gzip:
    """All members of the file, one after another; at most a chunk of what they hold is in memory."""

    def __init__(self) -> None:
        self._hashed, self._member = hashlib.sha256(), zlib.decompressobj(_WITH_HEADER)

    def feed(self, piece: bytes) -> None:
        while piece:
            if self._member.eof:
                piece = piece.lstrip(b"\0")  # padding behind the last member, as of a tape
                if not piece:
                    return
                self._member = zlib.decompressobj(_WITH_HEADER)
            piece = self._unpack(piece)

    def _unpack(self, piece: bytes) -> bytes:
        """Take in what belongs to this member, and return the rest."""
        try:
            # At the end of a member zlib leaves what follows in the tail too: asking again would never end.
            while piece and not self._member.eof:
                self._hashed.update(self._member.decompress(piece, CHUNK_BYTES))
                piece = self._member.unconsumed_tail
        except zlib.error as exc:
            raise ValueError(f"damaged gzip: {exc}") from exc
        return self._member.unused_data

    def finish(self) -> str:
        while not self._member.eof and (rest := self._member.decompress(b"", CHUNK_BYTES)):
            self._hashed.update(rest)
        if not self._member.eof:
            raise ValueError("damaged gzip: it ends too early")
        return f"sha256:{self._hashed.hexdigest()}"


class _Unknown:
    def feed(self, piece: bytes) -> None:
        """Nothing can be said of it."""

    def finish(self) -> str:
        return ""


_UNPACKERS: dict[str, type[_Unpacked]] = {TAR: _Plain, GZIP: _Gzip, ZSTD: _Unknown}
