from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.kinds.rules.agent_card import AGENT_CARD
from reconciler.desired.kinds.rules.json_schema import JSON_SCHEMA
from reconciler.desired.reading.wording import FieldPath

DRAFT_7 = {"$schema": "http://json-schema.org/draft-07/schema#"}
SCHEMAS: dict[str, tuple[dict[str, Any], list[tuple[str, FieldPath]]]] = {
    "patterns": (
        {"pattern": "(", "properties": {"a": {"pattern": "["}}, "patternProperties": {"(": {}}},
        [
            ("PLT042", ("pattern",)),
            ("PLT042", ("patternProperties", "(")),
            ("PLT042", ("properties", "a", "pattern")),
        ],
    ),
    "patterns-of-ecmascript": ({"pattern": r"^(?<a>[^])\k<a>\p{Lu}\u{1F600}$"}, []),
    "pattern-as-a-name": ({"properties": {"pattern": {"type": "string"}}, "const": {"pattern": "("}}, []),
    "pointer": ({"$ref": "#/nope"}, [("PLT040", ("$ref",))]),
    "anchor": ({"$ref": "#nope", "$defs": {"a": {"$anchor": "yes"}}}, [("PLT040", ("$ref",))]),
    "anchor-that-is-there": ({"$ref": "#yes", "$defs": {"a": {"$anchor": "yes"}}}, []),
    "anchor-of-draft-7": ({**DRAFT_7, "$ref": "#yes", "definitions": {"a": {"$id": "#yes"}}}, []),
    "own-address": (
        {"$id": "https://a.example/s", "not": {"$ref": "https://a.example/s#/$defs/b"}},
        [("PLT040", ("not", "$ref"))],
    ),
    "other-document": ({"$id": "https://a.example/s", "$ref": "https://b.example/s#/nope"}, []),
}


@pytest.mark.parametrize(("schema", "expected"), SCHEMAS.values(), ids=SCHEMAS.keys())
def test_schemas_can_be_used(schema: dict[str, Any], expected: list[tuple[str, FieldPath]]) -> None:
    assert sorted((item.code, item.path) for item in JSON_SCHEMA.apply(schema)) == expected


@pytest.mark.parametrize("key", ["input_schema", "output_schema"])
@pytest.mark.parametrize(("schema", "expected"), SCHEMAS.values(), ids=SCHEMAS.keys())
def test_schemas_in_cards_are_held_to_the_same(
    key: str, schema: dict[str, Any], expected: list[tuple[str, FieldPath]]
) -> None:
    found = AGENT_CARD.apply({"skills": [{"id": "a", key: schema}]})
    places = [("PLT031", ("skills", 0, key, *path)) for _, path in expected]
    assert sorted((item.code, item.path) for item in found) == sorted(places)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param("https://b.example/s", True, id="remote"),
        pytest.param("other.json#/a", True, id="beside"),
        pytest.param("#", False, id="itself"),
        pytest.param("https://json-schema.org/draft/2020-12/schema", False, id="draft"),
    ],
)
def test_schema_in_a_card_stands_alone(reference: str, expected: bool) -> None:
    card = {"skills": [{"id": "a", "input_schema": {"properties": {"x": {"$ref": reference}}}}]}
    found = [item.message for item in AGENT_CARD.apply(card)]
    message = f"expected a reference within the schema, got {reference!r}"
    assert found == ([message] if expected else [])


def test_very_many_misspelt_names_have_an_end() -> None:
    # Minutes where every one of them is compared with every property.
    properties: dict[str, Any] = {f"name{number}": {} for number in range(20_000)}
    required = [f"nam{number}" for number in range(20_000)]
    schema = {"properties": properties, "required": required, "additionalProperties": False}
    assert len(list(JSON_SCHEMA.apply(schema))) == 20_000
