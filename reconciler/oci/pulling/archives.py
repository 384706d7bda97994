"""A tar of somebody else's, read entry by entry, with everything in it checked before anything is written.

Decided here: what may be in an archive. Files, folders, and links that stay within it; no devices, no pipes,
no second entry under one name, no bits but readable and executable, and no more than `Limits` allow.
Whatever is wrong with one, whoever reads it sees a refusal: of its members and of their contents alike.
Must never be added: writing.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from reconciler.errors import DigestMismatchError, RefusedError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.pulling.titles import Parts, check_link, read_title
from reconciler.oci.tar_reader import TarMember, TarReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from reconciler.oci.digest import Digest
    from reconciler.oci.tar_reader import Source

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_REFILL_BYTES = 128 * 1024
_RATIO_FROM_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may become."""

    entries: int = 100_000
    size_bytes: int = 16 * 1024**3
    ratio: int = 250
    """How many times its own size; counted from 64 MiB on, since text may well be packed like this."""


class Sort(Enum):
    """What an entry is."""

    FOLDER = "folder"
    FILE = "file"
    LINK = "link"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, with a path below the archive's folder."""

    sort: Sort
    parts: Parts
    is_executable: bool = False
    target: str = ""
    """Of a link: as it is written, known to stay within."""
    origin: Parts = ()
    """Of a copy (a hard link): an earlier file."""
    content: Source | None = None
    """Of a file: to be read before the next entry is asked for."""


@dataclass(slots=True)
class Archive:
    """A tar, plain or with gzip, that is read once.

    Args:
        stream: its bytes.
        prefix: the folder that every entry stands in, and which is left out; entries without it are taken
            as they are.
        packed_bytes: size of the stream.
        subject: what to blame in an error.
    """

    stream: BinaryIO
    prefix: Parts
    packed_bytes: int
    subject: str
    limits: Limits = field(default_factory=Limits)
    digest: Digest | None = None
    """Of the unpacked tar, where its publisher said it."""
    _sorts: dict[Parts, Sort] = field(default_factory=dict)
    _count: int = 0

    def entries(self) -> Iterator[Entry]:
        """Yield what is in the archive; nothing of it may be used before the last one came.

        Raises:
            RefusedError: an entry leads out, is none that may be there, or there is too much.
            DigestMismatchError: the tar is not the one that was published.
        """
        with self._refusing():
            plain = _Plain(self.stream, self._limit_bytes(), self.subject, self.digest)
            tar = TarReader(plain)
            for member in tar.members():
                entry = self._check(tar, member)
                if entry is not None:
                    yield entry
            plain.finish()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Say of the archive what its reading says; what the disk says is no fault of the archive's."""
        try:
            yield
        except (EOFError, zlib.error, ValueError) as exc:
            raise self._refuse(f"cannot be unpacked: {exc}") from exc

    def read(self, tar: TarReader, size: int) -> bytes:
        """Return at most `size` bytes of the file that was yielded last.

        Raises:
            RefusedError: the archive ends within it, is damaged, or becomes too much.
        """
        with self._refusing():
            return tar.read(size)

    def _limit_bytes(self) -> int:
        return min(self.limits.size_bytes, max(_RATIO_FROM_BYTES, self.packed_bytes * self.limits.ratio))

    def _check(self, tar: TarReader, member: TarMember) -> Entry | None:
        self._count += 1
        if self._count > self.limits.entries:
            raise self._refuse(f"holds too much: expected at most {self.limits.entries} entries, got more")
        parts = self._locate(member.name)
        if member.is_folder:
            is_new = bool(parts) and self._claim(parts, Sort.FOLDER, member.name)
            return Entry(Sort.FOLDER, parts) if is_new else None
        if not parts:
            raise self._refuse(f"{member.name!r}: expected a folder, got something else in its place")
        if member.is_file:
            self._claim(parts, Sort.FILE, member.name)
            return Entry(
                Sort.FILE,
                parts,
                is_executable=bool(member.mode & 0o100),
                content=_Content(self, tar),
            )
        if member.is_symlink:
            self._claim(parts, Sort.LINK, member.name)
            try:
                check_link(member.target, depth=len(parts) - 1)
            except ValueError as exc:
                raise self._refuse(f"{member.name!r}: a link that could lead out: {exc}") from exc
            return Entry(Sort.LINK, parts, target=member.target)
        if member.is_hard_link:
            return self._copy(parts, member)
        raise self._refuse(f"{member.name!r}: expected a file, a folder or a link, got a device or a pipe")

    def _locate(self, name: str) -> Parts:
        try:
            parts = read_title(name)
        except ValueError as exc:
            raise self._refuse(str(exc)) from exc
        within = self.prefix and parts[: len(self.prefix)] == self.prefix
        return parts[len(self.prefix) :] if within else parts

    def _claim(self, parts: Parts, sort: Sort, name: str) -> bool:
        """Take a path; say whether it is new. Only a folder may be named twice, or lead to something."""
        known = self._sorts.get(parts)
        if known is not None and not known is sort is Sort.FOLDER:
            raise self._refuse(f"{name!r}: expected one entry of this name, got two")
        for depth in range(1, len(parts)):
            above = self._sorts.setdefault(parts[:depth], Sort.FOLDER)
            if above is not Sort.FOLDER:
                folder = "/".join(parts[:depth])
                raise self._refuse(f"{name!r}: expected {folder!r} to be a folder, got a {above.value}")
        self._sorts[parts] = sort
        return known is None

    def _copy(self, parts: Parts, member: TarMember) -> Entry:
        """Return a hard link as a copy of an earlier file, whose name is the archive's, not the disk's."""
        origin = self._locate(member.target)
        if self._sorts.get(origin) not in (Sort.FILE, Sort.COPY):
            expected = "expected a hard link to an earlier file of the archive"
            raise self._refuse(f"{member.name!r}: {expected}, got {member.target!r}")
        self._claim(parts, Sort.COPY, member.name)
        return Entry(Sort.COPY, parts, origin=origin)

    def _refuse(self, what: str) -> RefusedError:
        return RefusedError(
            f"{self.subject}: archive refused: {what}", fix="--no-unpack keeps the archive as it is"
        )


@dataclass(frozen=True, slots=True)
class _Content:
    """The bytes of the file that was yielded last."""

    archive: Archive
    tar: TarReader

    def read(self, size: int, /) -> bytes:
        return self.archive.read(self.tar, size)


class _Plain:
    """The bytes of a tar, whatever it is packed in; counted and hashed."""

    def __init__(self, stream: BinaryIO, max_bytes: int, subject: str, digest: Digest | None) -> None:
        self._stream, self._max_bytes, self._subject, self._digest = stream, max_bytes, subject, digest
        self._hashed = hashlib.new(digest.algorithm if digest else "sha256")
        self._read_bytes = 0
        self._plain, self._position = b"", 0
        """What was unpacked, and how much of it was read."""
        self._held = stream.read(CHUNK_BYTES)
        if self._held.startswith(_ZSTD):
            raise RefusedError(
                f"{subject}: archive refused: expected tar, or tar with gzip, got zstd",
                fix="--no-unpack keeps the archive as it is",
            )
        self._inflate = zlib.decompressobj(31) if self._held.startswith(_GZIP) else None

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; nothing only at the end."""
        if self._position == len(self._plain):
            self._plain, self._position = self._refill(), 0
        piece = self._plain[self._position : self._position + size]
        self._position += len(piece)
        return piece

    def _refill(self) -> bytes:
        """Return the next bytes: many, since what follows them is copied each time."""
        piece = self._take(_REFILL_BYTES) if self._inflate is None else self._unpack(_REFILL_BYTES)
        self._read_bytes += len(piece)
        if self._read_bytes > self._max_bytes:
            raise RefusedError(
                f"{self._subject}: archive refused: becomes too much: "
                f"expected at most {self._max_bytes} bytes, got more",
                fix="--no-unpack keeps the archive as it is",
            )
        self._hashed.update(piece)
        return piece

    def finish(self) -> None:
        """Read to the end, and compare.

        Raises:
            DigestMismatchError: the tar is another one.
        """
        while self.read(CHUNK_BYTES):
            pass
        if self._digest is None:
            return
        got = f"{self._digest.algorithm}:{self._hashed.hexdigest()}"
        if got != self._digest:
            raise DigestMismatchError(f"{self._subject}: unpacked", expected=self._digest, got=got)

    def _take(self, size: int) -> bytes:
        if not self._held:
            self._held = self._stream.read(CHUNK_BYTES)
        piece, self._held = self._held[:size], self._held[size:]
        return piece

    def _unpack(self, size: int) -> bytes:
        while self._inflate is not None:
            if self._inflate.eof:
                self._next_member()
                continue
            packed = self._inflate.unconsumed_tail or self._take(CHUNK_BYTES)
            piece = self._inflate.decompress(packed, size)
            if piece:
                return piece
            if not packed and not self._inflate.eof:
                raise EOFError("the gzip stream ends in the middle")
        return b""

    def _next_member(self) -> None:
        """Go on with what follows a gzip member: another one, zeros that pad it, or nothing."""
        assert self._inflate is not None
        self._held = self._inflate.unused_data + self._held
        if not self._held:
            self._held = self._stream.read(CHUNK_BYTES)
        self._held = self._held.lstrip(b"\0")
        if self._held:
            self._inflate = zlib.decompressobj(31)
        elif not (more := self._stream.read(CHUNK_BYTES)):
            self._inflate = None
        else:
            self._held = more
