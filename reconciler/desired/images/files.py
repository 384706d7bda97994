"""The files of an OCI image layout, wherever they stand: in a folder, or in a tar archive.

Decided here: what may be looked at. A name never leads out of the folder, and nothing is ever unpacked.
Must never be added: what the files mean.

Spec: image-spec v1.1.1, image-layout.md.
"""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, BinaryIO, Protocol

from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.tar_reader import TarReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import WriteableBuffer  # exists for type checkers only

    from reconciler.oci.tar_reader import TarMember

_LINKS_MAX = 8
_COMPRESSED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}


class LayoutFiles(Protocol):
    """Files by their names in a layout, such as `index.json` or `blobs/sha256/abc…`."""

    def size_of(self, name: str) -> int | None:
        """Return a file's size in bytes; None where there is no such file.

        Raises:
            ValueError: it is no plain file, or leads outside.
            OSError: the disk could not tell.
        """

    def open(self, name: str) -> BinaryIO:
        """Return a file from its first byte.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is no plain file, or leads outside.
            OSError: it cannot be read.
        """


def open_layout_files(path: Path) -> LayoutFiles:
    """Return the files of the layout at `path`.

    Raises:
        ValueError: it is no folder and no tar archive, or one that ends too early.
        OSError: it cannot be read.
    """
    return FolderFiles(path) if path.is_dir() else ArchiveFiles.read(path)


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """A layout in a folder."""

    folder: Path

    def size_of(self, name: str) -> int | None:
        try:
            return self._find(name)[1]
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        return self._find(name)[0].open("rb", buffering=0)

    def _find(self, name: str) -> tuple[Path, int]:
        real = Path(os.path.realpath(self.folder / name, strict=True))
        if not real.is_relative_to(os.path.realpath(self.folder)):
            raise ValueError(f"{name}: leads outside the layout: expected a file in it, got a link to {real}")
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{name}: expected a file, got something else")
        return real, status.st_size


@dataclass(frozen=True, slots=True)
class _Member:
    offset_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ArchiveFiles:
    """A layout in a tar archive that is not compressed: members are read where they stand."""

    archive: Path
    _members: Mapping[str, _Member | str]
    """By name; the name of another member where one is a link. As when unpacking, the last one counts."""

    @classmethod
    def read(cls, archive: Path) -> ArchiveFiles:
        """Read the headers, and nothing between them.

        Raises:
            ValueError: it is no plain tar archive, or one that ends too early.
            OSError: it cannot be read.
        """
        with archive.open("rb") as stream:
            _refuse_compressed(stream.read(8))
            stream.seek(0)
            try:
                members = TarReader(stream, file=stream).members()
                return cls(archive, {normpath(entry.name): _member(entry) for entry in members})
            except (EOFError, ValueError) as exc:
                raise ValueError(f"expected a whole tar archive: {exc}") from exc

    def size_of(self, name: str) -> int | None:
        try:
            return self._find(name).size_bytes
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        member = self._find(name)
        stream = self.archive.open("rb", buffering=0)
        return io.BufferedReader(_Slice(stream, member.offset_bytes, member.size_bytes), CHUNK_BYTES)

    def _find(self, name: str) -> _Member:
        wanted: _Member | str = name
        for _ in range(_LINKS_MAX):
            if isinstance(wanted, _Member):
                return wanted
            if wanted not in self._members:
                raise FileNotFoundError(f"no {name} in {self.archive}")
            wanted = self._members[wanted]
        raise ValueError(f"{name}: expected a file, got links that lead nowhere, or something else")


def _refuse_compressed(head: bytes) -> None:
    for magic, name in _COMPRESSED.items():
        if head.startswith(magic):
            raise ValueError(f"expected a plain tar archive, got one compressed with {name}: unpack it first")


def _member(entry: TarMember) -> _Member | str:
    if entry.is_file:
        return _Member(entry.offset_bytes, entry.size_bytes)
    if entry.is_hard_link:
        return normpath(entry.target)
    if entry.is_symlink:
        return normpath(join(dirname(entry.name), entry.target))
    return normpath(entry.name)  # a link to itself: what is no file leads nowhere


class _Slice(io.RawIOBase):
    """A part of a file, as a stream of its own."""

    def __init__(self, stream: BinaryIO, offset_bytes: int, size_bytes: int) -> None:
        super().__init__()
        self._stream, self._offset, self._size, self._position = stream, offset_bytes, size_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        self._stream.seek(self._offset + self._position)
        piece = self._stream.read(max(0, min(len(view), self._size - self._position)))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def close(self) -> None:
        self._stream.close()
        super().close()
