"""Expressions of others: found, refused, and never endless."""

from __future__ import annotations

import pytest

from reconciler.desired.kinds import patterns
from reconciler.desired.kinds.patterns import (
    SLOW_TIMES_MAX,
    PatternError,
    Searches,
    check_pattern,
    is_found,
)
from reconciler.desired.kinds.schema_check import check
from reconciler.desired.kinds.schema_patterns import find_unbounded
from reconciler.desired.kinds.schemas import Schema

SLOW = "^(a|aa)+$"
LONG = "a" * 60 + "b"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param("b", "abc", True, id="anywhere"),
        pytest.param("^b", "abc", False, id="from-the-start"),
        pytest.param("^a.*c$", "abc", True, id="repeat"),
        pytest.param("^(?=.*[0-9])[a-z0-9]{4,}$", "abc1", True, id="look-ahead"),
        pytest.param(r"^\d+$", "12", True, id="digits"),
        pytest.param("[[a]+", "[", True, id="set-with-a-bracket"),
        pytest.param("", "", True, id="empty"),
    ],
)
def test_expressions_are_found(pattern: str, text: str, expected: bool) -> None:
    assert is_found(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param("(", "expected a regular expression: missing ), unterminated", id="unclosed"),
        pytest.param("(+", "expected a regular expression: ", id="unclosed-repeat"),
        pytest.param("a{2,1}", "expected a regular expression: ", id="turned-round"),
        pytest.param("(?a)(?u)a", "expected a regular expression: ", id="clashing-flags"),
        pytest.param("(?a)(?u)a+", "expected a regular expression: ", id="clashing-flags-and-a-repeat"),
        pytest.param("a" * 10_001, "expected a regular expression of at most 10,000 characters", id="long"),
    ],
)
def test_what_is_no_expression_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        check_pattern(pattern)
    assert str(caught.value).startswith(message)
    assert caught.value.code == "invalid-pattern"


def test_search_without_end_is_given_up() -> None:
    with pytest.raises(PatternError) as caught:
        is_found(SLOW, LONG)
    assert (
        str(caught.value)
        == f"expected a regular expression that answers within {patterns.SEARCH_MAX_S:g} s, got a slower one"
    )


def test_slow_expression_is_given_little_time_again() -> None:
    searches = Searches(search_max_s=0.05)
    for _ in range(SLOW_TIMES_MAX * 2):
        with pytest.raises(PatternError) as caught:
            searches.is_found(SLOW, LONG)
        assert (caught.value.code, caught.value.text) == ("slow-pattern", LONG)
    assert (searches.slow, searches.bounded) == ({SLOW: SLOW_TIMES_MAX}, SLOW_TIMES_MAX)


def test_slow_expression_still_answers_for_other_texts() -> None:
    searches = Searches(search_max_s=0.05)
    with pytest.raises(PatternError):
        searches.is_found(SLOW, LONG)
    assert searches.is_found(SLOW, "aaa")


def test_slow_searches_have_an_end_together() -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 4.0  # every search takes as long
        return now[0]

    searches = Searches(slow_max_s=8.0, clock=clock)
    assert [searches.is_found(f"^{letter}+$", "b") for letter in "abc"] == [False, True, False]
    assert searches.slow_s == 12.0
    with pytest.raises(PatternError):
        searches.is_found(SLOW, LONG)  # after a hundredth of a second, not after one


def test_quick_searches_do_not_count() -> None:
    searches = Searches(clock=lambda: 0.0)
    assert searches.is_found("^a+$", "aaa")
    assert (searches.bounded, searches.slow_s) == (1, 0)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param(r"^\u{1F600}$", "\U0001f600", id="code-point"),
        pytest.param("^[^]$", "\n", id="anything"),
        pytest.param(r"^\cA$", "\x01", id="control"),
        pytest.param(r"^(?<x>a)\k<x>$", "aa", id="named-group"),
        pytest.param("(?<x>a)", "a", id="named-group-without-repeats"),
        pytest.param(r"^\p{Lu}$", "Ä", id="property"),
        pytest.param(r"^\\u{1,2}$", "\\uu", id="escaped-backslash"),
    ],
)
def test_expressions_of_other_engines_are_found(pattern: str, text: str) -> None:
    assert is_found(pattern, text)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"pattern": SLOW}, id="pattern"),
        pytest.param({"patternProperties": {SLOW: True}}, id="pattern-properties"),
        pytest.param({"patternProperties": {SLOW: True}, "additionalProperties": False}, id="additional"),
        pytest.param({"additionalProperties": False, "patternProperties": {SLOW: True}}, id="other-order"),
        pytest.param({"propertyNames": {"pattern": SLOW}}, id="property-names"),
        pytest.param({"anyOf": [{"not": {"propertyNames": {"pattern": SLOW}}}]}, id="deep"),
    ],
)
def test_schema_that_searches_without_end_is_said(schema: dict[str, object]) -> None:
    value: object = LONG if "pattern" in schema else {LONG: 1}
    [violation] = check(value, Schema("s.json", schema, is_foreign=True))
    assert violation.code == "slow-pattern"
    assert violation.message.startswith("s.json: expected a regular expression that answers within")
    assert violation.fix == "write it without a repeat of something that holds a repeat itself"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param({"a": [1, {"b": LONG}], "c": 1}, ("a", 1, "b"), id="text"),
        pytest.param({"a": {LONG: 1}}, ("a", LONG), id="key"),
    ],
)
def test_slow_search_is_said_at_its_field(value: object, path: tuple[str | int, ...]) -> None:
    schema = {
        "$ref": "#/$defs/any",
        "$defs": {
            "any": {
                "pattern": SLOW,
                "items": {"$ref": "#/$defs/any"},
                "propertyNames": {"$ref": "#/$defs/any"},
                "additionalProperties": {"$ref": "#/$defs/any"},
            }
        },
    }
    found = check(value, Schema("s.json", schema, is_foreign=True))
    assert [violation.path for violation in found if violation.code == "slow-pattern"] == [path]


def test_schema_that_refers_to_itself_is_bounded_too() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"child": {"$ref": "#"}},
        "pattern": SLOW,
    }
    found = check({"child": LONG}, Schema("s.json", schema, is_foreign=True))
    assert [(violation.path, violation.code) for violation in found] == [(("child",), "slow-pattern")]


def test_slow_search_hides_nothing_before_it() -> None:
    schema = {"properties": {"a": {"type": "integer"}, "b": {"pattern": SLOW}}}
    found = check({"a": "x", "b": LONG}, Schema("s.json", schema, is_foreign=True))
    assert [violation.code for violation in found] == ["wrong-type", "slow-pattern"]


def test_unevaluated_properties_want_simple_expressions() -> None:
    slow = {"properties": {"a": {"patternProperties": {SLOW: True, "^x-.*$": True}}}}
    assert find_unbounded(slow) == []
    [violation] = find_unbounded({**slow, "unevaluatedProperties": False})
    assert violation.path == ("properties", "a", "patternProperties", SLOW)
    assert violation.message == (
        f"beside unevaluatedProperties, expected an expression that repeats one character at most, got '{SLOW}'"
    )


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        pytest.param({"x-a": 1, "known": 2}, [], id="good"),
        pytest.param({"x-a": "1"}, [("x-a",)], id="wrong-value"),
        pytest.param({"y": 1, "z": 2}, [("y",), ("z",)], id="extra-keys"),
    ],
)
def test_bounded_keywords_mean_what_the_plain_ones_do(value: object, paths: list[tuple[str, ...]]) -> None:
    schema = {
        "properties": {"known": True},
        "patternProperties": {"^x-[a-z]+$": {"type": "integer"}},
        "additionalProperties": False,
    }
    for is_foreign in (False, True):
        violations = check(value, Schema("s.json", schema, is_foreign=is_foreign))
        assert [violation.path for violation in violations] == paths
