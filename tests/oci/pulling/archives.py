"""Archives as an attacker, or ORAS, writes them."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a tar."""

    name: str
    content: bytes | None = b""
    """None for a folder."""
    link: str | None = None
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    claims_bytes: int | None = None


def folder(name: str) -> Member:
    return Member(name, None, kind=tarfile.DIRTYPE, mode=0o755)


def symlink(name: str, target: str) -> Member:
    return Member(name, link=target, kind=tarfile.SYMTYPE)


def hardlink(name: str, target: str) -> Member:
    return Member(name, link=target, kind=tarfile.LNKTYPE)


def make_tar(members: Iterable[Member]) -> bytes:
    """Return a plain tar; names are written as they are, whatever they say."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            header = tarfile.TarInfo(member.name)
            header.type, header.mode = member.kind, member.mode
            header.linkname = member.link or ""
            content = member.content or b""
            header.size = len(content) if member.claims_bytes is None else member.claims_bytes
            tar.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def pack(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def sparse_gnu(size_bytes: int) -> bytes:
    """Return a tar whose one file claims a size and has 512 bytes, as GNU tar 1.12 wrote them."""
    header = tarfile.TarInfo("docs/sparse")
    header.type, header.size = tarfile.GNUTYPE_SPARSE, 512
    block = bytearray(header.tobuf(format=tarfile.GNU_FORMAT))
    block[386:410] = b"%011o\0" % 0 + b"%011o\0" % 512
    block[482:495] = b"\0\x80" + size_bytes.to_bytes(11, "big")
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + sum(block[156:]) + 8 * 0x20)
    return bytes(block) + b"x" * 512 + b"\0" * 1024


def with_records(records: dict[str, str], content: bytes, name: str = "docs/a") -> bytes:
    """Return a tar of one file with pax records."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        header = tarfile.TarInfo(name)
        header.pax_headers, header.size = records, len(content)
        tar.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def sparse_pax(size_bytes: int, version: str) -> bytes:
    """Return the same as later versions of GNU tar write it."""
    records = {
        "0.0": {
            "GNU.sparse.size": str(size_bytes),
            "GNU.sparse.numblocks": "1",
            "GNU.sparse.offset": "0",
            "GNU.sparse.numbytes": "512",
        },
        "0.1": {
            "GNU.sparse.size": str(size_bytes),
            "GNU.sparse.map": "0,512",
            "GNU.sparse.name": "docs/sparse",
        },
        "1.0": {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "docs/sparse",
            "GNU.sparse.realsize": str(size_bytes),
        },
    }[version]
    return with_records(records, b"1\n0\n512\n".ljust(512, b"\0") + b"x" * 512, "docs/GNUSparseFile.0/sparse")


def extension(content: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """Return a header that says something of the next one."""
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = kind, len(content)
    return header.tobuf(format=tarfile.USTAR_FORMAT) + content + b"\0" * (-len(content) % 512)
