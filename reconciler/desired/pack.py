"""A folder packed as tar and gzip, the same bytes on every machine.

Decided here: entries sorted, owners, times and modes fixed, and no compressor: gzip with stored
blocks, since compressors differ between builds of Python. Hidden files stay out, but for .helmignore;
so does what .helmignore or git ignores.
Must never be added: anything that a file system says about a file but its name and content.

Spec: RFC 1952 (gzip), RFC 1951 section 3.2.4 (stored blocks).
"""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from reconciler.desired.finding.files import find_files
from reconciler.errors import DocumentError, InvalidError, Problem, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.desired.finding.tree import Tree

IGNORE_FILE = ".helmignore"
PACK_MAX_BYTES = 32 * 1024 * 1024
"""Packed in memory; Helm itself refuses charts whose release does not fit a Kubernetes secret of 1 MiB."""

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, operating system unknown."""
_STORED_MAX_BYTES = 0xFFFF


@dataclass(frozen=True, slots=True)
class PackedFolder:
    """Which files are packed, and under which names."""

    root: Path
    folder: str
    prefix: str
    """The folder inside the archive."""
    files: tuple[str, ...]
    """Paths below `folder`, sorted."""

    def read(self) -> bytes:
        """Return the archive's bytes.

        Raises:
            OSError: a file cannot be read.
        """
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in self.files:
                content = (self.root / self.folder / name).read_bytes()
                entry = tarfile.TarInfo(f"{self.prefix}/{name}")
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
        return gzip_stored(buffer.getvalue())


def pack_folder(tree: Tree, root: Path, folder: str, *, prefix: str) -> PackedFolder:
    """Return what packing `folder` takes in.

    Raises:
        InvalidError: a file of it cannot be published, or they are too large together.
    """
    found = find_files(tree, [f"{folder}/**/*"])
    errors = [problem for problem in found.problems if problem.severity is Severity.ERROR]
    if errors:
        raise InvalidError(errors)
    names = [file.path[len(folder) + 1 :] for file in found.files]
    rules = root / folder / IGNORE_FILE
    if rules.is_file():
        ignored = set(GitIgnoreSpec.from_lines(rules.read_text("utf-8").splitlines()).match_files(names))
        names = [IGNORE_FILE, *(name for name in names if name not in ignored)]
    size_bytes = sum((root / folder / name).stat().st_size for name in names)
    if size_bytes > PACK_MAX_BYTES:
        message = f"too large to be packed: expected at most {PACK_MAX_BYTES} bytes, got {size_bytes}"
        raise DocumentError(
            [Problem("too-large", message, file=folder, fix=f"leave files out by {IGNORE_FILE}")]
        )
    return PackedFolder(root, folder, prefix, tuple(sorted(names, key=str.encode)))


def gzip_stored(content: bytes) -> bytes:
    """Return `content` as a gzip member of stored blocks."""
    pieces = [_GZIP_HEADER]
    starts = range(0, len(content), _STORED_MAX_BYTES) or range(1)
    for start in starts:
        block = content[start : start + _STORED_MAX_BYTES]
        is_last = start + _STORED_MAX_BYTES >= len(content)
        pieces.append(struct.pack("<BHH", is_last, len(block), len(block) ^ 0xFFFF))
        pieces.append(block)
    pieces.append(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return b"".join(pieces)
