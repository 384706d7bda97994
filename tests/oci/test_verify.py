from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from reconciler.errors import DigestMismatchError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.digest import Digest
from reconciler.oci.verify import pieces, verified

DIGEST = Digest.of(b"content")


def test_right_bytes_pass() -> None:
    assert list(verified([b"con", b"tent"], DIGEST, 7, subject="s")) == [b"con", b"tent"]
    assert list(verified([], Digest.of(b""), 0, subject="s")) == []


@pytest.mark.parametrize(
    ("chunks", "passed", "text"),
    [
        pytest.param(
            [b"con", b"TENT"], [b"con"], f"expected {DIGEST}, got {Digest.of(b'conTENT')}", id="other"
        ),
        pytest.param([b"con"], [], f"expected {DIGEST} (7 bytes), got the end after 3 bytes", id="short"),
        pytest.param([b"con", b"tents"], [], f"expected {DIGEST} (7 bytes), got more bytes", id="long"),
    ],
)
def test_last_piece_of_wrong_bytes_is_held_back(chunks: list[bytes], passed: list[bytes], text: str) -> None:
    seen: list[bytes] = []
    with pytest.raises(DigestMismatchError) as refused:
        seen.extend(verified(chunks, DIGEST, 7, subject="host/plan"))
    assert seen == passed
    assert str(refused.value) == f"host/plan: digest mismatch: {text}"


def test_endless_source_is_not_read_to_its_end() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"xxxx"

    with pytest.raises(DigestMismatchError):
        list(verified(endless(), DIGEST, 7, subject="s"))
    assert read == 2


def test_pieces_are_bounded_and_the_stream_is_closed() -> None:
    stream = io.BytesIO(b"x" * (CHUNK_BYTES + 1))
    assert [len(piece) for piece in pieces(stream)] == [CHUNK_BYTES, 1]
    assert stream.closed
