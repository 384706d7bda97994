from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.reading.documents import Format, read_document

SKILL = {"id": "plan", "name": "Plan", "description": "Plans", "tags": ["plan"]}
COMMON: dict[str, Any] = {
    "name": "Planner",
    "description": "Plans",
    "version": "1.0.0",
    "capabilities": {},
    "defaultInputModes": ["text/plain"],
    "defaultOutputModes": ["application/json"],
    "skills": [SKILL],
}
INTERFACE = {"url": "https://a.example.com", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
OF_1_0 = {**COMMON, "supportedInterfaces": [INTERFACE]}
OF_0_3 = {**COMMON, "protocolVersion": "0.3.0", "url": "https://a.example.com", "preferredTransport": "GRPC"}
SIMPLE = {"name": "planner", "url": "http://localhost:8001", "skills": [{"id": "plan"}]}
SCHEMES = {"securitySchemes": {"key": {"apiKeySecurityScheme": {"location": "header", "name": "X"}}}}


def complaints(card: object) -> list[str]:
    document = read_document(json.dumps(card).encode(), file="f", suffix_format=Format.JSON)
    problems = check_document(document, builtin_kinds()["agent-card"])
    return [f"{problem.path or ''}: {problem.message}" for problem in problems]


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(SIMPLE, id="simple"),
        pytest.param(OF_1_0, id="a2a-1.0"),
        pytest.param(OF_0_3, id="a2a-0.3"),
        pytest.param({**OF_1_0, "url": "https://a.example.com"}, id="for-both-generations"),
        pytest.param(
            {**OF_1_0, **SCHEMES, "securityRequirements": [{"schemes": {"key": {"list": []}}}]}, id="secured"
        ),
        pytest.param({**OF_0_3, **SCHEMES, "security": [{"key": []}, {}]}, id="secured-0.3"),
        pytest.param({**OF_1_0, "skills": [{**SKILL, "input_schema": {"type": "object"}}]}, id="with-schema"),
    ],
)
def test_good_cards_are_accepted(card: object) -> None:
    assert complaints(card) == []


@pytest.mark.parametrize("card", [OF_1_0, OF_0_3], ids=["1.0", "0.3"])
@pytest.mark.parametrize("key", sorted(COMMON))
def test_protocol_requires_its_fields(card: dict[str, Any], key: str) -> None:
    rest = {name: value for name, value in card.items() if name != key}
    assert f": missing key {key!r}" in complaints(rest)


@pytest.mark.parametrize("card", [OF_1_0, OF_0_3], ids=["1.0", "0.3"])
@pytest.mark.parametrize("key", sorted(SKILL))
def test_protocol_requires_fields_of_skills(card: dict[str, Any], key: str) -> None:
    skill = {name: value for name, value in SKILL.items() if name != key}
    assert complaints({**card, "skills": [skill]}) == [f"skills[0]: missing key {key!r}"]


@pytest.mark.parametrize("key", sorted(INTERFACE))
def test_protocol_requires_fields_of_interfaces(key: str) -> None:
    interface = {name: value for name, value in INTERFACE.items() if name != key}
    assert complaints({**COMMON, "supportedInterfaces": [interface]}) == [
        f"supportedInterfaces[0]: missing key {key!r}"
    ]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        pytest.param(
            {**SIMPLE, "skills": [{"id": "a", "input_schema": {"required": "x"}}]},
            ["skills[0].input_schema.required: expected a list, got the text 'x'"],
            id="invalid-schema",
        ),
        pytest.param(
            {**OF_1_0, "capabilities": {"streaming": "yes"}},
            ["capabilities.streaming: expected true or false, got the text 'yes'"],
            id="capability",
        ),
        pytest.param(
            {**OF_0_3, **SCHEMES, "skills": [{**SKILL, "security": [{"kex": []}]}]},
            ["skills[0].security[0].kex: security scheme 'kex' is not among securitySchemes"],
            id="scheme-of-a-skill",
        ),
    ],
)
def test_bad_cards_are_explained(card: object, expected: list[str]) -> None:
    assert complaints(card) == expected
