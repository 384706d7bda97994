"""Manifests from layers: what stands where, and which type a file has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.desired.build import (
    PROJECT,
    TITLE,
    VERSION,
    Layer,
    build_manifest,
    media_type_of,
    render_document,
)
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_DESCRIPTOR, Descriptor

WORKFLOW = builtin_kinds()["workflow"]
FILES = builtin_kinds()["files"]
LAYER = Layer("router.yaml", Digest.of(b"x"), 1, WORKFLOW.media_type)
CONFIG = Descriptor(WORKFLOW.media_type, LAYER.digest, LAYER.size_bytes)
ANNOTATIONS = {VERSION: "1.0.0", TITLE: "router.yaml", PROJECT: "acme"}


def _build(kind: Any = WORKFLOW, config: Descriptor = CONFIG, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(build_manifest(kind, config, [LAYER], ANNOTATIONS, **more))
    return document


def test_config_and_layer_are_the_same_blob() -> None:
    document = _build()
    assert document["config"]["digest"] == document["layers"][0]["digest"] == LAYER.digest
    assert document["artifactType"] == document["config"]["mediaType"] == WORKFLOW.media_type


def test_layer_carries_its_title_alone() -> None:
    assert _build()["layers"][0]["annotations"] == {TITLE: "router.yaml"}


@pytest.mark.parametrize(
    ("annotate", "places"),
    [
        pytest.param(("manifest", "config"), {"manifest", "config"}, id="both"),
        pytest.param(("manifest",), {"manifest"}, id="manifest-alone"),
        pytest.param(("config",), {"config"}, id="config-alone"),
    ],
)
def test_annotations_stand_where_the_kind_says(annotate: tuple[str, ...], places: set[str]) -> None:
    document = _build(replace(WORKFLOW, annotate=annotate))
    found = {"manifest": document.get("annotations"), "config": document["config"].get("annotations")}
    assert {place for place, found in found.items() if found == ANNOTATIONS} == places
    assert {place for place, found in found.items() if found is None} == {"manifest", "config"} - places


def test_keys_stand_in_a_fixed_order() -> None:
    assert list(_build()) == ["schemaVersion", "mediaType", "artifactType", "config", "layers", "annotations"]
    assert list(_build()["annotations"]) == sorted(ANNOTATIONS)


def test_manifest_is_compact_and_says_its_type() -> None:
    content = build_manifest(WORKFLOW, CONFIG, [LAYER], {**ANNOTATIONS, "a": "ä"})
    assert content.startswith(b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",')
    assert '"a":"ä"'.encode() in content
    assert b"\n" not in content


def test_order_of_annotations_never_matters() -> None:
    backwards = dict(reversed(ANNOTATIONS.items()))
    assert build_manifest(WORKFLOW, CONFIG, [LAYER], backwards) == build_manifest(
        WORKFLOW, CONFIG, [LAYER], ANNOTATIONS
    )


def test_artifact_type_of_the_entry_wins() -> None:
    assert _build(artifact_type="application/vnd.acme.x")["artifactType"] == "application/vnd.acme.x"


def test_files_have_the_empty_config_and_an_artifact_type() -> None:
    document = _build(FILES, EMPTY_DESCRIPTOR)
    assert document["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"
    assert document["config"]["digest"] == Digest.of(b"{}")
    assert document["artifactType"]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("a/b.md", "text/markdown"),
        ("a/b.JSON", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a.d/b", "x/otherwise"),
        (".md", "x/otherwise"),
        ("a.unheard-of", "x/otherwise"),
        ("a.", "x/otherwise"),
    ],
)
def test_media_type_follows_the_suffix(path: str, media_type: str) -> None:
    assert media_type_of(path, otherwise="x/otherwise") == media_type


def test_document_is_rendered_with_sorted_keys() -> None:
    assert render_document({"b": [1, "ä"], "a": None}) == '{"a":null,"b":[1,"ä"]}'.encode()
