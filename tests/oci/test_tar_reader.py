"""Tars, member by member: as GNU tar, Go and Python write them, and as nobody should."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest

from reconciler.oci.tar_reader import TarMember, TarReader
from tests.oci.pulling.archives import Member, extension, folder, hardlink, make_tar, symlink, with_records

LONG = "d/" + "n" * 200


def write(tar_format: int) -> bytes:
    """Return every sort of member, with names that need what the format has for them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as tar:
        for name, kind, target, content in (
            ("d", tarfile.DIRTYPE, "", b""),
            (LONG, tarfile.REGTYPE, "", b"one"),
            ("d/é", tarfile.SYMTYPE, "t" * 150, b""),
            ("d/hard", tarfile.LNKTYPE, LONG, b""),
            ("d/big", tarfile.REGTYPE, "", b"x" * 1024),
        ):
            header = tarfile.TarInfo(name)
            header.type, header.linkname, header.size = kind, target, len(content)
            tar.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def read_streamed(content: bytes) -> list[tuple[TarMember, bytes]]:
    reader = TarReader(io.BytesIO(content))
    return [(member, reader.read(10_000)) for member in reader.members()]


def read_sought(content: bytes) -> list[tuple[TarMember, bytes]]:
    file = io.BytesIO(content)
    members = list(TarReader(file, file=file).members())
    return [(m, content[m.offset_bytes : m.offset_bytes + m.size_bytes]) for m in members]


READERS = pytest.mark.parametrize("read", [read_streamed, read_sought], ids=["streamed", "sought"])
Read = Callable[[bytes], list[tuple[TarMember, bytes]]]


@READERS
@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_members_are_what_tarfile_says(read: Read, tar_format: int) -> None:
    content = write(tar_format)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        expected = [(m.name, m.type, m.linkname, m.size, m.offset_data) for m in tar]
    found = read(content)
    assert [(m.name, m.sort, m.target, m.size_bytes, m.offset_bytes) for m, _ in found] == expected
    assert [piece for _, piece in found] == [b"", b"one", b"", b"", b"x" * 1024]
    assert [m.is_folder for m, _ in found] == [True, False, False, False, False]
    assert [m.is_file for m, _ in found] == [False, True, False, False, True]
    assert found[2][0].is_symlink
    assert found[3][0].is_hard_link


@READERS
def test_end_may_be_a_zero_block_or_nothing(read: Read) -> None:
    content = make_tar([Member("a", b"one")])
    assert (
        len(read(content)) == len(read(content[:1024])) == len(read(content[:1536] + b"rubbish" * 100)) == 1
    )
    assert read(b"\0" * 1024) == []


@READERS
def test_global_header_may_stand_alone(read: Read) -> None:
    # What `git archive` writes of an empty tree.
    header = extension(b"16 comment=0123\n", tarfile.XGLTYPE)
    assert read(header + b"\0" * 1024) == []
    assert len(read(header + make_tar([Member("a")]))) == 1


def test_folder_of_before_there_were_types_is_one() -> None:
    header = tarfile.TarInfo("d/")
    header.type = tarfile.AREGTYPE
    [(member, _)] = read_streamed(header.tobuf(tarfile.USTAR_FORMAT))
    assert member.is_folder


def test_content_that_nobody_reads_is_passed_over() -> None:
    members = [
        folder("d"),
        Member("a", b"x" * 5000),
        symlink("l", "a"),
        hardlink("h", "a"),
        Member("b", b"y"),
    ]
    reader = TarReader(io.BytesIO(make_tar(members)))
    names = [(member.name, reader.read(7)) for member in reader.members()]
    assert names == [("d", b""), ("a", b"x" * 7), ("l", b""), ("h", b""), ("b", b"y")]


def header_of(size: int) -> bytes:
    header = tarfile.TarInfo("a")
    header.size = size
    return header.tobuf(tarfile.GNU_FORMAT)


@READERS
@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(header_of(-1), "'a': expected a size, got -1", id="negative"),
        pytest.param(header_of(1 << 70), "'a': expected a size, got 1180591620717411303424", id="immense"),
        pytest.param(
            with_records({"size": "1e3"}, b""), "'docs/a': expected a size, got '1e3'", id="size-in-words"
        ),
        pytest.param(
            with_records({"GNU.sparse.map": "0,1"}, b""), "got a sparse file: pack it without", id="sparse"
        ),
        pytest.param(
            with_records({"SCHILY.realsize": "9"}, b""),
            "got a sparse file: pack it without",
            id="sparse-star",
        ),
        pytest.param(
            extension(b"11 path=a\n") + make_tar([]),
            "expected pax records",
            id="wrong-length",
        ),
        pytest.param(
            extension(b"9 path=a\n", tarfile.XGLTYPE) + make_tar([]),
            "expected no name and no size for all members, got path",
            id="one-name-for-all",
        ),
        pytest.param(extension(b"9 path=a ") + make_tar([]), "expected pax records", id="no-line-end"),
        pytest.param(extension(b"0 path=a\n") + make_tar([]), "expected pax records", id="no-length"),
        pytest.param(
            extension(b"9 path=a\n") * 17 + make_tar([Member("a")]),
            "expected at most 16 headers before one member",
            id="many-headers",
        ),
        pytest.param(b"hello" * 200, "expected a tar header, got ", id="no-tar"),
    ],
)
def test_what_cannot_be_is_refused(read: Read, content: bytes, text: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        read(content)
    assert text in str(caught.value)


@READERS
@pytest.mark.parametrize("size", [0, 100, 600, 1100])
def test_cut_is_noticed(read: Read, size: int) -> None:
    with pytest.raises(EOFError, match="it ends in the middle"):
        read(make_tar([Member("a", b"x" * 600)])[:size])
