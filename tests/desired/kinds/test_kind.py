from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.kinds.kind import ConfigForm, LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind
from reconciler.desired.reading.documents import Format
from reconciler.desired.reading.wording import say_path

MEDIA_TYPE = "application/vnd.acme.prompt.v1+yaml"


@pytest.mark.parametrize(
    ("name", "media_type", "artifact_type", "config", "suffix_format"),
    [
        ("workflow", "application/vnd.pallet.workflow.v1+yaml", None, ConfigForm.BLOB, Format.YAML),
        ("agent-card", "application/vnd.pallet.agent-card.v1+json", None, ConfigForm.BLOB, Format.JSON),
        ("config", "application/vnd.pallet.config.v1+json", None, ConfigForm.BLOB, Format.JSON),
        ("schema", "application/vnd.pallet.schema.v1+json", None, ConfigForm.BLOB, Format.JSON),
        ("files", "application/octet-stream", "application/vnd.pallet.files.v1", ConfigForm.EMPTY, None),
    ],
)
def test_builtin_kinds_are_published_as_documented(
    name: str, media_type: str, artifact_type: str | None, config: ConfigForm, suffix_format: Format | None
) -> None:
    kind = builtin_kinds()[name]
    assert (kind.media_type, kind.artifact_type) == (media_type, artifact_type or media_type)
    assert (kind.config, kind.format, kind.annotate) == (config, suffix_format, ("manifest", "config"))


def test_builtin_kinds_are_complete() -> None:
    kinds = builtin_kinds()
    assert sorted(kinds) == [
        "agent-card",
        "config",
        "files",
        "helm-chart",
        "image",
        "sbom",
        "sbom@spdx",
        "schema",
        "wasm",
        "workflow",
    ]
    assert [name for name, kind in kinds.items() if kind.is_schema] == ["schema"]
    assert kinds["workflow"].version == "metadata.version"
    assert kinds["agent-card"].version == "version"


def test_least_kind_has_defaults() -> None:
    kind, problems = parse_kind("prompt", {"media-type": MEDIA_TYPE}, root=Path("project"))
    assert problems == []
    assert kind is not None
    assert dataclasses.asdict(kind) == {
        "name": "prompt",
        "media_type": MEDIA_TYPE,
        "artifact_type": MEDIA_TYPE,
        "config": ConfigForm.BLOB,
        "config_media_type": MEDIA_TYPE,
        "layer": LayerForm.FILE,
        "format": Format.YAML,
        "schema_name": None,
        "schema_root": Path("project"),
        "rules": None,
        "version": None,
        "name_field": None,
        "described_by": None,
        "beside": (),
        "annotate": ("manifest", "config"),
        "annotations": (),
        "title": "prompt",
        "description": "",
        "plural": "prompts",
        "origin": "pallet.toml",
        "recognised_by": (),
        "label": "1",
        "variants": (),
    }
    assert kind.schema is None


@pytest.mark.parametrize(
    ("media_type", "text", "expected"),
    [
        ("application/vnd.a.b.v1+json", None, Format.JSON),
        ("application/vnd.a.b.v1+xml", None, None),
        ("text/plain", None, None),
        ("text/plain", "yaml", Format.YAML),
        ("application/vnd.a.b.v1+json", "none", None),
    ],
)
def test_format_follows_the_media_type(media_type: str, text: str | None, expected: Format | None) -> None:
    table = {"media-type": media_type} | ({} if text is None else {"format": text})
    kind, _ = parse_kind("k", table, root=Path())
    assert kind is not None
    assert kind.format is expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param({}, ["missing key 'media-type'"], id="empty"),
        pytest.param(
            {"media-type": "yaml", "confg": "blob", "annotate": ["layer"]},
            [
                "annotate[0]: expected one of manifest, config, got the text 'layer'",
                "confg: unknown key 'confg': did you mean 'config'?",
                "media-type: expected a media type such as application/vnd.acme.prompt.v1+yaml, got the text 'yaml'",
            ],
            id="several",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "version": "a[", "annotations": {"k": ["a", {"path": "b c"}]}},
            [
                "version: not a path: expected fields such as metadata.version or steps[*].id, got 'a['",
                "annotations.k[1]: not a path: expected fields such as metadata.version or steps[*].id, got 'b c'",
            ],
            id="paths",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "annotations": {"k": {"path": "a", "fnction": "sum"}}},
            ["annotations.k.fnction: unknown key 'fnction': did you mean 'function'?"],
            id="extraction",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "annotations": {"k": {"path": "a", "function": "strongest"}}},
            ["annotations.k: missing key 'order'"],
            id="no-order",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "annotations": {"a key": "a"}},
            [
                "annotations.a key: key 'a key': expected a key such as com.example.owner, got the text 'a key'"
            ],
            id="annotation-key",
        ),
        pytest.param(
            {"media-type": "text/plain", "schema": "s.json", "version": "a"},
            [
                "schema: expected a format that can be read (yaml or json), got none",
                "version: expected a format that can be read (yaml or json), got none",
            ],
            id="no-format",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "extends": True},
            [
                "extends: expected the name of a kind that comes with pallet (agent-card, config, files, "
                "helm-chart, image, sbom, schema, wasm, workflow), got k"
            ],
            id="nothing-to-extend",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "annotations": {"a": "b", "org.pallet.project": "metadata.owner"}},
            [
                "annotations.'org.pallet.project': "
                "expected another key, got one that pallet writes itself, whatever a file says"
            ],
            id="annotation-of-pallets-own",
        ),
        pytest.param(
            {
                "media-type": MEDIA_TYPE,
                "variant": {"2": {"annotations": {"org.opencontainers.image.version": "metadata.owner"}}},
            },
            [
                "variant.2.annotations.'org.opencontainers.image.version': "
                "expected another key, got one that pallet writes itself, whatever a file says"
            ],
            id="annotation-of-pallets-own-in-a-version",
        ),
        pytest.param(
            {"media-type": MEDIA_TYPE, "annotations": {"k": {"path": "a", "order": ["low", "high"]}}},
            ["annotations.k.order: expected it with the function strongest, got it with text"],
            id="order-alone",
        ),
        pytest.param(
            {
                "media-type": MEDIA_TYPE,
                "annotations": {"k": ["a", {"path": "a", "function": "max", "order": ["a"]}]},
            },
            ["annotations.k[1].order: expected it with the function strongest, got it with max"],
            id="order-with-another-function",
        ),
    ],
)
def test_bad_kinds_are_explained(table: dict[str, Any], expected: list[str]) -> None:
    kind, problems = parse_kind("k", table, root=Path())
    assert kind is None
    assert [
        f"{say_path(problem.path)}: {problem.message}".removeprefix(": ") for problem in problems
    ] == expected
