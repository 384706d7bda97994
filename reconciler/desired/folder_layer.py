"""A folder as one layer, as `oras push` packs it, and the same bytes on every machine.

Decided here: everything in the folder but git's and pallet's own folders; entries sorted, owners and times
fixed, of the modes only whether a file may be run; gzip with stored blocks, since compressors differ. It is
never held in memory: it is packed anew whenever it is read.
Must never be added: a rule about what is worth publishing; who names a folder means all of it.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from reconciler.desired.finding.globs import NEVER_ENTERED
from reconciler.errors import DocumentError, Problem
from reconciler.oci.blob import CHUNK_BYTES, Blob
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import WriteableBuffer  # exists for type checkers only

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
UNPACK = "io.deis.oras.content.unpack"
UNPACKED_DIGEST = "io.deis.oras.content.digest"

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, operating system unknown (RFC 1952)."""
_STORED_MAX_BYTES = 0xFFFF
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
_BLOCK_BYTES = 512
_END = bytes(2 * _BLOCK_BYTES)


@dataclass(frozen=True, slots=True)
class FolderLayer:
    """A folder, packed."""

    blob: Blob
    unpacked: Digest
    """Of the tar archive inside, which `oras pull` compares."""


def folder_annotations(unpacked: Digest) -> dict[str, str]:
    """Return what tells `oras pull` to unpack a layer."""
    return {UNPACK: "true", UNPACKED_DIGEST: unpacked}


def pack_as_layer(folder: Path, title: str, *, shown: str) -> FolderLayer:
    """Return a folder as a layer that is unpacked as `title`.

    Raises:
        DocumentError: something in it cannot be published; holds every problem.
        OSError: it cannot be read.
    """
    entries, problems = _list(folder, title, shown)
    if problems:
        raise DocumentError(problems)

    def read() -> Iterator[bytes]:
        return _gzip(_tar(entries))

    packed, size_bytes, unpacked = hashlib.sha256(), 0, hashlib.sha256()
    for piece in _gzip(_counted(_tar(entries), unpacked)):
        packed.update(piece)
        size_bytes += len(piece)
    blob = Blob(Digest(f"sha256:{packed.hexdigest()}"), size_bytes, lambda: _open(read()))
    return FolderLayer(blob, Digest(f"sha256:{unpacked.hexdigest()}"))


@dataclass(frozen=True, slots=True)
class _Entry:
    header: tarfile.TarInfo
    path: Path


def _list(folder: Path, title: str, shown: str) -> tuple[list[_Entry], list[Problem]]:
    """Return every entry, a folder before what stands in it, and what cannot be packed."""
    entries, problems = [_Entry(_header(title, tarfile.DIRTYPE, 0o755), folder)], list[Problem]()
    for path in sorted(_walk(folder), key=lambda path: os.fsencode(path.relative_to(folder).as_posix())):
        name = path.relative_to(folder).as_posix()
        entry = _entry(folder, path, f"{title}/{name}")
        if isinstance(entry, str):
            place = f"{shown}/{name}".encode(errors="backslashreplace").decode()
            problems.append(Problem("not-publishable", entry, file=place))
        else:
            entries.append(entry)
    return entries, problems


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name in NEVER_ENTERED:
                continue
            path = folder / entry.name
            yield path
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(path)


def _entry(folder: Path, path: Path, name: str) -> _Entry | str:
    """Return a header, or why there can be none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "expected a name in UTF-8"
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        return _Entry(_header(name, tarfile.DIRTYPE, 0o755), path)
    if stat.S_ISREG(status.st_mode):
        header = _header(name, tarfile.REGTYPE, 0o755 if status.st_mode & stat.S_IXUSR else 0o644)
        header.size = status.st_size
        return _Entry(header, path)
    if not stat.S_ISLNK(status.st_mode):
        return "expected a file, got something else, such as a pipe or a device"
    target = os.readlink(path)  # noqa: PTH115  the text as it is, without a path's tidying
    inside = os.path.realpath(path.parent / target).startswith(f"{os.path.realpath(folder)}/")
    if not inside or target.startswith("/"):
        return f"expected a link to something in the folder, got one to {target}"
    header = _header(name, tarfile.SYMTYPE, 0o777)
    header.linkname = target
    return _Entry(header, path)


def _header(name: str, sort: bytes, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.mode = sort, mode
    return header


def _tar(entries: list[_Entry]) -> Iterator[bytes]:
    for entry in entries:
        yield entry.header.tobuf(tarfile.PAX_FORMAT)
        if entry.header.isreg():
            yield from _content(entry)
    yield _END


def _content(entry: _Entry) -> Iterator[bytes]:
    """Yield exactly as many bytes as the header says, so that what follows stands where it must."""
    left = entry.header.size
    with entry.path.open("rb", buffering=0) as stream:
        while left and (piece := stream.read(min(left, CHUNK_BYTES))):
            left -= len(piece)
            yield piece
    if left:
        raise OSError(None, "became shorter while it was read", str(entry.path))
    yield bytes(-entry.header.size % _BLOCK_BYTES)


def _counted(pieces: Iterator[bytes], hashed: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces:
        hashed.update(piece)
        yield piece


def _gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield one gzip member of stored blocks (RFC 1951, 3.2.4); their sizes depend on the content alone."""
    yield _GZIP_HEADER
    checksum, size_bytes, held = 0, 0, b""
    for piece in pieces:
        checksum, size_bytes, held = zlib.crc32(piece, checksum), size_bytes + len(piece), held + piece
        cut = len(held) - len(held) % _STORED_MAX_BYTES
        if cut:
            yield b"".join(
                _stored(held[at : at + _STORED_MAX_BYTES]) for at in range(0, cut, _STORED_MAX_BYTES)
            )
            held = held[cut:]
    yield (_stored(held) if held else b"") + _LAST_BLOCK
    yield struct.pack("<II", checksum, size_bytes & 0xFFFFFFFF)


def _stored(block: bytes) -> bytes:
    return struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF) + block


def _open(pieces: Iterator[bytes]) -> BinaryIO:
    return io.BufferedReader(_Pieces(pieces), CHUNK_BYTES)


class _Pieces(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._held = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = piece
        taken = self._held[: len(view)]
        view[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)
