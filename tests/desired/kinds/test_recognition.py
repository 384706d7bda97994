"""A project's own kind is known by its files' names and content, in each of its versions."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.kinds.kind import Kind
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind, with_editions
from reconciler.desired.kinds.recognising import Recogniser
from reconciler.desired.reading.wording import say_path

TYPE = "application/vnd.acme.prompt.v1+yaml"
TWO = {
    "media-type": TYPE,
    "version": "version",
    "recognise": [{"fields": {"prompt": "text"}}],
    "annotations": {"com.acme.owner": "owner"},
    "variant": {
        "2": {
            "media-type": "application/vnd.acme.prompt.v2+yaml",
            "recognise": [{"matches": {"apiVersion": "^acme/v2$"}}],
            "annotations": {"com.acme.owner": "spec.owner"},
        }
    },
}


def own(**table: Any) -> Kind:
    kind, violations = parse_kind("prompt", {"media-type": TYPE, **table}, root=Path())
    assert violations == []
    assert kind is not None
    return kind


def complaints(table: dict[str, Any]) -> list[str]:
    kind, violations = parse_kind("prompt", {"media-type": TYPE, **table}, root=Path())
    assert (kind is None) == bool(violations)
    return [f"{say_path(violation.path)}: {violation.message}" for violation in violations]


RULES: dict[str, tuple[dict[str, Any], str, object, bool]] = {
    "field": ({"fields": {"a.b": "any"}}, "x.yaml", {"a": {"b": 0}}, True),
    "field that is absent": ({"fields": {"a.b": "any"}}, "x.yaml", {"a": {}}, False),
    "field that is null": ({"fields": {"a": "any"}}, "x.yaml", {"a": None}, False),
    "text": ({"fields": {"a": "text"}}, "x.yml", {"a": "b"}, True),
    "text that is a number": ({"fields": {"a": "text"}}, "x.yml", {"a": 1}, False),
    "number": ({"fields": {"a": "number"}}, "x.json", {"a": 1.5}, True),
    "number that is a boolean": ({"fields": {"a": "number"}}, "x.json", {"a": True}, False),
    "boolean": ({"fields": {"a": "boolean"}}, "x.json", {"a": False}, True),
    "list": ({"fields": {"a": "list"}}, "x.json", {"a": []}, True),
    "object": ({"fields": {"a": "object"}}, "x.json", {"a": {}}, True),
    "any of": ({"any-of": ["a", "b"]}, "x.yaml", {"b": 1}, True),
    "none of": ({"any-of": ["a", "b"]}, "x.yaml", {"c": 1}, False),
    "match": ({"matches": {"a": "^b"}}, "x.yaml", {"a": "bc"}, True),
    "match in a number": ({"matches": {"a": "1"}}, "x.yaml", {"a": 1}, False),
    "other suffix": ({"fields": {"a": "any"}}, "x.txt", {"a": 1}, False),
    "own suffix": ({"fields": {"a": "any"}, "suffixes": [".p.yaml"]}, "d/x.p.yaml", {"a": 1}, True),
    "not the own suffix": ({"fields": {"a": "any"}, "suffixes": [".p.yaml"]}, "x.yaml", {"a": 1}, False),
    "own name": ({"fields": {"a": "any"}, "names": ["prompt-*"]}, "d/prompt-a", {"a": 1}, True),
    "list at the top": ({"fields": {"a": "any"}}, "x.yaml", [{"a": 1}], False),
}


@pytest.mark.parametrize(("rule", "path", "value", "expected"), RULES.values(), ids=RULES.keys())
def test_file_is_recognised(rule: dict[str, Any], path: str, value: object, expected: bool) -> None:
    recogniser = Recogniser({"prompt": own(recognise=[rule])})
    assert (recogniser.kind_of(path, value) is not None) is expected


def test_own_kind_is_asked_before_built_in_ones() -> None:
    kind = own(recognise=[{"fields": {"steps": "list", "owner": "text"}}])
    recogniser = Recogniser({**builtin_kinds(), "prompt": kind})
    workflow: dict[str, object] = {"metadata": {}, "steps": []}
    for value, name in ((workflow, "workflow"), ({**workflow, "owner": "ann"}, "prompt")):
        found = recogniser.kind_of("a.yaml", value)
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize(
    ("content", "expected"), [(b"prompt: a\n", True), (b"promt: a\n", False)], ids=["words", "no-words"]
)
def test_files_without_the_words_are_not_read(content: bytes, expected: bool) -> None:
    assert (
        Recogniser({"prompt": own(recognise=[{"fields": {"prompt": "text"}}])}).has_words("a.yaml", content)
        is expected
    )


def test_module_is_known_by_its_first_bytes() -> None:
    recogniser = Recogniser(builtin_kinds())
    found = recogniser.kind_of_head("a.wasm", b"\0asm\1\0\0\0")
    assert found is not None
    assert found.name == "wasm"
    assert recogniser.kind_of_head("a.wasm", b"<html>") is None
    assert recogniser.kind_of_head("a.bin", b"\0asm") is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"bomFormat": "CycloneDX", "specVersion": "1.6"}, "sbom"),
        ({"spdxVersion": "SPDX-2.3"}, "sbom@spdx"),
        ({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}, "sbom@spdx"),
        ({"bomFormat": "Other"}, None),
    ],
)
def test_bills_of_materials_are_told_apart(value: object, name: str | None) -> None:
    found = Recogniser(builtin_kinds()).kind_of("a.json", value)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"prompt": "a"}, "prompt"),
        ({"prompt": "a", "apiVersion": "acme/v1"}, "prompt"),
        ({"prompt": "a", "apiVersion": "acme/v2"}, "prompt@2"),
        ({"apiVersion": "acme/v2"}, "prompt@2"),
        ([], "prompt"),
    ],
)
def test_file_says_which_version_it_is(value: object, name: str) -> None:
    assert own(**TWO).of(value).name == name


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("https://json-schema.org/draft/2020-12/schema", "schema"),
        ("http://json-schema.org/draft-07/schema#", "schema"),
        ("http://json-schema.org/schema#", "schema"),
        ("http://json-schema.org/schema", "schema"),
        ("http://json-schema.org/schemata", None),
        ("https://example.com/schema#", None),
    ],
)
def test_schema_is_known_by_its_draft(names: str, kind: str | None) -> None:
    found = Recogniser(builtin_kinds()).kind_of("a.json", {"$schema": names})
    assert (found.name if found else None) == kind


def test_versions_have_names_of_their_own() -> None:
    kinds = with_editions([own(**TWO)])
    assert {name: (kind.media_type, len(kind.variants)) for name, kind in kinds.items()} == {
        "prompt": (TYPE, 1),
        "prompt@1": (TYPE, 0),
        "prompt@2": ("application/vnd.acme.prompt.v2+yaml", 0),
    }


def test_version_takes_the_rest_from_its_kind() -> None:
    one, [two] = (kind := own(**TWO)), own(**TWO).variants
    differing = {
        field.name
        for field in dataclasses.fields(Kind)
        if getattr(one, field.name) != getattr(two, field.name)
    }
    assert differing == {
        *("name", "media_type", "artifact_type", "config_media_type", "annotations"),
        *("title", "recognised_by", "label", "variants"),
    }
    assert two.artifact_type == two.config_media_type == two.media_type
    assert kind.label == "1"


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing said": ({"recognise": [{}]}, ["recognise[0]: expected at least 1 keys, got 0"]),
    "suffix alone": (
        {"recognise": [{"suffixes": [".yaml"]}]},
        [
            "recognise[0]: expected fields, matches or names, got a suffix alone, which would take every such file"
        ],
    ),
    "no path": (
        {"recognise": [{"fields": {"a b": "any"}}]},
        [
            "recognise[0].fields.a b: not a path: expected fields such as metadata.version or steps[*].id, got 'a b'"
        ],
    ),
    "no type": (
        {"recognise": [{"fields": {"a": "txt"}}]},
        [
            "recognise[0].fields.a: expected one of any, text, number, boolean, list, object, got the text 'txt': did you mean 'text'?"
        ],
    ),
    "no expression": (
        {"recognise": [{"matches": {"a": "("}}]},
        [
            "recognise[0].matches.a: expected a regular expression: missing ), unterminated subpattern at position 0"
        ],
    ),
    "half a byte": (
        {"recognise": [{"starts-with": "0"}]},
        ["recognise[0].starts-with: expected hexadecimal digits, two for each byte, got the text '0'"],
    ),
    "fields of files that are not read": (
        {"media-type": "application/vnd.acme.a.v1", "recognise": [{"fields": {"a": "any"}}]},
        ["recognise[0]: expected a format that can be read (yaml or json), got none"],
    ),
    "version of another format": (
        {"variant": {"2": {"media-type": "application/vnd.acme.prompt.v2+json"}}},
        ["variant.2.media-type: expected the format of the kind, yaml, got json"],
    ),
    "version that is the kind's own": (
        {"variant": {"1": {"schema": "a.json"}}},
        ["variant.1: expected another version than the kind's own, got 1"],
    ),
    "version with another layer": (
        {"variant": {"2": {"layer": "folder"}}},
        ["variant.2.layer: unknown key 'layer': "],
    ),
    "version that is known by its name": (
        {"variant": {"2": {"recognise": [{"names": ["a"]}]}}},
        [
            "variant.2.recognise[0]: expected fields or matches, by which its files are told from those of the kind"
        ],
    ),
}


@pytest.mark.parametrize(("table", "expected"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_is_refused(table: dict[str, Any], expected: list[str]) -> None:
    said = complaints(table)
    assert len(said) == len(expected)
    assert all(text.startswith(start) for text, start in zip(said, expected, strict=True)), said
