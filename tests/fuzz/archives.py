"""Archives: what is unpacked, looked into, or read where it stands; of valid ones made strange."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from reconciler.desired.images.files import ArchiveFiles
from reconciler.desired.images.packed_archives import note_on_archive
from reconciler.desired.packed import read_described
from reconciler.errors import DocumentError, RefusedError
from reconciler.oci.pulling.archives import Archive, Limits, Sort
from reconciler.oci.tar_reader import TarReader
from reconciler.sync.members import read_members
from tests.fuzz.mutations import by_bytes, mixed
from tests.fuzz.parsers import Parser
from tests.oci.pulling.archives import (
    Member,
    extension,
    folder,
    hardlink,
    make_tar,
    sparse_gnu,
    sparse_pax,
    symlink,
    with_records,
)

_BLOCK_BYTES = 512
_LIMITS = Limits(entries=50, size_bytes=200_000)
_MEMBERS = [
    folder("docs"),
    Member("docs/a.md", b"one"),
    symlink("docs/deep/up", "../a.md"),
    hardlink("docs/again", "docs/a.md"),
    Member("docs/" + "n" * 150, bytes(range(256)) * 3),
    Member("docs/run.sh", b"two", mode=0o755),
]
_TAR = make_tar(_MEMBERS)
_TARS = (
    _TAR,
    extension(b"docs/long\0", tarfile.GNUTYPE_LONGNAME)
    + extension(b"../a.md\0", tarfile.GNUTYPE_LONGLINK)
    + make_tar([symlink("short", "x")]),
    extension(b"16 comment=0123\n", tarfile.XGLTYPE) + make_tar([Member("docs/a", b"x")]),
    with_records({"size": "700", "path": "docs/é", "mtime": "1.5"}, b"x" * 700),
    sparse_gnu(1 << 33),
    *(sparse_pax(1 << 33, version) for version in ("0.0", "0.1", "1.0")),
)
_CHART = make_tar([Member("app/values.yaml", b"a: 1\n"), Member("app/Chart.yaml", b"name: app\n" * 90)])
_IMAGE = make_tar([Member("oci-layout", b"{}"), Member("index.json", b"{}"), Member("blobs/sha256/aa", b"x")])
_WORDS = (
    *(bytes([kind]) for kind in b"0123456789xgXLKSDMV"), b"\x80" + b"\0" * 11, b"\x80" + b"\xff" * 11, b"\xff" * 12,
    b"77777777777\0", b"00000000000\0", b"00000001000\0", b"10 path=a\n", b"9 size=1\n", b"size=", b"path=", b"linkpath=",
    b"GNU.sparse.map=", b"GNU.sparse.realsize=", b"hdrcharset=", b"../", b"/", b"ustar\00000", b"ustar  \0",
)  # fmt: skip
_ZIP_WORDS = (
    b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"\xff" * 2, b"\xff" * 4, b"\xff" * 8,
    b"\0" * 4, b"\x01\0", b"\x63\0", b"up", b"../",
)  # fmt: skip


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"made strange"
        for name in ("docs/a.md", "docs/é.md", "docs/deep/b"):
            archive.writestr(name, b"content " * 20)
    return buffer.getvalue()


def _zip64() -> bytes:
    """Return the same with the end that large ones have."""
    content = _zip()
    end = content.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack("<HLL", content[end + 10 : end + 20])
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return content[:end] + large + locator + content[end : end + 8] + b"\xff" * 12 + content[end + 20 :]


def by_headers(rng: Random, seed: bytes, words: Sequence[bytes]) -> bytes:
    """Change, repeat, drop and move blocks of a tar, with checksums that are right."""
    blocks = [bytearray(seed[at : at + _BLOCK_BYTES]) for at in range(0, len(seed), _BLOCK_BYTES)]
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(blocks))
        match rng.randrange(8):
            case 0:
                del blocks[at]
            case 1:
                blocks[at:at] = [bytearray(blocks[at]) for _ in range(rng.choice((1, 2, 40)))]
            case 2:
                blocks.insert(rng.randrange(len(blocks) + 1), blocks.pop(at))
            case _:
                _change_block(rng, blocks[at], words)
        if not blocks:
            return b""
    content = b"".join(blocks)
    return content[: rng.randrange(len(content) + 1)] if rng.random() < 0.1 else content


def _change_block(rng: Random, block: bytearray, words: Sequence[bytes]) -> None:
    """Put something where a field is, or anywhere; the size of a block stays."""
    is_header = block[257:262] == b"ustar"
    at = rng.choice((0, 100, 124, 156, 157, 257, 345, 386, 482)) if is_header else rng.randrange(_BLOCK_BYTES)
    piece = rng.choice(words) if rng.random() < 0.7 else rng.randbytes(rng.choice((1, 2, 12)))
    size = len(block)
    block[at : at + len(piece)] = piece
    del block[size:]
    if is_header and rng.random() < 0.95 and size == _BLOCK_BYTES:
        block[148:156] = b"%06o\0 " % (sum(block[:148]) + sum(block[156:]) + 8 * 0x20)


def _packed(rng: Random, seed: bytes, words: Sequence[bytes]) -> bytes:
    """The same of what is packed in gzip, and of the packing."""
    plain = by_headers(rng, gzip.decompress(seed), words)
    packed = gzip.compress(plain, compresslevel=1, mtime=0)
    return by_bytes(rng, packed, words) if rng.random() < 0.3 else packed


def _unpack(content: bytes) -> None:
    archive = Archive(io.BytesIO(content), ("docs",), len(content), "x", _LIMITS)
    size_bytes = 0
    for entry in archive.entries():
        assert ".." not in entry.parts
        assert all("/" not in part and part not in {"", "."} for part in entry.parts)
        assert (entry.content is not None) is (entry.sort is Sort.FILE)
        while entry.content is not None and (piece := entry.content.read(100_000)):
            size_bytes += len(piece)
    assert size_bytes <= max(_LIMITS.size_bytes, len(content))


def _walk(content: bytes) -> None:
    file = io.BytesIO(content)
    sought = list(TarReader(file, file=file).members())
    assert all(member.offset_bytes + member.size_bytes <= len(content) for member in sought)
    streamed = TarReader(io.BytesIO(content))
    assert [(member, len(streamed.read(1))) for member in streamed.members()] == [
        (member, min(1, member.size_bytes)) for member in sought
    ]


def _in_a_file(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """For what reads files only."""

    def feed(content: bytes) -> None:
        with tempfile.NamedTemporaryFile(prefix="pallet-fuzz-") as file:
            file.write(content)
            file.flush()
            read(Path(file.name))

    return feed


def _image(path: Path) -> None:
    files = ArchiveFiles.read(path)
    for name in ("oci-layout", "index.json", "blobs/sha256/aa"):
        if files.size_of(name) is not None:
            files.open(name).close()


def _members(content: bytes) -> None:
    read_members(io.BytesIO(content), len(content), subject="x")


PARSERS = (
    Parser("tar", _unpack, _TARS, (RefusedError,), _WORDS, mixed(by_headers, by_headers, by_bytes), share=6),
    Parser(
        "tar-gzip",
        _unpack,
        tuple(gzip.compress(content, mtime=0) for content in _TARS),
        (RefusedError,),
        _WORDS,
        _packed,
        share=3,
    ),
    Parser("tar-walk", _walk, _TARS, (ValueError, EOFError), _WORDS, mixed(by_headers, by_bytes), share=4),
    Parser("members", _members, (_zip(), _zip64()), (ValueError,), _ZIP_WORDS, share=6),
    Parser("members-tar", _members, _TARS, (ValueError,), _WORDS, by_headers, share=2),
    Parser(
        "chart",
        _in_a_file(lambda path: read_described(path, "x.tgz", "Chart.yaml")),
        (gzip.compress(_CHART, mtime=0),),
        (DocumentError,),
        _WORDS,
        _packed,
        share=2,
    ),
    Parser("image", _in_a_file(_image), (_IMAGE, *_TARS), (ValueError,), _WORDS, by_headers, share=2),
    Parser(
        "image-note",
        _in_a_file(lambda path: note_on_archive(path, "x.tar")),
        (_IMAGE, gzip.compress(_IMAGE, mtime=0)),
        (),
        _WORDS,
        by_bytes,
        share=2,
    ),
)
