"""A chart that helm packaged: published as it is, described by the file inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.packed import describes, read_described
from reconciler.errors import DocumentError
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Manifest, parse
from tests.oci.pulling.archives import extension, sparse_pax
from tests.support.image_layouts import make_tar, pack
from tests.support.projects import HEAD, ProjectFolder

CHART = b'apiVersion: v2\nname: app\nversion: "1.2.3"\ndescription: an app\n'
PACKED = pack(
    make_tar({"app/values.yaml": b"a: 1\n", "app/Chart.yaml": CHART, "app/charts/x/Chart.yaml": b"no"})
)
RULE = '\n[[artifact]]\nfiles = "dist/*.tgz"\nrepository = "charts/app"\nkind = "helm-chart"\n'


def test_archive_is_published_as_it_is(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path).write({"pallet.toml": HEAD + RULE, "dist/app-1.2.3.tgz": PACKED})

    (wanted,) = folder.load().wanted

    manifest = parse(wanted.manifest)
    assert isinstance(manifest, Manifest)
    assert wanted.version.text == "1.2.3"
    assert [layer.digest for layer in manifest.layers] == [Digest.of(PACKED)]
    assert manifest.config.media_type == "application/vnd.cncf.helm.config.v1+json"
    assert manifest.annotations["org.opencontainers.image.description"] == "an app"
    assert manifest.annotations["org.opencontainers.image.title"] == "app-1.2.3.tgz"
    assert [(file.path, file.digest) for file in wanted.files] == [("dist/app-1.2.3.tgz", Digest.of(PACKED))]


def test_provenance_beside_it_is_published_too(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path).write(
        {"pallet.toml": HEAD + RULE, "dist/app-1.2.3.tgz": PACKED, "dist/app-1.2.3.tgz.prov": "signed"}
    )

    (wanted,) = folder.load().wanted

    manifest = parse(wanted.manifest)
    assert isinstance(manifest, Manifest)
    assert [(layer.media_type.rpartition(".")[2], layer.digest) for layer in manifest.layers] == [
        ("tar+gzip", Digest.of(PACKED)),
        ("prov", Digest.of(b"signed")),
    ]
    assert [file.path for file in wanted.files] == ["dist/app-1.2.3.tgz", "dist/app-1.2.3.tgz.prov"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(
            pack(make_tar({"Chart.yaml": CHART})), "expected Chart.yaml in the folder", id="no-folder"
        ),
        pytest.param(pack(make_tar({"app/charts/x/Chart.yaml": CHART})), "expected Chart.yaml", id="deeper"),
        pytest.param(PACKED[:-20], "cannot be unpacked: ", id="cut-off"),
        pytest.param(PACKED[:-8] + b"\0" * 8, "cannot be unpacked: ", id="checksum"),
        pytest.param(
            pack(make_tar({"app/Chart.yaml": CHART})[:700]), "cannot be unpacked: ", id="cut-in-the-file"
        ),
        pytest.param(
            pack(extension(b"9 path=b\n") * 3000 + make_tar({"app/Chart.yaml": CHART})),
            "cannot be unpacked: expected at most 16 headers",
            id="thousands-of-headers",
        ),
        pytest.param(
            pack(sparse_pax(1 << 40, "1.0")), "cannot be unpacked: 'docs/sparse': expected all", id="sparse"
        ),
        pytest.param(b"text", "cannot be unpacked: ", id="text"),
        pytest.param(make_tar({"app/Chart.yaml": CHART}), "cannot be unpacked: ", id="not-compressed"),
        pytest.param(pack(b"\0" * 600), "expected Chart.yaml in the folder", id="empty"),
    ],
)
def test_what_is_no_chart_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "x.tgz"
    path.write_bytes(content)

    with pytest.raises(DocumentError) as caught:
        read_described(path, "x.tgz", "Chart.yaml")

    assert str(caught.value).startswith(f"x.tgz: {complaint}")


def test_problems_are_placed_in_the_archive(tmp_path: Path) -> None:
    bad = pack(make_tar({"app/Chart.yaml": b"apiVersion: v2\nname: 1\nversion: 1.0.0\n"}))
    folder = ProjectFolder(tmp_path).write({"pallet.toml": HEAD + RULE, "dist/a.tgz": bad})

    assert any(text.startswith("dist/a.tgz/Chart.yaml:2: name: ") for text in folder.complaints())


def test_other_archives_are_not_taken_for_charts(tmp_path: Path) -> None:
    path = tmp_path / "x.tgz"
    for content, answer in ((PACKED, True), (pack(make_tar({"a/b": b"1"})), False), (b"x", False)):
        path.write_bytes(content)
        assert describes(path, "Chart.yaml") is answer
