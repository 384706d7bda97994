"""A kind of a project that has the name of one that comes with pallet."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.kinds.kind import Kind
from reconciler.desired.kinds.kind_reader import builtin_kinds, kind_named, parse_kind, with_editions
from reconciler.desired.reading.wording import say_path

OWN_TYPE = "application/vnd.acme.flow.v1+yaml"
V2 = "application/vnd.pallet.workflow.v2+yaml"
WORKFLOW = builtin_kinds()["workflow"]


def extended(name: str, **table: Any) -> Kind:
    kind, problems = parse_kind(name, table, root=Path("project"))
    assert problems == []
    assert kind is not None
    return kind


def differing(one: Kind, other: Kind) -> set[str]:
    return {
        field.name
        for field in dataclasses.fields(Kind)
        if getattr(one, field.name) != getattr(other, field.name)
    }


def test_version_alone_leaves_the_kind_as_it_is() -> None:
    kind = extended("workflow", variant={"2": {"media-type": V2}})
    assert differing(kind, WORKFLOW) == {"origin", "variants"}
    [two] = kind.variants
    assert differing(two, WORKFLOW) == {
        *("name", "title", "origin", "label", "recognised_by"),
        *("media_type", "artifact_type", "config_media_type"),
    }
    assert (two.name, two.media_type) == ("workflow@2", V2)
    assert two.schema is WORKFLOW.schema is not None


@pytest.mark.parametrize(
    ("api_version", "name"),
    [
        (None, "workflow"),
        ("pallet.org/v1", "workflow"),
        ("pallet.org/v2", "workflow@2"),
        ("v2", "workflow@2"),
        ("pallet.org/v20", "workflow"),
    ],
)
def test_version_is_told_by_what_the_file_says(api_version: str | None, name: str) -> None:
    document: dict[str, object] = {"metadata": {}, "steps": []}
    if api_version is not None:
        document["apiVersion"] = api_version
    assert extended("workflow", variant={"2": {"media-type": V2}}).of(document).name == name


def test_version_may_say_how_it_is_told() -> None:
    ways = [{"matches": {"format": "^two$"}}]
    kind = extended("workflow", variant={"2": {"media-type": V2, "recognise": ways}})
    assert kind.of({"metadata": {}, "steps": [], "format": "two"}).name == "workflow@2"
    assert kind.of({"metadata": {}, "steps": [], "apiVersion": "pallet.org/v2"}).name == "workflow"


def test_media_type_is_changed_and_the_rest_stays() -> None:
    kind = extended("workflow", extends=True, **{"media-type": OWN_TYPE})
    assert differing(kind, WORKFLOW) == {"media_type", "artifact_type", "config_media_type", "origin"}


def test_annotations_are_added_to() -> None:
    kind = extended("workflow", annotations={"com.acme.owner": "metadata.owner"})
    assert {key for key, _ in kind.annotations} == {
        "com.acme.owner",
        *(key for key, _ in WORKFLOW.annotations),
    }


def test_schema_of_the_project_is_its_own() -> None:
    schema = "schemas/flow.json"
    kind = extended("workflow", schema=schema, variant={"2": {"media-type": V2}})
    assert [(each.schema_name, each.schema_root) for each in (kind, *kind.variants)] == [
        (schema, Path("project"))
    ] * 2
    kind = extended("workflow", variant={"2": {"media-type": V2, "schema": schema}})
    assert [(each.schema_name, each.schema_root) for each in (kind, *kind.variants)] == [
        ("workflow.schema.json", None),
        (schema, Path("project")),
    ]


def test_versions_that_come_along_stay() -> None:
    kind = extended("sbom", variant={"next": {"media-type": "application/vnd.acme.bom.v9+json"}})
    assert [each.name for each in kind.variants] == ["sbom@spdx", "sbom@next"]


def test_kind_that_says_otherwise_takes_the_place() -> None:
    kind = extended("workflow", extends=False, **{"media-type": OWN_TYPE})
    assert (kind.schema_name, kind.rules, kind.version, kind.annotations) == (None, None, None, ())


def test_complete_kind_takes_the_place_without_a_word() -> None:
    said = {"media-type": OWN_TYPE, "schema": "s.json", "rules": "workflow", "version": "v"}
    kind = extended("workflow", annotations={"com.acme.owner": "owner"}, **said)
    assert [key for key, _ in kind.annotations] == ["com.acme.owner"]
    assert extended("files", **{"media-type": OWN_TYPE}).media_type == OWN_TYPE


@pytest.mark.parametrize(
    ("name", "table", "lost"),
    [
        pytest.param("workflow", {}, "schema and rules and version and annotations", id="all"),
        pytest.param("workflow", {"schema": "s.json", "version": "v"}, "rules and annotations", id="some"),
        pytest.param("config", {}, "schema", id="schema"),
    ],
)
def test_nothing_is_lost_in_silence(name: str, table: dict[str, Any], lost: str) -> None:
    kind, problems = parse_kind(name, {"media-type": OWN_TYPE, **table}, root=Path())
    assert kind is None
    assert [(say_path(each.path), each.message, each.fix) for each in problems] == [
        (
            "",
            f"expected extends = true or false, since {lost} of the built-in kind {name} would be gone, "
            "got neither",
            "set extends = true to keep what is not said here, extends = false to do without it",
        )
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("workflow", "workflow"),
        ("workflow@1", "workflow"),
        ("workflow@2", None),
        ("sbom@spdx", "sbom@spdx"),
        ("sbom@1", None),
        ("prompt", None),
        ("prompt@1", None),
        ("workflow@", None),
    ],
)
def test_version_of_the_kind_itself_has_a_name(name: str, expected: str | None) -> None:
    kind = kind_named(builtin_kinds(), name)
    assert (kind.name if kind else None) == expected


def test_beside_another_version_the_name_means_one() -> None:
    kinds = with_editions([extended("workflow", variant={"2": {"media-type": V2}})])
    one = kind_named(kinds, "workflow@1")
    assert one is not None
    assert one.of({"metadata": {}, "steps": [], "apiVersion": "pallet.org/v2"}) is one
