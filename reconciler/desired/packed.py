"""A folder that somebody else packed, such as a chart that helm packaged: the file in it that describes it.

Decided here: only the folder that everything stands in is looked at, and how much is read.
Must never be added: unpacking, or a change of the archive's bytes.
"""

from __future__ import annotations

import tarfile
import zlib
from typing import TYPE_CHECKING

from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES
from reconciler.errors import DocumentError, Problem

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".tgz", ".tar.gz")
_ENTRIES_MAX = 100_000
_UNPACKED_MAX_BYTES = 512 * 1024 * 1024
"""Helm's own charts are below 1 MiB; this is for archives that unpack to more than a machine has."""


def is_packed(path: str) -> bool:
    """Say whether a path names an archive by its suffix."""
    return path.endswith(SUFFIXES)


def read_described(path: Path, shown: str, name: str) -> bytes:
    """Return the content of the file `name` in the one folder at the top of an archive.

    Raises:
        DocumentError: it is no archive, or holds no such file.
        OSError: it cannot be read.
    """
    try:
        found = _find(path, name)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as exc:
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
        return _find(path, name) is not None
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OSError):
        return False


def _find(path: Path, name: str) -> bytes | None:
    with tarfile.open(path, "r:gz") as archive:
        for number, entry in enumerate(archive):
            if number == _ENTRIES_MAX or entry.offset > _UNPACKED_MAX_BYTES:
                raise ValueError(f"expected {name} earlier in the archive")
            folder, _, rest = entry.name.removeprefix("./").partition("/")
            if folder and rest == name and entry.isreg():
                if entry.size > DOCUMENT_MAX_BYTES:
                    raise ValueError(f"{name}: expected at most {DOCUMENT_MAX_BYTES} bytes, got {entry.size}")
                stream = archive.extractfile(entry)
                return stream.read() if stream is not None else None
    return None
