"""A folder that somebody else packed, such as a chart that helm packaged: the file in it that describes it.

Decided here: only the folder that everything stands in is looked at, and how much is read.
Must never be added: unpacking, or a change of the archive's bytes.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES
from reconciler.errors import DocumentError, Problem
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.tar_reader import TarReader

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.oci.tar_reader import TarMember

SUFFIX = ".tgz"
_ENTRIES_MAX = 100_000
_UNPACKED_MAX_BYTES = 512 * 1024 * 1024
"""Helm's own charts are below 1 MiB; this is for archives that unpack to more than a machine has."""
_LOOKED_AT_MAX_BYTES = 16 * 1024 * 1024
"""How far somebody looks who only wants to know what it is."""


def is_packed(path: str) -> bool:
    """Say whether a path names an archive by its suffix."""
    return path.endswith(SUFFIX)


def read_described(path: Path, shown: str, name: str) -> bytes:
    """Return the content of the file `name` in the one folder at the top of an archive.

    Raises:
        DocumentError: it is no archive, or holds no such file.
        OSError: it cannot be read.
    """
    try:
        found = _find(path, name)
    except (EOFError, zlib.error, ValueError) as exc:
        raise DocumentError([Problem("damaged-archive", f"cannot be unpacked: {exc}", file=shown)]) from exc
    except OSError as exc:
        if exc.errno is not None:
            raise
        raise DocumentError([Problem("damaged-archive", f"cannot be unpacked: {exc}", file=shown)]) from exc
    if found is None:
        message = f"expected {name} in the folder that is packed, got none"
        raise DocumentError([Problem("not-packed", message, file=shown)])
    return found


def describes(path: Path, name: str) -> bool:
    """Say whether an archive holds a packed folder with a file of this name; False where nobody can tell."""
    try:
        return _find(path, name, max_bytes=_LOOKED_AT_MAX_BYTES) is not None
    except (EOFError, zlib.error, ValueError, OSError):
        return False


def _find(path: Path, name: str, *, max_bytes: int = _UNPACKED_MAX_BYTES) -> bytes | None:
    """Return the file's content; the whole archive is read, so that one that is cut off is found out."""
    found = None
    with gzip.open(path) as stream:
        archive = TarReader(stream)
        for number, entry in enumerate(archive.members()):
            if number == _ENTRIES_MAX or entry.offset_bytes + entry.size_bytes > max_bytes:
                raise ValueError(f"expected at most {max_bytes} bytes when unpacked, got more")
            folder, _, rest = entry.name.removeprefix("./").partition("/")
            if found is None and folder and rest == name and entry.is_file:
                found = _read(archive, entry)
        _finish(stream, max_bytes)
    return found


def _finish(stream: gzip.GzipFile, max_bytes: int) -> None:
    """Read what is behind the end of the tar, padding as a rule, so that gzip's checksum is compared."""
    while stream.read(CHUNK_BYTES):
        if stream.tell() > max_bytes:
            raise ValueError(f"expected at most {max_bytes} bytes when unpacked, got more")


def _read(archive: TarReader, entry: TarMember) -> bytes:
    if entry.size_bytes > DOCUMENT_MAX_BYTES:
        raise ValueError(f"{entry.name}: expected at most {DOCUMENT_MAX_BYTES} bytes, got {entry.size_bytes}")
    content = bytearray()
    while piece := archive.read(CHUNK_BYTES):
        content += piece
    return bytes(content)
