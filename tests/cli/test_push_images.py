"""`pallet push` of images and of folders, and everything that `oras push` is told too."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.image_layouts import ImageLayout, make_tar, pack
from tests.support.results import read_result
from tests.support.scenarios import Desk

SHELF = "oci-layout:shelf/thing"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder without a pallet.toml."""
    desk = Desk(tmp_path / "bench", "", capsys)
    desk.write("note.md", "one")
    desk.write("b/data.bin", "two")
    return desk


def pushed(desk: Desk, *arguments: str) -> dict[str, Any]:
    ran = desk.pallet("push", *arguments, "--format", "json")
    assert ran.code == 0, ran.everything
    return read_result(ran.stdout)


def manifest_of(desk: Desk, document: dict[str, Any]) -> dict[str, Any]:
    path = desk.root / "shelf/thing/blobs" / document["digest"].replace(":", "/")
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def refused(desk: Desk, *arguments: str) -> str:
    ran = desk.pallet("push", *arguments)
    assert ran.code in (64, 78), ran.everything
    return ran.stderr


@pytest.fixture
def layout(bench: Desk) -> ImageLayout:
    layout = ImageLayout(bench.root / "build")
    layout.name(layout.add_index(layout.add_image("amd64"), layout.add_image("arm64")), "dev")
    return layout


def test_missing_file_is_said_with_where_it_was_looked_for(bench: Desk) -> None:
    ran = bench.pallet("push", "nofile.txt", f"{SHELF}:1.0.0")

    assert (ran.code, "nofile.txt: no such file [no-file]" in ran.stderr) == (78, True)
    assert f"→ check the path: it starts from {bench.root}" in ran.stderr


def test_chart_is_called_what_it_was_written(bench: Desk) -> None:
    chart = b"apiVersion: v2\nname: web\nversion: 1.0.0\n"
    (bench.root / "web-1.0.0.tgz").write_bytes(pack(make_tar({"web/Chart.yaml": chart})))

    ran = bench.pallet("push", "web-1.0.0.tgz", f"{SHELF}:web")
    other = bench.pallet("push", "web-1.0.0.tgz", f"{SHELF}:1.0.0-dev")

    assert (ran.code, other.stderr.splitlines()[0]) == (
        0,
        "web-1.0.0.tgz: says version 1.0.0 of itself, and is published as 1.0.0-dev",
    )


ID = "0f" * 32


@pytest.mark.parametrize(
    ("name", "first", "compress", "advice"),
    [
        pytest.param("img.tar.gz", "blobs", gzip.compress, "gunzip -k img.tar.gz", id="oci, gzip"),
        pytest.param("img.tgz", f"{ID}/VERSION", gzip.compress, "gunzip -k img.tgz", id="docker, gzip"),
        pytest.param("img.txz", "./oci-layout", lzma.compress, "unxz -k img.txz", id="oci, xz"),
        pytest.param("img.tar", f"{ID}.json", bytes, "skopeo copy docker-archive:img.tar", id="docker"),
    ],
)
def test_archive_pushed_as_a_file_is_said(
    bench: Desk, name: str, first: str, compress: Callable[[bytes], bytes], advice: str
) -> None:
    (bench.root / name).write_bytes(compress(make_tar({first: b"{}", "manifest.json": b"[]"})))

    ran = bench.pallet("push", name, f"{SHELF}:1.0.0")

    assert (ran.code, f"{name}: looks like a" in ran.stderr, advice in ran.stderr) == (0, True, True)
    assert "looks like" not in bench.pallet("push", name, f"{SHELF}:1.0.0", "--kind", "files").stderr


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pack(make_tar({"site/index.html": b"<html>"})), id="another archive"),
        pytest.param(pack(make_tar({"blobs": b"x" * 4096}))[:40], id="damaged"),
        pytest.param(b"", id="empty"),
    ],
)
def test_other_archive_is_a_file_without_a_word(bench: Desk, content: bytes) -> None:
    (bench.root / "site.tar.gz").write_bytes(content)

    ran = bench.pallet("push", "site.tar.gz", f"{SHELF}:1.0.0")

    assert (ran.code, "looks like" in ran.stderr) == (0, False)


@pytest.mark.parametrize(
    "written", ["build", "build:dev", "oci-layout:build", "oci-layout:build:dev", "b.tar", "b.tar:dev"]
)
def test_layout_is_pushed_as_it_is(bench: Desk, layout: ImageLayout, written: str) -> None:
    layout.archive(bench.root / "b.tar")

    document = pushed(bench, written, f"{SHELF}:1.0.0")

    assert document["digest"] == layout.entries[0]["digest"]
    assert (document["kind"], document["version"]) == ("image", "1.0.0")
    assert document["media_type"] == "application/vnd.oci.image.index.v1+json"
    assert [each["platform"] for each in document["manifests"]] == ["linux/amd64", "linux/arm64"]
    assert len(document["blobs"]) == 4


def test_image_of_a_tag_is_looked_for_by_it(bench: Desk, layout: ImageLayout) -> None:
    other = layout.name(layout.add_image(text="other"), "edge")

    assert pushed(bench, "build", f"{SHELF}:edge")["digest"] == other["digest"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(
            ["build", SHELF], "reference: no version: expected such as thing:1.0.0", id="no-version"
        ),
        pytest.param(
            ["build", f"{SHELF}:1.0.0", "--annotation", "a.b=c"], "annotations: expected nothing", id="words"
        ),
        pytest.param(
            ["build", f"{SHELF}:1.0.0", "--image-spec", "v1.0"], "annotations: expected none", id="shape"
        ),
        pytest.param(
            ["build:x", f"{SHELF}:1.0.0"], "build: expected an image named x, got dev", id="no-such"
        ),
        pytest.param(["gone", f"{SHELF}:1.0.0", "--kind", "image"], "gone: no such file", id="gone"),
        pytest.param(
            ["note.md", f"{SHELF}:1.0.0", "--kind", "image"],
            "note.md: expected a whole tar archive",
            id="no-image",
        ),
        pytest.param(
            ["build", "note.md", f"{SHELF}:1.0.0", "--kind", "image"],
            "expected one OCI layout or archive, or layers with --config, got 2 files",
            id="two",
        ),
    ],
)
@pytest.mark.usefixtures("layout")
def test_unclear_image_is_refused(bench: Desk, arguments: list[str], complaint: str) -> None:
    assert complaint in refused(bench, *arguments)


@pytest.mark.parametrize(
    "by", [["--kind", "image", "--config", "c.json"], ["--config", f"c.json:{CONFIG_TYPE}"]]
)
def test_layers_with_a_config_are_an_image(bench: Desk, by: list[str]) -> None:
    bench.write("c.json", '{"architecture": "amd64", "os": "linux"}')
    bench.write("z.tar", make_tar({"first": b"1"}))
    bench.write("a.tar.gz", pack(make_tar({"second": b"2"})))

    document = pushed(bench, "z.tar", "a.tar.gz", f"{SHELF}:1.0.0", *by, "--annotation", "com.acme.a=b")

    manifest = manifest_of(bench, document)
    assert manifest["config"]["mediaType"] == CONFIG_TYPE
    assert [layer["mediaType"].rpartition(".")[2] for layer in manifest["layers"]] == ["tar", "tar+gzip"]
    assert manifest["annotations"] == {
        "com.acme.a": "b",
        "org.opencontainers.image.title": "thing",
        "org.opencontainers.image.version": "1.0.0",
    }


def test_types_and_annotations_are_those_of_each_file(bench: Desk) -> None:
    bench.write("said.json", '{"$manifest": {"m": "1"}, "$config": {"c": "2"}, "./b/data.bin": {"f": "3"}}')

    document = pushed(
        bench, "note.md", "b/data.bin:application/x.data", f"{SHELF}:dev", "--annotation-file", "said.json"
    )

    manifest = manifest_of(bench, document)
    assert {layer["annotations"].get("f"): layer["mediaType"] for layer in manifest["layers"]} == {
        "3": "application/x.data",
        None: "text/markdown",
    }
    assert (manifest["annotations"]["m"], manifest["config"]["annotations"]) == ("1", {"c": "2"})


@pytest.mark.parametrize(
    ("arguments", "artifact_type", "config_type"),
    [
        ([], "application/vnd.pallet.files.v1", "application/vnd.oci.empty.v1+json"),
        (["--image-spec", "v1.0"], None, "application/vnd.pallet.files.v1"),
        (["--image-spec", "v1.0", "--artifact-type", "a/b"], None, "a/b"),
        (["--config", "b/data.bin"], None, "application/vnd.unknown.config.v1+json"),
        (["--config", "b/data.bin:x/y"], None, "x/y"),
        (["--config", "b/data.bin:x/y", "--artifact-type", "a/b"], "a/b", "x/y"),
        (["--config", "b/data.bin:x/y", "--image-spec", "v1.0"], None, "x/y"),
    ],
)
def test_types_say_what_it_is(
    bench: Desk, arguments: list[str], artifact_type: str | None, config_type: str
) -> None:
    manifest = manifest_of(bench, pushed(bench, "note.md", f"{SHELF}:dev", *arguments))

    assert manifest.get("artifactType") == artifact_type
    assert manifest["config"]["mediaType"] == config_type


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["note.md:a/b/c"],
            "note.md:TYPE: expected such as application/vnd.acme.prompt.v1+yaml, got 'a/b/c'",
        ),
        (["note.md", "--artifact-type", "text"], "--artifact-type: expected such as"),
        (["note.md", "--config", "gone"], "gone: no such file"),
        (
            ["note.md", "--annotation-file", "gone.json"],
            "gone.json: cannot be read: No such file or directory",
        ),
        (["note.md", "--annotation-file", "odd.json"], "odd.json: a: expected an object with annotations"),
        (["note.md", "--annotation-file", "odd.json"], "odd.json: $manifest.k: expected text"),
        (["note.md", "--annotation-file", "odd.json"], "org.pallet.project: expected another key"),
        (
            ["note.md", "--annotation-file", "other.json"],
            "annotations: expected one of the files, got b/data.bin",
        ),
        (
            ["note.md", "--config", "b/data.bin", "--artifact-type", "a/b", "--image-spec", "v1.0"],
            "--artifact-type: expected none with --config and --image-spec v1.0, got a/b",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(bench: Desk, arguments: list[str], complaint: str) -> None:
    bench.write("odd.json", '{"a": 1, "$manifest": {"k": 2, "org.pallet.project": "x"}}')
    bench.write("other.json", '{"b/data.bin": {"k": "v"}}')

    assert complaint in refused(bench, *arguments, f"{SHELF}:dev")


def test_file_with_a_colon_is_taken_as_it_is(bench: Desk) -> None:
    bench.write("a:x/y", "z")

    assert [blob["size"] for blob in pushed(bench, "a:x/y", f"{SHELF}:dev")["blobs"]] == [2, 1]


def test_folder_is_a_layer_to_be_unpacked(bench: Desk) -> None:
    bench.write("b/.git/config", "secret")

    manifest = manifest_of(bench, pushed(bench, "b", f"{SHELF}:dev"))

    (layer,) = manifest["layers"]
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"
    assert layer["annotations"]["org.opencontainers.image.title"] == "b"
    assert layer["annotations"]["io.deis.oras.content.unpack"] == "true"
    assert layer["annotations"]["io.deis.oras.content.digest"].startswith("sha256:")
    content = (bench.root / "shelf/thing/blobs" / layer["digest"].replace(":", "/")).read_bytes()
    assert b"secret" not in content


def test_subject_of_a_whole_image_is_refused(bench: Desk, layout: ImageLayout) -> None:
    assert layout.entries
    bench.pallet("push", "note.md", f"{SHELF}:dev")

    said = refused(bench, "build", f"{SHELF}:1.0.0", "--subject", f"{SHELF}:dev")

    assert "--subject: expected files, got an image that is copied whole" in said
