"""What is in archives: bounded before it is believed."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import pytest

from reconciler.sync.members import read_members
from tests.oci.pulling.archives import Member, make_tar


def zip_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"content")
    return buffer.getvalue()


def crowded(count: int) -> bytes:
    """Return a zip that lists one member very often."""
    content = zip_of("a" * 20)
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    listed = content[start:end] * count
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 9, 9, len(listed), start, 0)
    return content[:start] + listed + tail


def test_members_are_read() -> None:
    assert set(read_members(io.BytesIO(zip_of("a", "b/c")), 1000, subject="x")) == {"a", "b/c"}
    assert set(read_members(io.BytesIO(make_tar([Member("a")])), 1000, subject="x")) == {"a"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(crowded(20_001), "expected at most 20000 entries, got 20001", id="many"),
        pytest.param(
            crowded(300_000), "expected a list of at most 8388608 bytes, got one of 19800000", id="immense"
        ),
    ],
)
def test_crowd_is_refused(content: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_members(io.BytesIO(content), len(content), subject="x")


def test_immense_list_takes_no_memory() -> None:
    stream = io.BytesIO(crowded(300_000))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="expected a list"):
            read_members(stream, 1000, subject="x")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1_000_000


def test_offsets_that_no_file_has_are_refused() -> None:
    content = bytearray(zip_of("a"))
    end = content.rindex(b"PK\x05\x06")
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**64 - 1, 2**64 - 1)
    content[end:end] = large + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    with pytest.raises(ValueError, match=r"\w"):
        read_members(io.BytesIO(content), len(content), subject="x")
