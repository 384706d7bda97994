"""Files that may be archives of images: told where they are, and passed over where they are damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.desired.images.packed_archives import note_on_archive
from tests.oci.pulling.archives import extension, sparse_gnu
from tests.support.image_layouts import make_tar

IMAGE = make_tar({"oci-layout": b"{}", "index.json": b"{}"})


@pytest.mark.parametrize(
    ("pack", "unpack"),
    [(gzip.compress, "gunzip"), (bz2.compress, "bunzip2"), (lzma.compress, "unxz")],
    ids=["gzip", "bzip2", "xz"],
)
def test_compressed_image_is_told(tmp_path: Path, pack: Callable[[bytes], bytes], unpack: str) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(pack(IMAGE))
    note = note_on_archive(path, "image.tar")
    assert note is not None
    assert f"unpack it first: {unpack} -k image.tar" in note


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"text", id="text"),
        pytest.param(IMAGE[:300], id="cut"),
        pytest.param(gzip.compress(IMAGE)[:30], id="cut-gzip"),
        pytest.param(b"\x1f\x8brubbish" * 50, id="no-gzip"),
        pytest.param(bz2.compress(IMAGE)[:30], id="cut-bzip2"),
        pytest.param(b"BZh9rubbish" * 50, id="no-bzip2"),
        pytest.param(lzma.compress(IMAGE)[:30], id="cut-xz"),
        pytest.param(b"\xfd7zXZrubbish" * 50, id="no-xz"),
        pytest.param(extension(b"9 path=b\n") * 3000 + IMAGE, id="thousands-of-headers"),
        pytest.param(sparse_gnu(1 << 40), id="sparse"),
    ],
)
def test_damaged_archive_is_a_file_like_any_other(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    assert note_on_archive(path, "file.bin") is None
