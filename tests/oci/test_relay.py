"""A stream over pieces: reads, seeks, and never asks before it must."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.reference import Repository
from reconciler.oci.relay import PieceReader, relayed
from tests.support.artifacts import publish
from tests.support.memory_store import MemoryStore


class Pieces:
    """Begins anew each time, and counts how often; says when it was let go."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.begun, self.ended = pieces, 0, 0

    def __call__(self) -> Iterator[bytes]:
        self.begun += 1
        try:
            yield from self.pieces
        finally:
            self.ended += 1


@given(st.lists(st.binary(max_size=9)), st.lists(st.integers(min_value=0, max_value=12)))
def test_reads_give_the_pieces_in_order(pieces: list[bytes], sizes: list[int]) -> None:
    whole = io.BytesIO(b"".join(pieces))
    reader = PieceReader(Pieces(*pieces))
    for size in sizes:
        given_ = reader.read(size)
        assert len(given_) <= size
        assert given_ == whole.read(len(given_))
        assert reader.tell() == whole.tell()
    assert reader.read() == whole.read()
    assert reader.read(1) == b""


@given(st.binary(max_size=60), st.integers(min_value=0, max_value=60), st.integers(min_value=0, max_value=60))
def test_seek_goes_both_ways(content: bytes, first: int, second: int) -> None:
    reader = PieceReader(Pieces(content[:10], content[10:30], content[30:]))
    for offset in (first, second):
        assert reader.seek(offset) == min(offset, len(content))
        assert reader.read() == content[offset:]


def test_nothing_is_asked_before_the_first_read() -> None:
    pieces = Pieces(b"abc")
    reader = PieceReader(pieces)
    assert pieces.begun == 0
    buffer = bytearray(2)
    assert reader.readinto(buffer) == 2
    assert (bytes(buffer), pieces.begun) == (b"ab", 1)


def test_closing_lets_the_source_go() -> None:
    pieces = Pieces(b"abc", b"def")
    with PieceReader(pieces) as reader:
        reader.read(1)
        assert pieces.ended == 0
    assert pieces.ended == 1


def test_seek_from_the_end_is_refused() -> None:
    with pytest.raises(io.UnsupportedOperation, match=r"^seek from the end of a stream$"):
        PieceReader(Pieces(b"abc")).seek(-1, io.SEEK_END)


def test_relayed_blob_starts_anew_each_time() -> None:
    store, repository = MemoryStore(), Repository("a")
    note = publish(store, repository, "1.0.0", b"hello")
    blob = relayed(store, repository, note.layer)
    for _ in range(2):
        with blob.open() as stream:
            assert stream.read() == b"hello"
    assert store.count("fetch_blob") == 2
