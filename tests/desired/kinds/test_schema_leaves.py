"""The shortcut for small subschemas never says another thing than the library does."""

from __future__ import annotations

import json
from typing import Any

import jsonschema.validators
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator

from reconciler.desired.kinds.schema_leaves import leaf_of, shortened

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5, 3.0])
    | st.sampled_from(["", "a", "abc"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"])
SMALL: st.SearchStrategy[Any] = st.booleans() | st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
        "title": st.just("x"),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "minimum": st.integers(-2, 2),
        "maximum": st.integers(-2, 2),
        "exclusiveMinimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "pattern": st.just("^a"),
    },
)
SCHEMAS = st.recursive(
    SMALL,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
        },
    ),
    max_leaves=5,
)


@given(SMALL, VALUES)
def test_what_a_leaf_takes_is_valid(schema: Any, value: object) -> None:
    leaf = leaf_of(schema)
    if leaf is not None and leaf(value):
        assert Draft202012Validator(schema).is_valid(value)


def _errors(validator: Any, value: object) -> list[tuple[str, str]]:
    return sorted(
        (json.dumps(list(error.absolute_path)), error.message) for error in validator.iter_errors(value)
    )


@pytest.mark.parametrize("draft", [Draft202012Validator, Draft7Validator], ids=["2020-12", "7"])
@given(SCHEMAS, VALUES)
def test_shortened_keywords_find_the_same(draft: Any, schema: Any, value: object) -> None:
    untyped: Any = jsonschema.validators
    quick = untyped.extend(draft, shortened(draft.VALIDATORS))
    assert _errors(quick(schema), value) == _errors(draft(schema), value)


def test_boolean_of_draft_4_is_left_to_the_library() -> None:
    assert leaf_of({"type": "integer", "minimum": 1, "exclusiveMinimum": True}) is None
    assert not Draft4Validator({"minimum": 1, "exclusiveMinimum": True}).is_valid(1)


@pytest.mark.parametrize(
    "schema",
    [{"type": "string", "pattern": "a"}, {"type": "text"}, {"minLength": 1}, {"$ref": "#"}, False, 7, []],
)
def test_what_says_more_is_left_to_the_library(schema: object) -> None:
    assert leaf_of(schema) is None
