from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.oci.manifest import EMPTY_CONTENT, Manifest, parse
from tests.support.projects import make_project

if TYPE_CHECKING:
    from pathlib import Path

HEAD = ""
CREATED = "org.opencontainers.image.created"
BUNDLE = HEAD + '[[artifact]]\nfiles = "p/**/*.md"\nrepository = "bundles/p"\nkind = "files"\nbundle = true\n'
CHART = (
    HEAD
    + '[[artifact]]\nfiles = "charts/*/Chart.yaml"\nrepository = "charts/{parent}"\nkind = "helm-chart"\n'
)
CONFIG = (
    HEAD + '[[artifact]]\nfiles = "c/*.json"\nrepository = "c/{stem}"\nkind = "config"\nversion = "1.0.0"\n'
)


def test_bundle_has_a_layer_per_file(tmp_path: Path) -> None:
    folder = make_project(tmp_path, BUNDLE + 'version = "0.3.0"\n', {"p/b.md": "b", "p/sub/a.md": "a"})
    (wanted,) = folder.load().wanted
    manifest = parse(wanted.manifest)
    assert isinstance(manifest, Manifest)
    titles = [layer.annotations["org.opencontainers.image.title"] for layer in manifest.layers]
    assert titles == ["b.md", "sub/a.md"]
    assert {layer.media_type for layer in manifest.layers} == {"text/markdown"}
    assert manifest.artifact_type == "application/vnd.pallet.files.v1"
    assert wanted.blobs[0].open().read() == EMPTY_CONTENT
    assert wanted.annotations["org.opencontainers.image.title"] == "p"


def test_chart_is_its_folder_and_its_document(tmp_path: Path) -> None:
    files = {
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
        "charts/web/values.yaml": "a: 1\n",
    }
    (wanted,) = make_project(tmp_path, CHART, files).load().wanted
    manifest = parse(wanted.manifest)
    assert isinstance(manifest, Manifest)
    assert (wanted.name, wanted.version.text) == ("charts/web", "1.2.3")
    assert wanted.blobs[0].open().read() == b'{"apiVersion":"v2","name":"web","version":"1.2.3"}'
    assert manifest.config.media_type == "application/vnd.cncf.helm.config.v1+json"
    assert manifest.config.annotations == {}
    assert [file.path for file in wanted.files] == ["charts/web"]
    assert wanted.annotations["org.opencontainers.image.title"] == "web-1.2.3.tgz"
    assert wanted.blobs[1].open().read()[:2] == b"\x1f\x8b"


def test_chart_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    toml = CHART.replace("charts/*/Chart.yaml", "Chart.yaml").replace("{parent}", "web")
    folder = make_project(tmp_path, toml, {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"})
    (complaint,) = folder.complaints()
    assert complaint.endswith("expected a file in a folder of its own, which is packed, got Chart.yaml")


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        pytest.param(
            BUNDLE.replace("bundles/p", "bundles/{stem}") + 'version = "1.0.0"\n',
            "repository bundles/{stem}: expected no placeholder in a bundle of many files",
            id="placeholder",
        ),
        pytest.param(
            BUNDLE + 'version = { field = "version" }\n',
            "version: expected a literal or a file in a bundle of many files, got a field",
            id="version-of-one-file",
        ),
        pytest.param(
            CHART.replace("charts/*/Chart.yaml", "p/**/Chart.yaml").replace("{parent}", "web")
            + "bundle = true\n",
            "bundle: expected one artifact per file for kind helm-chart, got a bundle",
            id="packed-folders",
        ),
    ],
)
def test_bundle_that_cannot_be_is_refused(tmp_path: Path, toml: str, complaint: str) -> None:
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    folder = make_project(tmp_path, toml, {"p/a.md": "a", "p/sub/b.md": "b", "p/web/Chart.yaml": chart})
    assert [text.endswith(complaint) for text in folder.complaints()] == [True]


def test_time_of_creation_comes_from_the_field(tmp_path: Path) -> None:
    files = {"c/a.json": '{"made": "2026-01-31T12:00:00Z"}'}
    (wanted,) = make_project(tmp_path, CONFIG + 'created = { field = "made" }\n', files).load().wanted
    assert wanted.annotations[CREATED] == "2026-01-31T12:00:00Z"


def test_literal_time_of_creation_is_written_as_it_is(tmp_path: Path) -> None:
    toml = CONFIG + 'created = "2026-01-31T12:00:00+01:00"\n'
    (wanted,) = make_project(tmp_path, toml, {"c/a.json": "{}"}).load().wanted
    assert wanted.annotations[CREATED] == "2026-01-31T12:00:00+01:00"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param('{"made": "yesterday"}', "not a time: expected RFC 3339 such as", id="no-time"),
        pytest.param(
            '{"made": "2026-02-30T12:00:00Z"}', "not a time: expected RFC 3339 such as", id="no-day"
        ),
        pytest.param(
            '{"made": 2026}', "made: expected text, got the number 2026 (written 2026): quote it", id="number"
        ),
        pytest.param("{}", "made: expected text, got no such field", id="absent"),
    ],
)
def test_field_that_is_no_time_is_refused_at_its_place(tmp_path: Path, content: str, complaint: str) -> None:
    folder = make_project(tmp_path, CONFIG + 'created = { field = "made" }\n', {"c/a.json": content})
    (said,) = folder.complaints()
    assert said.startswith("c/a.json:1")
    assert complaint in said


def test_kind_that_reads_no_files_has_no_field_of_creation(tmp_path: Path) -> None:
    toml = CONFIG.replace('"config"', '"files"') + 'created = { field = "made" }\n'
    (said,) = make_project(tmp_path, toml, {"c/a.json": "{}"}).complaints()
    assert said.endswith("created field made: expected a kind that reads its files")
