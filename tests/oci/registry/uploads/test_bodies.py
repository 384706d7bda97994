from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from reconciler.errors import DigestMismatchError, UnreachableError
from reconciler.oci.blob import CHUNK_BYTES, Blob
from reconciler.oci.digest import Digest
from reconciler.oci.registry.uploads.bodies import PartedContent, WholeBody

CONTENT = bytes(range(256)) * 4000
BLOB = Blob.of_bytes(CONTENT)


class Forward(io.RawIOBase):
    """A stream that only goes forward, as content from elsewhere may."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._stream = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        return self._stream.readinto(buffer)  # type: ignore[arg-type]


def read_parted(blob: Blob, start: int) -> None:
    with PartedContent(blob) as content:
        for _ in content.part(start, blob.size_bytes):
            pass
        content.verify()


FORWARD = Blob(BLOB.digest, BLOB.size_bytes, lambda: io.BufferedReader(Forward(CONTENT)))


@pytest.mark.parametrize("blob", [BLOB, FORWARD], ids=["seekable", "forward-only"])
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([(0, 500_000), (500_000, 1_024_000)], id="in-order"),
        pytest.param([(0, 500_000), (0, 500_000), (500_000, 1_024_000)], id="one-twice"),
        pytest.param([(0, 500_000), (250_000, 750_000), (750_000, 1_024_000)], id="half-of-it-again"),
        pytest.param([(700_000, 1_024_000)], id="the-rest-alone"),
        pytest.param([(500_000, 1_024_000), (0, 700_000)], id="backwards"),
    ],
)
def test_parts_are_hashed_once(blob: Blob, parts: list[tuple[int, int]]) -> None:
    with PartedContent(blob) as content:
        for start, end in parts:
            part = content.part(start, end)
            assert part.size_bytes == end - start
            assert b"".join(part) == CONTENT[start:end]
        content.verify()


def test_part_can_be_sent_again() -> None:
    with PartedContent(BLOB) as content:
        part = content.part(100, 200)
        assert b"".join(part) == b"".join(part) == CONTENT[100:200]


@pytest.mark.parametrize(
    ("actual", "got"),
    [
        pytest.param(CONTENT[:-1] + b"!", "got sha256:", id="other-end"),
        pytest.param(b"!" + CONTENT[1:], "got sha256:", id="other-beginning"),
        pytest.param(CONTENT[:-1], "got the end after 1023999 bytes", id="shorter"),
        pytest.param(CONTENT + b"!", "got more bytes", id="longer"),
    ],
)
@pytest.mark.parametrize("start", [0, 500_000], ids=["from-the-start", "resumed"])
def test_broken_promise_is_found(actual: bytes, got: str, start: int) -> None:
    blob = Blob(BLOB.digest, BLOB.size_bytes, lambda: io.BytesIO(actual))
    with pytest.raises(DigestMismatchError, match=f"content to be pushed: .*{got}"):
        read_parted(blob, start)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    blob = Blob.of_file(tmp_path / "gone.bin", BLOB.digest, BLOB.size_bytes)
    with PartedContent(blob) as content, pytest.raises(UnreachableError, match=r"gone\.bin: cannot be read"):
        list(content.part(0, 10))
    with pytest.raises(UnreachableError, match=r"gone\.bin: cannot be read"):
        list(WholeBody(blob))


def test_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    size_bytes = 96 * 1024 * 1024
    with path.open("wb") as stream:
        stream.truncate(size_bytes)
    blob = Blob.of_file(path, Digest("sha256:" + "0" * 64), size_bytes)
    tracemalloc.start()
    try:
        with pytest.raises(DigestMismatchError):
            for _ in WholeBody(blob):
                pass
        with PartedContent(blob) as content:
            for _ in content.part(size_bytes // 2, size_bytes):
                pass
        assert tracemalloc.get_traced_memory()[1] < 32 * CHUNK_BYTES
    finally:
        tracemalloc.stop()
