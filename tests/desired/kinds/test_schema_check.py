from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reconciler.desired.kinds.schema_check import VIOLATIONS_MAX, check, check_metaschema
from reconciler.desired.kinds.schemas import Schema
from reconciler.desired.reading.dates import DateText
from reconciler.desired.reading.wording import FieldPath

ARTIFACT: dict[str, Any] = {
    "type": "object",
    "required": ["name", "files"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "files": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string"}},
        "version": {
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["field"],
                    "properties": {"field": {"type": "string"}},
                    "additionalProperties": False,
                },
            ]
        },
        "cost": {"enum": ["low", "medium", "high"]},
        "jobs": {"type": "integer", "minimum": 1, "maximum": 8},
    },
}


def found(value: object, schema: dict[str, Any] | bool) -> list[tuple[FieldPath, str, str]]:
    violations = check(value, Schema("s.json", schema, is_foreign=True))
    return [(violation.path, violation.code, violation.message) for violation in violations]


GOOD = {"name": "a", "files": ["b"]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(GOOD, [], id="good"),
        pytest.param([], [((), "wrong-type", "expected an object, got an empty list")], id="other-type"),
        pytest.param(
            {},
            [((), "missing-key", "missing key 'files'"), ((), "missing-key", "missing key 'name'")],
            id="both-missing",
        ),
        pytest.param(
            {**GOOD, "verison": "1", "zzz": 2},
            [
                (("verison",), "unknown-key", "unknown key 'verison': did you mean 'version'?"),
                (
                    ("zzz",),
                    "unknown-key",
                    "unknown key 'zzz': expected one of cost, files, jobs, name, version",
                ),
            ],
            id="unknown-keys",
        ),
        pytest.param(
            {**GOOD, "cost": "hihg"},
            [
                (
                    ("cost",),
                    "not-allowed",
                    "expected one of low, medium, high, got the text 'hihg': did you mean 'high'?",
                )
            ],
            id="enum",
        ),
        pytest.param(
            {**GOOD, "version": 1.1},
            [(("version",), "no-form-matches", "expected text or an object, got the number 1.1")],
            id="no-branch",
        ),
        pytest.param(
            {**GOOD, "version": {"feild": "a"}},
            [
                (("version",), "missing-key", "missing key 'field'"),
                (("version", "feild"), "unknown-key", "unknown key 'feild': did you mean 'field'?"),
            ],
            id="nearest-branch",
        ),
        pytest.param(
            {**GOOD, "jobs": 9},
            [(("jobs",), "too-large", "expected at most 8, got the number 9")],
            id="maximum",
        ),
        pytest.param(
            {**GOOD, "jobs": True},
            [(("jobs",), "wrong-type", "expected a whole number, got the boolean true")],
            id="true",
        ),
        pytest.param(
            {"name": "", "files": []},
            [
                (("files",), "too-small", "expected at least 1 items, got 0"),
                (("name",), "too-small", "expected at least 1 characters, got 0"),
            ],
            id="empty",
        ),
        pytest.param(
            {"name": "a", "files": ["b", "b"]},
            [(("files",), "not-unique", "expected every item once, got the text 'b' again")],
            id="twice",
        ),
        pytest.param(
            {"name": dt.date(2024, 1, 1), "files": ["b"]},
            [(("name",), "wrong-type", "expected text, got the date 2024-01-01")],
            id="toml-date",
        ),
    ],
)
def test_every_violation_is_told(value: object, expected: list[tuple[FieldPath, str, str]]) -> None:
    assert found(value, ARTIFACT) == expected


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        pytest.param({"const": 1}, 2, "expected 1, got the number 2", id="const"),
        pytest.param(
            {"enum": [1, True, None]}, "a", "expected one of 1, true, null, got the text 'a'", id="enum"
        ),
        pytest.param(
            {"pattern": "^a$"}, "b", "expected text that matches ^a$, got the text 'b'", id="pattern"
        ),
        pytest.param(
            {"pattern": "^a$", "patternErrorMessage": "expected an a"},
            "b",
            "expected an a, got the text 'b'",
            id="own-words",
        ),
        pytest.param({"exclusiveMinimum": 0}, 0, "expected more than 0, got the number 0", id="more-than"),
        pytest.param({"exclusiveMaximum": 0}, 0, "expected less than 0, got the number 0", id="less-than"),
        pytest.param({"maxLength": 1}, "ab", "expected at most 1 characters, got 2", id="length"),
        pytest.param({"maxProperties": 0}, {"a": 1}, "expected at most 0 keys, got 1", id="keys"),
        pytest.param(
            {"not": {"type": "string"}},
            "a",
            "expected what the schema says with not, got the text 'a'",
            id="not",
        ),
        pytest.param({"type": ["string", "null"]}, 1, "expected text or null, got the number 1", id="types"),
        pytest.param(False, "a", "expected nothing here, got the text 'a'", id="never"),
        pytest.param(
            {"oneOf": [{"minLength": 1}, {"type": "string"}]},
            "a",
            "expected exactly one form to match, got the text 'a', which several do",
            id="two-forms",
        ),
        pytest.param({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "missing key 'b'", id="dependent"),
        pytest.param(
            {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False},
            {"a": 1, "b": 2},
            "unknown key 'b': expected no keys",
            id="unevaluated",
        ),
        pytest.param(
            {"propertyNames": {"pattern": "^[a-z]+$"}},
            {"ok": 1, "Not": 2},
            "key 'Not': expected text that matches ^[a-z]+$, got the text 'Not'",
            id="name",
        ),
        pytest.param(
            {"$ref": "https://example.com/other.json"},
            1,
            "s.json: expected references within the schema, got 'https://example.com/other.json'",
            id="remote",
        ),
        pytest.param(
            {"$ref": "#"},
            1,
            "s.json: expected a schema that ends, got one that refers to itself",
            id="endless",
        ),
        pytest.param(
            {"pattern": "("},
            "a",
            "s.json: expected a regular expression: missing ), unterminated subpattern at position 0: '('",
            id="regex",
        ),
    ],
)
def test_violations_say_what_was_expected(schema: dict[str, Any] | bool, value: object, message: str) -> None:
    assert [text for _, _, text in found(value, schema)] == [message]


def test_metaschema_can_be_referred_to() -> None:
    assert found({"type": "object"}, {"$ref": "https://json-schema.org/draft/2020-12/schema"}) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"timeout": 1, "owner": 2}, [], id="others-are-allowed"),
        pytest.param({"tiemout": 1}, ["unknown key 'tiemout': did you mean 'timeout'?"], id="misspelt"),
        pytest.param({"timeout": 1, "timeouts": 2}, [], id="known-one-is-there"),
        pytest.param([], [], id="no-object"),
    ],
)
def test_near_keys_are_refused(value: object, expected: list[str]) -> None:
    schema = {"x-near-keys": True, "properties": {"timeout": {}, "skill": {}}}
    assert [message for _, _, message in found(value, schema)] == expected


def test_numbers_for_text_ask_for_quotes() -> None:
    [violation] = check(1.1, Schema("s", {"type": "string"}))
    assert (violation.message, violation.wants_text, violation.fix) == (
        "expected text, got the number 1.1",
        True,
        "quote it",
    )


DATE = DateText("2020-01-01")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param({"type": "string"}, "expected text, got the date 2020-01-01", id="text"),
        pytest.param({"type": "string", "minLength": 99, "pattern": "x"}, "expected text, got the date 2020-01-01", id="once"),
        pytest.param({"type": ["string", "number"]}, "expected text or a number, got the date 2020-01-01", id="text-or-number"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "array"}]}, "expected text or a list, got the date 2020-01-01", id="forms"),
        pytest.param({"type": "integer"}, "expected a whole number, got the date 2020-01-01", id="number"),
        pytest.param({}, None, id="anything"),
        pytest.param({"enum": ["2020-01-01"]}, None, id="that-very-word"),
        pytest.param({"type": "string", "format": "date"}, None, id="schema-of-a-date"),
    ],
)  # fmt: skip
def test_dates_are_no_text(schema: dict[str, Any], message: str | None) -> None:
    wrong = [] if message is None else [message]
    assert [text for _, _, text in found({"a": DATE}, {"properties": {"a": schema}})] == wrong
    assert [text for _, _, text in found([DATE], {"items": schema})] == wrong


def test_dates_are_text_where_the_schema_says_so() -> None:
    assert found([DATE], {"x-dates-are-text": True, "items": {"type": "string"}}) == []


@pytest.mark.parametrize(
    ("schema", "value", "fix"),
    [
        pytest.param({"type": "string"}, DATE, "quote it", id="date"),
        pytest.param({"type": "string"}, False, "quote it", id="boolean"),
        pytest.param({"enum": ["low", "high"]}, False, "write one of low, high", id="boolean-for-a-word"),
        pytest.param({"enum": ["yes", "no"]}, False, "quote it", id="boolean-that-is-the-word"),
        pytest.param({"enum": ["1", "2"]}, 1, "quote it", id="number-that-is-the-word"),
        pytest.param({"enum": ["low", "high"]}, "lowe", "write low", id="misspelt-word"),
        pytest.param({"type": "integer"}, "30", "write it without quotes", id="number-in-quotes"),
        pytest.param({"type": "number"}, "-1.5", "write it without quotes", id="fraction-in-quotes"),
        pytest.param({"type": "boolean"}, "true", "write it without quotes", id="boolean-in-quotes"),
        pytest.param({"type": "integer"}, "1.5", None, id="fraction-for-a-whole-number"),
        pytest.param({"type": "integer"}, "soon", None, id="word-for-a-number"),
    ],
)
def test_fix_says_what_to_write(schema: dict[str, Any], value: object, fix: str | None) -> None:
    [violation] = check(value, Schema("s", schema))
    assert violation.fix == fix


def test_indexes_are_sorted_as_numbers() -> None:
    assert [path for path, _, _ in found(["a"] * 11, {"items": {"type": "integer"}})] == [
        (n,) for n in range(11)
    ]


def test_violations_have_an_end() -> None:
    violations = found(["a"] * (VIOLATIONS_MAX * 2), {"items": {"type": "integer"}})
    assert len(violations) == VIOLATIONS_MAX + 1
    assert violations[-1] == ((), "too-many", "got more than 1,000 problems: the rest is not shown")


def test_shown_values_are_short_and_printable() -> None:
    [(_, _, message)] = found("\x1b[31m" + "x" * 10**6, {"maxLength": 1, "pattern": "a", "type": "integer"})[
        -1:
    ]
    assert len(message) < 200
    assert message.isprintable()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"type": "object"}, [], id="no-draft"),
        pytest.param(
            {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {}}, [], id="draft-7"
        ),
        pytest.param(
            {"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": True, "minimum": 1},
            [],
            id="draft-4",
        ),
        pytest.param(True, [], id="true"),
        pytest.param(3, ["expected an object or true or false, got the number 3"], id="number"),
        pytest.param(
            {"type": "strnig"},
            [
                "expected one of array, boolean, integer, null, number, object, string, got the text 'strnig': "
                "did you mean 'string'?"
            ],
            id="type",
        ),
        pytest.param({"$schema": "http://json-schema.org/schema#", "type": "object"}, [], id="latest-draft"),
        pytest.param(
            {"$schema": "https://example.com/mine"},
            [
                "expected a draft of JSON Schema such as https://json-schema.org/draft/2020-12/schema, "
                "got the text 'https://example.com/mine'"
            ],
            id="unknown-draft",
        ),
        pytest.param({"$schema": 4}, ["expected text, got the number 4"], id="draft-number"),
        pytest.param({"pattern": "^\\p{Lu}"}, [], id="pattern-of-another-language"),
    ],
)
def test_schemas_are_checked_by_their_draft(value: object, expected: list[str]) -> None:
    assert [violation.message for violation in check_metaschema(value)] == expected
