"""A tar of somebody else's, member by member, in the order in which it stands.

Decided here: what of a tar is understood: ustar, GNU's long names, and of pax what names a member, its target
and its size. A member has as many bytes as follow it: sparse ones, which claim any size for a few bytes, are
refused. Only the headers' fixed blocks are tarfile's: it believes the sizes that the others claim, and reads
any number of them one within another.
Must never be added: a member's path on a disk, or what may be in an archive.

Spec: POSIX.1-2017, pax, "ustar Interchange Format", "pax Extended Header"; GNU tar 1.35, "Basic Tar Format".
"""

from __future__ import annotations

import os
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXTENSION_MAX_BYTES: Final = 1024 * 1024
"""Of one long name, or of one member's pax records; both are read whole."""
EXTENSIONS_MAX: Final = 16
"""Before one member; two long names and a set of records are what there is reason for."""
CHUNK_BYTES: Final = 1024 * 1024
_BLOCK_BYTES: Final = 512
_LONG = frozenset({tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK})
_EXTENSIONS = _LONG | {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE}
_FILES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})
_WITHOUT_CONTENT = frozenset(tarfile.SUPPORTED_TYPES) - _FILES
"""Whatever size these claim, nothing of them follows; what nobody knows is passed over by its size."""
_SPARSE = ("GNU.sparse.", "SCHILY.realsize")
_UNDERSTOOD = ("path", "linkpath", "size")
_LENGTH = re.compile(rb"([0-9]{1,7}) ")
_SIZE = re.compile(r"[0-9]{1,18}", re.ASCII)
_SIZE_MAX_BYTES = 10**18


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; nothing only at the end."""


class SeekableSource(Source, Protocol):
    """A file, in which what nobody wants is passed over; it is read from its beginning."""

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


@dataclass(frozen=True, slots=True)
class TarMember:
    """What a header says."""

    name: str
    sort: bytes
    """Type flag, one of tarfile's."""
    target: str
    """Of a link."""
    mode: int
    size_bytes: int
    """Of its content, all of which follows in the archive; none of links and folders."""
    offset_bytes: int
    """Where its content begins."""

    @property
    def is_file(self) -> bool:
        return self.sort in _FILES

    @property
    def is_folder(self) -> bool:
        return self.sort == tarfile.DIRTYPE

    @property
    def is_symlink(self) -> bool:
        return self.sort == tarfile.SYMTYPE

    @property
    def is_hard_link(self) -> bool:
        return self.sort == tarfile.LNKTYPE


class TarReader:
    """A plain tar, read once.

    Args:
        stream: its bytes.
        file: the same where it can be sought in: then content that nobody reads is not read.
    """

    def __init__(self, stream: Source, *, file: SeekableSource | None = None) -> None:
        self._stream, self._file = stream, file
        self._end_bytes = 0 if file is None else _size_of(file)
        self._offset_bytes = 0
        self._left_bytes = 0
        """Of the member's content."""
        self._padding_bytes = 0

    def members(self) -> Iterator[TarMember]:
        """Yield every member; `read` gives the content of the last one, until the next one is asked for.

        Raises:
            EOFError: the archive ends within a member.
            ValueError: it is no tar, is damaged, or has a member that is refused.
        """
        while (member := self._next()) is not None:
            yield member
            self._skip(self._left_bytes + self._padding_bytes)

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes of the member's content; nothing only at its end.

        Raises:
            EOFError: the archive ends within it.
        """
        size = min(size, self._left_bytes)
        if not size:
            return b""
        piece = self._stream.read(size)
        if not piece:
            raise _cut()
        self._offset_bytes += len(piece)
        self._left_bytes -= len(piece)
        return piece

    def _header(self) -> tarfile.TarInfo | None:
        """Return the next fixed header; None at the end, which a block of zeros is."""
        block = self._whole(_BLOCK_BYTES, may_end=self._offset_bytes > 0)
        if not block.strip(b"\0"):
            return None
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError) as exc:
            raise ValueError(f"expected a tar header, got {exc}") from exc
        if not 0 <= header.size < _SIZE_MAX_BYTES:
            raise ValueError(f"{header.name[:200]!r}: expected a size, got {header.size}")
        if header.type == tarfile.GNUTYPE_SPARSE:
            raise _sparse(header.name)
        return header

    def _next(self) -> TarMember | None:
        """Return the next member, with what the headers before its own say of it."""
        said: dict[str, str] = {}
        for _ in range(EXTENSIONS_MAX + 1):
            header = self._header()
            if header is None:
                if said:
                    raise _cut()
                return None
            if header.type not in _EXTENSIONS:
                return self._begin(header, said)
            said.update(self._extension(header))
        raise ValueError(f"expected at most {EXTENSIONS_MAX} headers before one member, got more")

    def _begin(self, header: tarfile.TarInfo, said: Mapping[str, str]) -> TarMember:
        name, sort = said.get("path", header.name), header.type
        size_bytes = _read_size(name, said["size"]) if "size" in said else header.size
        self._left_bytes = 0 if sort in _WITHOUT_CONTENT else size_bytes
        self._padding_bytes = -self._left_bytes % _BLOCK_BYTES
        if sort == tarfile.AREGTYPE and name.endswith("/"):
            sort = tarfile.DIRTYPE  # as before there was a type for folders
        return TarMember(
            name,
            sort,
            said.get("linkpath", header.linkname),
            header.mode,
            self._left_bytes,
            self._offset_bytes,
        )

    def _extension(self, header: tarfile.TarInfo) -> dict[str, str]:
        """Return what a header says of the member behind it."""
        if header.size > EXTENSION_MAX_BYTES:
            raise ValueError(
                f"expected a header of at most {EXTENSION_MAX_BYTES} bytes, got one of {header.size}"
            )
        content = self._whole(header.size)
        self._skip(-header.size % _BLOCK_BYTES)
        if header.type in _LONG:
            key = "path" if header.type == tarfile.GNUTYPE_LONGNAME else "linkpath"
            return {key: content.partition(b"\0")[0].decode("utf-8", "surrogateescape")}
        records = dict(_records(content))
        if any(key.startswith(_SPARSE) for key in records):
            raise _sparse(records.get("GNU.sparse.name") or records.get("path") or header.name)
        understood = {key: records[key] for key in _UNDERSTOOD if records.get(key)}
        if header.type != tarfile.XGLTYPE:
            return understood
        if understood:
            raise ValueError(f"expected no name and no size for all members, got {', '.join(understood)}")
        return {}

    def _whole(self, size: int, *, may_end: bool = False) -> bytes:
        """Return exactly `size` bytes, or nothing where the end may be here."""
        pieces, left_bytes = [], size
        while left_bytes and (piece := self._stream.read(left_bytes)):
            pieces.append(piece)
            left_bytes -= len(piece)
        if left_bytes and not (may_end and not pieces):
            raise _cut()
        self._offset_bytes += size - left_bytes
        return b"".join(pieces)

    def _skip(self, size: int) -> None:
        if self._file is not None:
            if self._offset_bytes + size > self._end_bytes:
                raise _cut()
            self._file.seek(self._offset_bytes + size)
            self._offset_bytes += size
            size = 0
        while size:
            size -= len(self._whole(min(size, CHUNK_BYTES)))
        self._left_bytes = self._padding_bytes = 0


def _size_of(file: SeekableSource) -> int:
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size_bytes


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield what pax says: `LENGTH KEY=VALUE` and a line's end, the length being that of all of it."""
    position = 0
    while position < len(content):
        match = _LENGTH.match(content, position)
        end = position + int(match[1]) if match else 0
        key, equals, value = content[match.end() if match else 0 : max(0, end - 1)].partition(b"=")
        if match is None or not key or not equals or content[end - 1 : end] != b"\n":
            raise ValueError(f"expected pax records, got {content[position : position + 40]!r}")
        yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        position = end


def _read_size(name: str, text: str) -> int:
    if _SIZE.fullmatch(text) is None:
        raise ValueError(f"{name[:200]!r}: expected a size, got {text[:40]!r}")
    return int(text)


def _sparse(name: str) -> ValueError:
    return ValueError(
        f"{name[:200]!r}: expected all of its bytes, got a sparse file: pack it without --sparse"
    )


def _cut() -> EOFError:
    return EOFError("it ends in the middle")
