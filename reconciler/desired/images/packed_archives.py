"""Archives of images that cannot be read where they stand: compressed ones, and those of older `docker save`.

Decided here: by what they are known, so that whoever names one is told how it becomes an image.
Must never be added: unpacking, or a look further into an archive than at its beginning.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEX = "[0-9a-f]{64}"
_NAMES = re.compile(rf"(?:\./)?(?:oci-layout|blobs(?:/.*)?|(?:sha256:)?{_HEX}(?:/.*|\.json|\.tar(?:\.gz)?)?)")
"""What stands first in them: `blobs/…` of OCI, `<id>/…` or `<id>.json` of docker, `sha256:<id>` of crane."""
_LOOKED_AT = 3
_SKIPPED_MAX_BYTES = 1024 * 1024
"""Members larger than this are not read to come to the next one."""
_UNPACKED_BY = {b"\x1f\x8b": "gunzip -k", b"BZh": "bunzip2 -k", b"\xfd7zXZ": "unxz -k"}


def note_on_archive(path: Path, shown: str) -> str | None:
    """Return what to tell whoever publishes a file as it is that looks like an image; None for any other.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(6)
    if not _holds_image(path):
        return None
    unpack = next((by for magic, by in _UNPACKED_BY.items() if head.startswith(magic)), None)
    if unpack is not None:
        way = f"unpack it first: {unpack} {shown}"
        return (
            f"{shown}: looks like a compressed archive of an image, published as a file: for the image, {way}"
        )
    way = f"skopeo copy docker-archive:{shown} oci-archive:image.tar"
    return f"{shown}: looks like an archive of docker save, published as a file: for the image, {way}"


def _holds_image(path: Path) -> bool:
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in islice(archive, _LOOKED_AT):
                if _NAMES.fullmatch(member.name):
                    return True
                if member.size > _SKIPPED_MAX_BYTES:
                    return False
    except (tarfile.TarError, EOFError, zlib.error, ValueError):
        pass  # no archive, or a damaged one: a file like any other
    return False
