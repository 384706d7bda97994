from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from reconciler.errors import UnreachableError
from reconciler.oci.files import disk_failures, make_folders, read_bounded, write_atomically, write_whole


def test_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_atomically(path, [b"n", b"ew"])
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_in_the_middle_keeps_the_old_file(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, broken())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_once(tmp_path: Path) -> None:
    for _ in range(2):
        make_folders(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


@pytest.mark.parametrize(("max_bytes", "content"), [(2, b"abc"), (6, b"abcdef"), (9, b"abcdef")])
def test_read_stops_behind_the_bound(tmp_path: Path, max_bytes: int, content: bytes) -> None:
    (tmp_path / "file").write_bytes(b"abcdef")
    assert read_bounded(tmp_path / "file", max_bytes=max_bytes) == content


@pytest.mark.parametrize(
    ("number", "text", "fix"),
    [
        (
            errno.ENOSPC,
            "no space left on device",
            "free some space on the disk that holds /x/f, then run again",
        ),
        (errno.EACCES, "permission denied", "let this user read and write /x/f, then run again"),
        (errno.EROFS, "read-only file system", "let this user read and write /x/f, then run again"),
        (errno.ENAMETOOLONG, "file name too long", "choose a shorter repository name"),
        (errno.EIO, "input/output error", "check the disk that holds /x/f, then run again"),
    ],
)
def test_disk_failure_says_what_to_do(number: int, text: str, fix: str) -> None:
    with pytest.raises(UnreachableError) as failed, disk_failures("pushing", Path("/x")):
        raise OSError(number, os.strerror(number), "/x/f")
    assert (str(failed.value), failed.value.fix) == (f"pushing: /x/f: {text}", fix)
    assert isinstance(failed.value.__cause__, OSError)


def test_failure_without_a_file_names_the_place() -> None:
    with pytest.raises(UnreachableError) as failed, disk_failures("pushing", Path("/x")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(failed.value) == "pushing: /x: no space left on device"


def test_subject_that_is_the_place_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError) as failed, disk_failures("tm/o", Path("tm/o")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(failed.value) == "tm/o: no space left on device"

    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(UnreachableError) as failed, disk_failures(str(file), file):
        file.mkdir()
    assert str(failed.value) == f"{file} is in the way: expected a folder, got a file"


class Sipping(io.RawIOBase):
    """Takes a few bytes at a time, as a pipe may."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object, /) -> int:
        self.taken.append(bytes(memoryview(piece)[:40_000]))  # type: ignore[arg-type]
        return len(self.taken[-1])


def test_piece_is_written_whole_in_small_parts() -> None:
    stream, piece = Sipping(), bytes(range(256)) * 1000
    write_whole(cast("BinaryIO", stream), piece)
    assert b"".join(stream.taken) == piece
    assert max(map(len, stream.taken)) == 40_000
