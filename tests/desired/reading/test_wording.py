from __future__ import annotations

import pytest

from reconciler.desired.reading.wording import FieldPath, near_key, say_choices, say_path, say_value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("steps", 0, "timeout"), "steps[0].timeout"),
        ((2, "a"), "[2].a"),
        (("a", "b.c"), "a.'b.c'"),
        (("a", ""), "a.''"),
        (("a\n",), "'a\\n'"),
    ],
)
def test_paths_are_said_briefly(path: FieldPath, text: str) -> None:
    assert say_path(path) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "the boolean true"),
        (1.5, "the number 1.5"),
        pytest.param(10**5000, "a number of 16610 bits", id="huge"),
        ("", "empty text"),
        ("a\0", "the text 'a\\x00'"),
        ("x" * 100, "the text '" + "x" * 60 + "'…"),
        ([], "an empty list"),
        ([1, 2], "a list of 2"),
        ({}, "an empty object"),
        ({"a": 1}, "an object with 1 key"),
        ({"a": 1, "b": 1}, "an object with 2 keys"),
    ],
)
def test_values_are_said_with_their_type(value: object, text: str) -> None:
    assert say_value(value) == text


def test_choices_are_said_as_written() -> None:
    assert say_choices(["a", 1, True, None, 1.5, "", [1]]) == "a, 1, true, null, 1.5, '', a list of 1"
    assert say_choices(list(range(30))).endswith("18, 19, …")


@pytest.mark.parametrize(
    ("text", "near"),
    [("verison", "version"), ("version", "version"), ("owner", None), (3, None), ("v" * 100, None)],
)
def test_near_key_is_found(text: object, near: str | None) -> None:
    assert near_key(text, ["version", "name"]) == near
