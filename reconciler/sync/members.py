"""What is in an archive, by name: for comparing two of them without unpacking either.

Decided here: a tar's files are known by their bytes, a zip's by the checksums and sizes that it lists. What
is read is bounded, as archives may claim anything. Must never be added: writing.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from reconciler.errors import RefusedError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.pulling.archives import Archive, Entry, Limits, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMITS = Limits(entries=20_000, size_bytes=1024**3)
_DIRECTORY_MAX_BYTES = 8 * 1024 * 1024
"""What zipfile makes of it takes ten times as much memory."""
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257


@dataclass(frozen=True, slots=True)
class Member:
    """One file, folder or link of an archive."""

    size_bytes: int
    content: str
    """What its bytes are known by."""
    kind: str
    """What it is, where a link leads, and who may run it."""


def is_archive(name: str, media_type: str, head: bytes) -> bool:
    """Say whether content looks like an archive: by its first bytes, and for gzip by its name or type."""
    if head.startswith(_ZIP) or head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return True
    says_tar = (
        name.lower().endswith((".tgz", ".tar.gz")) or "tar+gzip" in media_type or ".tar.gzip" in media_type
    )
    return head.startswith(_GZIP) and says_tar


def read_members(stream: IO[bytes], size_bytes: int, *, subject: str) -> Mapping[str, Member]:
    """Return what is in an archive.

    Raises:
        ValueError: it cannot be read, or there is too much in it.
    """
    head = stream.read(len(_ZIP))
    stream.seek(0)
    try:
        if head == _ZIP:
            return _read_zip(stream)
        return _read_tar(Archive(cast("BinaryIO", stream), (), size_bytes, subject, LIMITS))
    except (
        RefusedError,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        OverflowError,
        OSError,
        EOFError,
        NotImplementedError,
    ) as exc:
        raise ValueError(str(exc)) from exc


def _read_zip(stream: IO[bytes]) -> dict[str, Member]:
    with zipfile.ZipFile(_Directory(stream)) as archive:
        entries = archive.infolist()
        if len(entries) > LIMITS.entries:
            raise ValueError(f"expected at most {LIMITS.entries} entries, got {len(entries)}")
        return {
            entry.filename: Member(
                entry.file_size, f"crc32:{entry.CRC:08x}", f"mode {entry.external_attr >> 16:o}"
            )
            for entry in entries
        }


class _Directory:
    """A zip's file, of which nothing but the list at its end is read: in one piece, before it is counted."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; all that is left of the file for -1, which follows a seek to its end.

        Raises:
            ValueError: these would be too many.
        """
        if size > _DIRECTORY_MAX_BYTES:
            raise ValueError(f"expected a list of at most {_DIRECTORY_MAX_BYTES} bytes, got one of {size}")
        return self._stream.read(size)


def _read_tar(archive: Archive) -> dict[str, Member]:
    members = {}
    for entry in archive.entries():
        content = hashlib.sha256()
        size_bytes = 0
        while entry.content is not None and (piece := entry.content.read(CHUNK_BYTES)):
            content.update(piece)
            size_bytes += len(piece)
        name = "/".join(entry.parts) + ("/" if entry.sort is Sort.FOLDER else "")
        members[name] = Member(size_bytes, f"sha256:{content.hexdigest()}", _kind(entry))
    return members


def _kind(entry: Entry) -> str:
    """Return a file's kind, such as `file` or `link to lib/x`."""
    leads = entry.target or "/".join(entry.origin)
    return (
        f"{entry.sort.value}{f' to {leads}' if leads else ''}{', executable' if entry.is_executable else ''}"
    )
