"""What a layer file is, found in one reading and remembered."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from reconciler.desired.digest_memory import REMEMBERED_MIN_BYTES, DigestMemory
from reconciler.desired.images.layers import GZIP, TAR, ZSTD, LayerFile, read_layer, sniff
from reconciler.errors import DigestMismatchError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.transfer import push_artifact
from tests.support.image_layouts import make_tar, pack
from tests.support.memory_store import MemoryStore

UNPACKED = make_tar({"a": b"x" * 3_000_000})
LARGE = make_tar({"a": os.urandom(2 * REMEMBERED_MIN_BYTES)})


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def aged(path: Path, *, seconds: float = 3600) -> Path:
    """Make a file look as if nobody had touched it for a while."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - int(seconds * 1e9)))
    return path


def read(path: Path, memory: DigestMemory | None = None) -> LayerFile:
    return read_layer(path, path.name, memory or DigestMemory(None))


@pytest.mark.parametrize(
    ("content", "media_type", "unpacked"),
    [
        pytest.param(UNPACKED, TAR, UNPACKED, id="plain"),
        pytest.param(pack(UNPACKED), GZIP, UNPACKED, id="gzip"),
        pytest.param(pack(UNPACKED[:999]) + pack(UNPACKED[999:]), GZIP, UNPACKED, id="members"),
        pytest.param(pack(UNPACKED) + bytes(700), GZIP, UNPACKED, id="padded"),
        pytest.param(gzip.compress(UNPACKED, 0, mtime=0), GZIP, UNPACKED, id="stored"),
        pytest.param(make_tar({}), TAR, make_tar({}), id="empty-archive"),
    ],
)
def test_layer_is_what_its_content_says(
    tmp_path: Path, content: bytes, media_type: str, unpacked: bytes
) -> None:
    layer = read(write(tmp_path / "any.name", content))

    assert (layer.media_type, layer.diff_id) == (media_type, Digest.of(unpacked))
    assert (layer.blob.digest, layer.blob.size_bytes) == (Digest.of(content), len(content))


def test_zstd_is_known_and_not_unpacked(tmp_path: Path) -> None:
    layer = read(write(tmp_path / "l", b"\x28\xb5\x2f\xfd" + bytes(20)))

    assert (layer.media_type, layer.diff_id) == (ZSTD, None)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"", "expected a tar archive, got an empty file", id="empty"),
        pytest.param(b"text" * 300, "expected a layer: a tar archive, plain or compressed", id="text"),
        pytest.param(
            b"BZh9" + bytes(600), "expected a layer: a tar archive, plain or compressed", id="bzip2"
        ),
        pytest.param(pack(UNPACKED)[:-9], "damaged gzip: it ends too early", id="cut-off"),
        pytest.param(pack(UNPACKED) + b"more", "damaged gzip: ", id="trailing"),
        pytest.param(b"\x1f\x8b" + bytes(40), "damaged gzip: ", id="gzip-of-nothing"),
    ],
)
def test_what_is_no_layer_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(write(tmp_path / "l", content))


def test_sniffing_needs_a_valid_header() -> None:
    header = bytearray(UNPACKED[:512])
    header[0] ^= 1

    with pytest.raises(ValueError, match="expected a layer"):
        sniff(bytes(header))


def test_second_reading_reads_no_byte(tmp_path: Path) -> None:
    memory = DigestMemory(tmp_path / "memory")
    path = aged(write(tmp_path / "l.tar", LARGE))
    before = read(path, memory)
    # The same state over other bytes: whoever read the file again would find them.
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"\xff" * 1024)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    after = read(path, memory)

    assert (after.blob.digest, after.diff_id) == (before.blob.digest, before.diff_id)


def test_wrong_memory_is_found_when_sent_and_forgotten(tmp_path: Path) -> None:
    memory = DigestMemory(tmp_path / "memory")
    path = aged(write(tmp_path / "l.tar", LARGE))
    read(path, memory)
    status = path.stat()
    changed = make_tar({"a": os.urandom(2 * REMEMBERED_MIN_BYTES)})
    with path.open("r+b") as file:
        file.write(changed)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    with pytest.raises(DigestMismatchError) as caught:
        push_artifact(
            MemoryStore(), Repository("a/b"), Tag("1.0.0"), b"{}", "text/x", [read(path, memory).blob]
        )

    assert str(caught.value).startswith(f"l.tar: digest mismatch: expected {Digest.of(LARGE)}, got sha256:")
    assert caught.value.fix == "run again: its digest was remembered from before, and is forgotten now"
    assert read(path, memory).blob.digest == Digest.of(changed)
