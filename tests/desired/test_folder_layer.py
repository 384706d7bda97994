"""A folder as a layer: the same bytes everywhere, and nothing from outside it."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from reconciler.desired.folder_layer import pack_as_layer
from reconciler.errors import DocumentError
from reconciler.oci.digest import Digest


def fill(folder: Path, order: int = 1) -> Path:
    files = {"z.txt": b"last", "a/run": b"#!/bin/sh\n", "a/empty": b"", "a.txt": bytes(200_000)}
    for name, content in list(files.items())[::order]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "a/run").chmod(0o750)
    (folder / "a/up").symlink_to("../z.txt")
    (folder / "hollow").mkdir()
    return folder


def test_everything_in_it_is_packed(tmp_path: Path) -> None:
    layer = pack_as_layer(fill(tmp_path / "site"), "site", shown="site")

    content = layer.blob.open().read()
    assert (Digest.of(content), len(content)) == (layer.blob.digest, layer.blob.size_bytes)
    unpacked = gzip.decompress(content)
    assert Digest.of(unpacked) == layer.unpacked
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as archive:
        modes = {entry.name: oct(entry.mode) for entry in archive}
        assert archive.extractfile("site/a.txt").read() == bytes(200_000)  # type: ignore[union-attr]
        assert archive.getmember("site/a/up").linkname == "../z.txt"
    assert list(modes.items()) == [
        ("site", "0o755"),
        ("site/a", "0o755"),
        ("site/a.txt", "0o644"),
        ("site/a/empty", "0o644"),
        ("site/a/run", "0o755"),
        ("site/a/up", "0o777"),
        ("site/hollow", "0o755"),
        ("site/z.txt", "0o644"),
    ]


def test_order_and_times_never_matter(tmp_path: Path) -> None:
    one, other = fill(tmp_path / "one"), fill(tmp_path / "other", order=-1)
    os.utime(other / "z.txt", (1, 1))

    digests = {pack_as_layer(folder, "site", shown="x").blob.digest for folder in (one, other)}

    assert len(digests) == 1


def test_git_s_and_pallet_s_folders_stay_out(tmp_path: Path) -> None:
    folder = fill(tmp_path / "site")
    before = pack_as_layer(folder, "site", shown="site").blob.digest
    for name in (".git/config", "a/.pallet/registry/x"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("x")

    assert pack_as_layer(folder, "site", shown="site").blob.digest == before


def test_everything_that_cannot_be_packed_is_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "site")
    os.mkfifo(folder / "pipe")
    (folder / "out").symlink_to("../secret")
    (folder / "absolute").symlink_to(folder / "z.txt")
    (folder / os.fsdecode(b"\xff")).write_text("x")

    with pytest.raises(DocumentError) as caught:
        pack_as_layer(folder, "site", shown="site")

    assert [str(problem) for problem in caught.value.problems] == [
        f"site/absolute: expected a link to something in the folder, got one to {folder}/z.txt",
        "site/out: expected a link to something in the folder, got one to ../secret",
        "site/pipe: expected a file, got something else, such as a pipe or a device",
        "site/\\udcff: expected a name in UTF-8",
    ]


def test_file_that_shrinks_meanwhile_is_said(tmp_path: Path) -> None:
    folder = fill(tmp_path / "site")
    layer = pack_as_layer(folder, "site", shown="site")
    (folder / "a.txt").write_bytes(b"short")

    with pytest.raises(OSError, match="became shorter while it was read"), layer.blob.open() as stream:
        stream.read()
