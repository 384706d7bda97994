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
