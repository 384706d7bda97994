from __future__ import annotations

from pathlib import Path

from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest


def test_bytes_can_be_read_again() -> None:
    blob = Blob.of_bytes(b"content")
    assert (blob.digest, blob.size_bytes) == (Digest.of(b"content"), 7)
    for _ in range(2):
        with blob.open() as stream:
            assert stream.read() == b"content"


def test_file_is_opened_when_it_is_read(tmp_path: Path) -> None:
    blob = Blob.of_file(tmp_path / "later", Digest.of(b"content"), 7)
    (tmp_path / "later").write_bytes(b"content")
    for _ in range(2):
        with blob.open() as stream:
            assert stream.read() == b"content"
