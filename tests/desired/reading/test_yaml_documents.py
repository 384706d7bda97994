from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.reading import yaml_documents
from reconciler.desired.reading.dates import DateText
from reconciler.desired.reading.documents import Format, read_document
from reconciler.errors import DocumentError, Problem

READ_THE_SAME_BY_BOTH_PARSERS = ["a: &a 1\nb: *a\nc: &a 3\nd: *a\n", "a: <<", "a: ="]
"""SafeLoader refuses these, and YAML does not."""
SAME_AS_SAFE_LOAD = [
    "a: 1\nb: [x, 2, 1.5, true, null, ~]\n",
    "'yes': [yes, No, ON, off, y, n]",
    "a: [0x1f, 0o17, 017, 0b101, 1_000, 1:30, -5, +5, 0, 08, 1e3, 1.0e+3, .5, 1., 1.5:30]",
    "a: '1'\nb: \"2\"\nc: |\n  text\n  more\nd: >-\n  folded\n  line\n",
    "a: !!str 1\nb: !!int '2'\nc: !!float 3\nd: !!bool 'yes'\ne: !!null ''\nf: ! 4\n",
    "a: !!seq [1]\nb: !!map {c: d}\n",
    "base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\nlist:\n  <<: [*b, {z: 1, x: 9}]\n",
    "a: &a [1, 2]\nb: *a\n",
    "'<<': 1",
    "a:\nb: ''\n",
    "[]",
    "{}",
    "text",
    "? a\n: b\n",
    "%YAML 1.1\n---\na: 1\n...\n",
    'a: Pläne → 😀 "\\u00e4\\n"',
    "a: 1 # comment\n\n\n",
]


def load(text: str) -> object:
    return read_document(text.encode(), file="w.yaml", suffix_format=Format.YAML).value


def problems(text: str | bytes) -> tuple[Problem, ...]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(DocumentError) as caught:
        read_document(content, file="w.yaml", suffix_format=Format.YAML)
    return caught.value.problems


@pytest.mark.parametrize("text", SAME_AS_SAFE_LOAD)
def test_values_are_those_of_safe_load(text: str) -> None:
    value = load(text)
    assert value == yaml.safe_load(text)
    assert repr(value) == repr(yaml.safe_load(text))


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml_documents.LOADER], ids=["python", "default"])
@pytest.mark.parametrize("text", SAME_AS_SAFE_LOAD + READ_THE_SAME_BY_BOTH_PARSERS)
def test_both_parsers_build_the_same(text: str, loader: Callable[..., object]) -> None:
    builder = yaml_documents.Builder()
    builder.read(yaml.parse(text, Loader=loader))  # type: ignore[arg-type]  # any loader has the methods
    assert (builder.value, builder.problems) == yaml_documents.load(text)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(VALUES, st.booleans())
def test_what_yaml_dumps_comes_back(value: object, flow: bool) -> None:
    text = yaml.safe_dump({"value": value}, default_flow_style=flow, allow_unicode=True)
    assert load(text) == yaml.safe_load(text)


def test_anchors_may_be_set_again() -> None:
    assert load("a: &a 1\nb: *a\nc: &a 3\nd: *a\n") == {"a": 1, "b": 1, "c": 3, "d": 3}


def test_dates_stay_text() -> None:
    text = "a: 2024-01-01\nb: 2024-01-01 10:00:00\n'2024-01-02': c\n"
    assert load(text) == {"a": "2024-01-01", "b": "2024-01-01 10:00:00", "2024-01-02": "c"}


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        pytest.param("2024-01-01", True, id="day"),
        pytest.param("2001-12-14t21:59:43.10-05:00", True, id="time"),
        pytest.param("2001-1-4 21:59:43", True, id="time-with-a-space"),
        pytest.param("!!timestamp 2024-01-01", True, id="tagged"),
        pytest.param("'2024-01-01'", False, id="quoted"),
        pytest.param("!!str 2024-01-01", False, id="tagged-as-text"),
        pytest.param("2024-01", False, id="month"),
        pytest.param("2024-01-01-a", False, id="name"),
    ],
)
def test_dates_are_known_by_their_type(text: str, *, is_date: bool) -> None:
    assert isinstance(load(text), DateText) is is_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a: 1\nb: 2\na: 3\n", ["w.yaml:3: duplicate key 'a': in line 1 and again in line 3"], id="key"
        ),
        pytest.param(
            "{a: 1, a: 2}", ["w.yaml:1: duplicate key 'a': in line 1 and again in line 1"], id="one-line"
        ),
        pytest.param(
            "b: &b {x: 1}\nc:\n  <<: *b\n  <<: *b\n",
            ["w.yaml:4: duplicate key '<<': in line 3 and again in line 4"],
            id="merge",
        ),
        pytest.param(
            "a: 1\na: 2\nb: [\n",
            [
                "w.yaml:2: duplicate key 'a': in line 1 and again in line 2",
                "w.yaml:3: not YAML: did not find expected node content while parsing a flow node: "
                "got the end of the file",
            ],
            id="and-syntax",
        ),
    ],
)
def test_duplicate_keys_name_both_lines(text: str, expected: list[str]) -> None:
    assert [str(problem) for problem in problems(text)] == expected


@pytest.mark.parametrize(
    ("text", "line", "code", "message"),
    [
        pytest.param("", 1, "empty", "the file is empty: expected a document", id="empty"),
        pytest.param("# only this\n", 1, "empty", "the file is empty: expected a document", id="comment"),
        pytest.param(
            "---\n",
            1,
            "empty",
            "the file is empty: expected a document, got only comments or `---`",
            id="dashes",
        ),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            2,
            "several-documents",
            "several documents in one file: expected one, got another after `---`",
            id="two-documents",
        ),
        pytest.param(
            "a: !env X", 1, "custom-tag", "tag not allowed: expected plain YAML, got '!env'", id="tag"
        ),
        pytest.param(
            "a: !!binary eA==",
            1,
            "custom-tag",
            "tag not allowed: expected plain YAML, got '!!binary'",
            id="binary",
        ),
        pytest.param(
            "a: !x {b: 1}",
            1,
            "custom-tag",
            "tag not allowed: expected plain YAML, got '!x'",
            id="tagged-object",
        ),
        pytest.param(
            "\n1: a",
            2,
            "key-not-text",
            "expected a key of text, got the number 1",
            id="number-key",
        ),
        pytest.param(
            "a:\n  2024-01-02: c\n",
            2,
            "key-not-text",
            "expected a key of text, got the date 2024-01-02",
            id="date-key",
        ),
        pytest.param(
            "on: a", 1, "key-not-text", "expected a key of text, got the boolean true (written on)", id="on"
        ),
        pytest.param(
            "? [a]\n: b", 1, "key-not-text", "expected a key of text, got a list of 1", id="list-key"
        ),
        pytest.param(
            "~: b", 1, "key-not-text", "expected a key of text, got nothing (written ~)", id="null-key"
        ),
        pytest.param("a: .nan", 1, "not-finite", "expected a finite number, got '.nan'", id="nan"),
        pytest.param(
            "a: 1.0e+999", 1, "not-finite", "expected a finite number, got '1.0e+999'", id="overflow"
        ),
        pytest.param("a: !!int x", 1, "invalid-scalar", "not a value of type int: got 'x'", id="not-an-int"),
        pytest.param(
            "a: 0x" + "f" * 3800,
            1,
            "number-too-large",
            "number too large: got a number of 15200 bits",
            id="hex",
        ),
        pytest.param(
            "a: 1" + ":1" * 500_000,
            1,
            "number-too-large",
            "number too large: expected at most 4,000 digits, got 1,000,001",
            id="sexagesimal",
        ),
        pytest.param(
            "a: *b", 1, "unknown-alias", "unknown alias: expected an anchor above, got *b", id="alias"
        ),
        pytest.param(
            "&a [*a]",
            1,
            "recursive-alias",
            "alias *a contains itself: expected a finite document",
            id="recursive",
        ),
        pytest.param(
            "a: {<<: 3}",
            1,
            "invalid-merge",
            "expected an object or a list of objects to merge with `<<`, got the number 3",
            id="merge",
        ),
        pytest.param("a:\n\tb: 1\n", 2, "tab", "a tab as indentation: expected spaces", id="tab"),
        pytest.param(
            "a: b\nc: \0", 2, "control-character", "expected text, got the control character U+0000", id="nul"
        ),
        pytest.param(
            "a: \x07", 1, "control-character", "expected text, got the control character U+0007", id="bell"
        ),
        pytest.param(
            "[" * 100_000,
            1,
            "nested-too-deeply",
            "nested too deeply: expected at most 100 levels",
            id="flow-depth",
        ),
        pytest.param(
            "- " * 100_000,
            1,
            "nested-too-deeply",
            "nested too deeply: expected at most 100 levels",
            id="block-depth",
        ),
        pytest.param(
            "a: b: c", 1, "not-yaml", "not YAML: mapping values are not allowed in this context", id="syntax"
        ),
    ],
)
def test_bad_yaml_is_explained(text: str, line: int, code: str, message: str) -> None:
    [problem] = problems(text)
    assert (problem.file, problem.line, problem.code, problem.message) == ("w.yaml", line, code, message)


def test_all_bad_scalars_are_reported() -> None:
    assert [problem.line for problem in problems("a: .inf\nb: !x y\n1: c\n")] == [1, 2, 3]


def test_unclosed_list_is_reported_where_it_opens() -> None:
    [problem] = problems("a: 1\nb: [1,\n  2\n")
    assert problem.line == 2
    assert "got the end of the file, opened here" in problem.message


def test_hundred_levels_are_read() -> None:
    assert load("[" * 100 + "]" * 100) == yaml.safe_load("[" * 100 + "]" * 100)


def test_billion_laughs_are_refused() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    [problem] = problems("\n".join(lines))
    assert problem.line == 5
    assert problem.message == "aliases expand to too much: expected at most 100,000 more nodes"


def test_ordinary_aliases_are_read() -> None:
    text = "base: &base {timeout: 5}\n" + "".join(f"s{n}: *base\n" for n in range(1000))
    assert load(text) == yaml.safe_load(text)


def test_problems_have_an_end() -> None:
    assert len(problems("".join(f"{n}: x\n" for n in range(5000)))) == 100


@settings(max_examples=150)
@given(st.text(alphabet="ab01:-[]{},&*<!?|>'\"#%@ \n\t.~\\", max_size=40))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    lines: list[int | None] = []
    try:
        load(text)
    except DocumentError as exc:
        lines = [problem.line for problem in exc.problems]
    assert None not in lines


def chained(links: int, levels: int) -> str:
    """Anchors that each hold the one before, some levels deeper."""
    lines = ["k0: &k0 [x]"]
    for number in range(1, links + 1):
        lines.append(f"k{number}: &k{number} {'[' * levels}*k{number - 1}{']' * levels}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("links", "levels", "line"),
    [
        pytest.param(1, 90, None, id="once"),
        pytest.param(2, 49, None, id="just-below"),
        pytest.param(2, 50, 3, id="just-above"),
        pytest.param(30, 90, 3, id="far-above"),
        pytest.param(99, 1, 100, id="step-by-step"),
    ],
)
def test_aliases_count_as_levels(links: int, levels: int, line: int | None) -> None:
    _, problems = yaml_documents.load(chained(links, levels))
    assert [(problem.code, problem.line) for problem in problems] == (
        [] if line is None else [("nested-too-deeply", line)]
    )
