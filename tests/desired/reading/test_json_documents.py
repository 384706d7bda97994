from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.reading.documents import Format, read_document
from reconciler.errors import DocumentError, Problem


def load(text: str) -> object:
    return read_document(text.encode(), file="c.json", suffix_format=Format.JSON).value


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(DocumentError) as caught:
        load(text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '{"a": 1,\n"a": 2}',
            ["c.json:2: duplicate key 'a': in line 1 and again in line 2"],
            id="duplicate",
        ),
        pytest.param(
            '{"a": {"b": 1},\n"a": {"b": 1}, "c": [\nNaN]}',
            [
                "c.json:2: duplicate key 'a': in line 1 and again in line 2",
                "c.json:3: expected a finite number, got NaN",
            ],
            id="several",
        ),
        pytest.param("[-Infinity]", ["c.json:1: expected a finite number, got -Infinity"], id="infinity"),
        pytest.param("[1e999]", ["c.json:1: expected a finite number, got 1e999"], id="overflow"),
        pytest.param(
            '{"a":\n"\\ud800"}',
            ["c.json:1: expected Unicode text, got half of a surrogate pair"],
            id="surrogate",
        ),
        pytest.param(
            '{"\\udfff": 1}',
            ["c.json:1: expected Unicode text, got half of a surrogate pair"],
            id="surrogate-key",
        ),
        pytest.param(
            "\n" + "1" * 5000, ["c.json:2: number too large: got a number of 5000 digits"], id="digits"
        ),
        pytest.param(
            "[" * 100_000, ["c.json:1: nested too deeply: expected at most 100 levels"], id="deep-unclosed"
        ),
        pytest.param(
            "[" * 101 + "]" * 101, ["c.json:1: nested too deeply: expected at most 100 levels"], id="deep"
        ),
        pytest.param(" \n", ["c.json:1: the file is empty: expected a JSON document"], id="empty"),
        pytest.param(
            '{"a": "x\0"}', ["c.json:1: not JSON: invalid control character, got '\\x00\"}'"], id="nul"
        ),
        pytest.param("{} {}", ["c.json:1: not JSON: extra data, got '{}'"], id="two"),
        pytest.param(
            '{\n"a": 1', ["c.json:2: not JSON: expecting ',' delimiter, got the end of the line"], id="cut"
        ),
    ],
)
def test_bad_json_is_explained(text: str, expected: list[str]) -> None:
    assert [str(problem) for problem in problems(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [{"b": 1}, {"b": 2}]}',
        '"\\ud83d\\ude00"',
        '"\\\\ud800"',
        "[" * 100 + "]" * 100,
        "[" * 99 + "1" + "]" * 99,
    ],
)
def test_unusual_json_is_read(text: str) -> None:
    assert load(text) == json.loads(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(VALUES, st.sampled_from([None, 1, "\t"]))
def test_every_field_is_found_again(value: object, indent: int | str | None) -> None:
    document = read_document(
        json.dumps(value, indent=indent).encode(), file="c.json", suffix_format=Format.JSON
    )
    assert document.value == value
    for path, scalar in fields(value, ()):
        written = document.written(path)
        assert written == (scalar if isinstance(scalar, str) else json.dumps(scalar))


def fields(value: object, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in fields(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in fields(item, (*path, index))]
    return [(path, value)]


@settings(max_examples=150)
@given(st.text(alphabet='ab01:-[]{},"\\ \n\t.eE+NnulItruDd8', max_size=40))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    lines: list[int | None] = []
    try:
        load(text)
    except DocumentError as exc:
        lines = [problem.line for problem in exc.problems]
    assert None not in lines
