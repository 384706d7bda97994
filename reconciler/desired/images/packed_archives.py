"""Archives of images that cannot be read where they stand: compressed ones, and those of older `docker save`.

Decided here: by what they are known, so that whoever names one is told how it becomes an image.
Must never be added: unpacking, or a look further into an archive than at its beginning.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from itertools import islice
from typing import TYPE_CHECKING

from reconciler.oci.tar_reader import TarReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedIOBase
    from pathlib import Path

_HEX = "[0-9a-f]{64}"
_NAMES = re.compile(rf"(?:\./)?(?:oci-layout|blobs(?:/.*)?|(?:sha256:)?{_HEX}(?:/.*|\.json|\.tar(?:\.gz)?)?)")
"""What stands first in them: `blobs/…` of OCI, `<id>/…` or `<id>.json` of docker, `sha256:<id>` of crane."""
_LOOKED_AT = 3
_SKIPPED_MAX_BYTES = 1024 * 1024
"""Members larger than this are not read to come to the next one."""
_PACKED_BY = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_UNPACKED_BY = {"gzip": "gunzip -k", "bzip2": "bunzip2 -k", "xz": "unxz -k"}
_OPENED_BY: dict[str | None, Callable[[Path], BufferedIOBase]] = {
    "gzip": gzip.GzipFile,
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    None: lambda path: path.open("rb"),
}


def note_on_archive(path: Path, shown: str) -> str | None:
    """Return what to tell whoever publishes a file as it is that looks like an image; None for any other.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(6)
    packed = next((name for magic, name in _PACKED_BY.items() if head.startswith(magic)), None)
    if not _holds_image(path, _OPENED_BY[packed]):
        return None
    if packed is not None:
        way = f"unpack it first: {_UNPACKED_BY[packed]} {shown}"
        return (
            f"{shown}: looks like a compressed archive of an image, published as a file: for the image, {way}"
        )
    way = f"skopeo copy docker-archive:{shown} oci-archive:image.tar"
    return f"{shown}: looks like an archive of docker save, published as a file: for the image, {way}"


def _holds_image(path: Path, opened_by: Callable[[Path], BufferedIOBase]) -> bool:
    try:
        with opened_by(path) as stream:
            for member in islice(TarReader(stream).members(), _LOOKED_AT):
                if _NAMES.fullmatch(member.name):
                    return True
                if member.size_bytes > _SKIPPED_MAX_BYTES:
                    return False
    except OSError as exc:
        if exc.errno is not None:
            raise
    except (EOFError, zlib.error, lzma.LZMAError, ValueError):
        pass  # no archive, or a damaged one: a file like any other
    return False
