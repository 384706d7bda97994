"""Files of a layout in a tar archive: found without unpacking, read where they stand."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from reconciler.desired.images.files import ArchiveFiles, open_layout_files
from tests.oci.pulling.archives import extension, sparse_gnu
from tests.support.image_layouts import make_tar, pack


def archive_of(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> ArchiveFiles:
    with tarfile.open(path, "w") as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return ArchiveFiles.read(path)


def entry(
    name: str, content: bytes = b"", *, sort: bytes = tarfile.REGTYPE, to: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = sort, to
    return header, content


def test_members_are_read_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(make_tar({"./a": b"first", "b/c": b"second" * 300}))
    files = open_layout_files(path)

    with files.open("b/c") as stream:
        assert stream.read(6) == b"second"
        assert stream.seek(1) == 1
        assert stream.read() == (b"second" * 300)[1:]
    with files.open("a") as stream:
        assert stream.read() == b"first"
    assert (files.size_of("b/c"), files.size_of("d")) == (1800, None)


def test_last_of_two_members_counts(tmp_path: Path) -> None:
    files = archive_of(tmp_path / "a.tar", entry("a", b"old"), entry("a", b"newer"))

    with files.open("a") as stream:
        assert stream.read() == b"newer"


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(entry("b/l", sort=tarfile.SYMTYPE, to="../a"), id="symlink"),
        pytest.param(entry("b/l", sort=tarfile.LNKTYPE, to="a"), id="hard-link"),
    ],
)
def test_links_lead_to_members(tmp_path: Path, link: tuple[tarfile.TarInfo, bytes]) -> None:
    files = archive_of(tmp_path / "a.tar", entry("a", b"content"), link)

    with files.open("b/l") as stream:
        assert stream.read() == b"content"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(entry("l", sort=tarfile.SYMTYPE, to="l"), id="circle"),
        pytest.param(entry("l", sort=tarfile.FIFOTYPE), id="fifo"),
        pytest.param(entry("l", sort=tarfile.DIRTYPE), id="folder"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, odd: tuple[tarfile.TarInfo, bytes]) -> None:
    files = archive_of(tmp_path / "a.tar", odd)

    with pytest.raises(
        ValueError, match="l: expected a file, got links that lead nowhere, or something else"
    ):
        files.size_of("l")


def test_links_never_leave_the_archive(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    files = archive_of(tmp_path / "a.tar", entry("l", sort=tarfile.SYMTYPE, to=str(tmp_path / "secret")))

    assert files.size_of("l") is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(make_tar({"a": b"x" * 5000})[:3000], "expected a whole tar archive: ", id="cut-off"),
        pytest.param(b"no archive", "expected a whole tar archive: ", id="text"),
        pytest.param(
            extension(b"9 path=b\n") * 3000 + make_tar({"a": b"x"}),
            "expected a whole tar archive: expected at most 16 headers",
            id="thousands-of-headers",
        ),
        pytest.param(
            sparse_gnu(1 << 60), "expected a whole tar archive: 'docs/sparse': expected all", id="sparse"
        ),
        pytest.param(
            make_tar({"a": b"x" * 5000})[:512] + b"\xff" * 6000,
            "expected a whole tar archive: expected a tar header",
            id="no-header-behind",
        ),
        pytest.param(
            pack(make_tar({"a": b"x"})),
            "expected a plain tar archive, got one compressed with gzip: unpack it first",
            id="gzip",
        ),
        pytest.param(
            b"\x28\xb5\x2f\xfd" + bytes(600),
            "expected a plain tar archive, got one compressed with zstd: unpack it first",
            id="zstd",
        ),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=complaint):
        open_layout_files(path)
