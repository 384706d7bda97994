from __future__ import annotations

import hashlib

import pytest

from reconciler.oci.hashing import OVERLAPPED_MIN_BYTES, Overlapped, hashing

PIECES = [bytes([number]) * 70_000 for number in range(40)]


@pytest.mark.parametrize("size_bytes", [0, OVERLAPPED_MIN_BYTES - 1, OVERLAPPED_MIN_BYTES])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_digest_is_that_of_all_pieces(algorithm: str, size_bytes: int) -> None:
    hashed = hashing(algorithm, size_bytes)
    for piece in PIECES:
        hashed.update(memoryview(piece))
    assert hashed.hexdigest() == hashlib.new(algorithm, b"".join(PIECES)).hexdigest()
    hashed.close()


def test_only_long_streams_get_a_thread() -> None:
    short, long = hashing("sha256", OVERLAPPED_MIN_BYTES - 1), hashing("sha256", OVERLAPPED_MIN_BYTES)
    assert not isinstance(short, Overlapped)
    assert isinstance(long, Overlapped)
    long.close()


def test_abandoned_hashing_ends_its_thread() -> None:
    with Overlapped("sha256") as hashed:
        hashed.update(b"piece")
    hashed.close()
    assert not hashed.is_running


def test_empty_stream_has_a_digest() -> None:
    assert hashing("sha256", OVERLAPPED_MIN_BYTES).hexdigest() == hashlib.sha256().hexdigest()
