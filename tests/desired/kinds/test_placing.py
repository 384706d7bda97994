from __future__ import annotations

from textwrap import dedent

import pytest

from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.placing import PROBLEMS_MAX, report
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.documents import Document, Format, read_document
from reconciler.errors import Problem, Severity


def read(text: str) -> Document:
    return read_document(dedent(text).encode(), file="f.yaml", suffix_format=Format.YAML)


def check(text: str) -> list[Problem]:
    return check_document(read(text), builtin_kinds()["workflow"])


def places(text: str) -> list[str]:
    return [f"{one.line}:{one.column} {one.path}: {one.message} [{one.code}]" for one in check(text)]


HEAD = "metadata: {name: A, version: 1.0.0}\n"
BAD = "expected a whole number, got the text 'bad'"
NIX = "expected one of sequential, parallel, conditional, switch, got the text 'nix'"
NOPE = "reads 'steps.nope', which is not defined"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "x: &st\n  - {id: one, skill: a, timeout: bad}\nsteps:\n  - {id: p, branches: *st}\n",
            [f"3:25 steps[0].branches[0].timeout: {BAD} (used in line 5) [wrong-type]"],
            id="alias",
        ),
        pytest.param(
            "x: &base\n  timeout: bad\nsteps:\n  - id: a\n    skill: b\n    <<: *base\n",
            [f"3:3 steps[0].timeout: {BAD} (used in line 7) [wrong-type]"],
            id="merge",
        ),
        pytest.param(
            "steps:\n  - <<:\n      - {timeout: 5}\n      - step_type: nix\n    id: c\n    skill: d\n",
            [f"5:9 steps[0].step_type: {NIX} [not-allowed]"],
            id="merge-of-objects-there",
        ),
        pytest.param(
            "x: &a {timeout: 5}\ny: &b\n  step_type: nix\nsteps:\n"
            "  - {id: c, skill: d, <<: [*a, *b]}\n  - {id: e, skill: d, <<: [*a, *b]}\n",
            [f"4:3 steps[0].step_type: {NIX} (used in lines 6, 7) [not-allowed]"],
            id="merge-of-a-list-used-twice",
        ),
        pytest.param(
            "x: &a {step_type: nix}\ny: &b {<<: *a}\nsteps:\n  - {id: c, skill: d, <<: *b}\n",
            [f"2:8 steps[0].step_type: {NIX} (used in line 5) [not-allowed]"],
            id="merge-of-a-merge",
        ),
        pytest.param(
            "x: &a {step_type: nix}\nsteps:\n  - {<<: *a, id: c, skill: d, step_type: nux}\n",
            [f"4:31 steps[0].step_type: {NIX.replace('nix', 'nux')} [not-allowed]"],
            id="own-key-wins",
        ),
        pytest.param(
            "x: &t bad\nsteps:\n"
            + "".join(f"  - {{id: a{number}, skill: b, timeout: *t}}\n" for number in range(5)),
            [f"2:1 steps[0].timeout: {BAD} (used in lines 4, 5, 6, …) [wrong-type]"],
            id="scalar-used-often",
        ),
        pytest.param(
            "x: &t 5\nsteps:\n  - {id: a, skill: b, tiemout: *t}\n",
            [
                "4:23 steps[0].tiemout: unknown key 'tiemout': did you mean 'timeout'? [unknown-key]",
            ],
            id="key-of-an-alias",
        ),
        pytest.param(
            "steps:\n  - &one\n    id: a\n    skill: b\n  - *one\n",
            [
                "4:5 steps[1].id: step id 'a' is used again: first at steps[0] (used in line 6) [PLT010]",
            ],
            id="alias-of-a-step",
        ),
        pytest.param(
            'x: &in\n  a: "{{ steps.nope }}"\nsteps:\n'
            "  - {id: a, skill: b, inputs: *in}\n  - {id: c, skill: b, inputs: *in}\n",
            [f"3:3 steps[0].inputs.a: step 'a' {NOPE} (used in lines 5, 6) [PLT012]"],
            id="expression-of-two-steps",
        ),
        pytest.param(
            "x: &key timeout\nsteps:\n  - {id: a, skill: b, *key : bad}\n",
            [f"4:23 steps[0].timeout: {BAD} [wrong-type]"],
            id="alias-as-a-key",
        ),
        pytest.param(
            'steps:\n  - {id: a, skill: b, "<<": {x: "{{ steps.nope }}"}}\n',
            [f"3:30 steps[0].<<.x: step 'a' {NOPE} [PLT012]"],
            id="quoted-merge-is-a-key",
        ),
    ],
)
def test_problem_is_where_it_was_written(text: str, expected: list[str]) -> None:
    assert places(HEAD + text) == expected


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        pytest.param("|\n  one\n  two {{ steps.nope }}\n", "5:10", id="block"),
        pytest.param(">-\n  steps\n\n  two {{ steps.nope }}\n", "6:10", id="folded"),
        pytest.param('"one\n  two {{ steps.nope }}"\n', "4:10", id="quoted"),
        pytest.param("one\n  two {{ steps.nope }}\n", "4:10", id="plain"),
        pytest.param("|\n  {# steps #}\n  {{ 'steps' ~\n  steps.nope }}\n", "6:3", id="other-mentions"),
        pytest.param('"\\x73teps\n  {{ steps.nope }}"\n', "3:1", id="escaped"),
        pytest.param('"{{ steps.nope }}"\n', "3:1", id="one-line"),
    ],
)
def test_line_of_an_expression_is_its_own(scalar: str, expected: str) -> None:
    [problem] = check(f"{HEAD}steps: [{{id: a, skill: b}}]\nx: {scalar}")
    assert (f"{problem.line}:{problem.column}", problem.code) == (expected, "PLT012")


def test_same_words_in_several_lines_are_told_once() -> None:
    text = "steps: [{id: a, skill: b}]\nx: |\n  {{ steps.nope }}\n  {{ steps.nope }}\n  {{ steps.no }}\n"
    assert [(one.line, one.column) for one in check(HEAD + text)] == [(4, 6), (6, 6)]


@pytest.mark.parametrize(
    ("at_key", "at_use", "expected"),
    [
        pytest.param("", "", ["steps[0].inputs.a"], id="none"),
        pytest.param("  # pallet: ignore PLT012", "", [], id="at-the-key"),
        pytest.param("", "  # pallet: ignore PLT012", ["x.a"], id="at-the-alias"),
    ],
)
def test_comment_counts_where_it_can_stand(at_key: str, at_use: str, expected: list[str]) -> None:
    text = f"x: &in\n  a: |{at_key}\n    one\n    {{{{ steps.nope }}}}\n"
    text += f"steps:\n  - {{id: a, skill: b, inputs: *in}}{at_use}\n"
    assert [one.path for one in check(HEAD + text)] == expected


def test_problems_of_one_sort_have_an_end() -> None:
    many = [Violation(("a",), "PLT010", f"{number}") for number in range(PROBLEMS_MAX + 2_000)]
    doubts = [
        Violation(("b",), "PLT015", f"{number}", severity=Severity.WARNING) for number in range(PROBLEMS_MAX)
    ]
    found = report(read("a: 1\nb: 2\n"), [*many, *doubts])
    assert len(found) == 2 * PROBLEMS_MAX + 1
    [rest] = [problem for problem in found if "more" in problem.message]
    assert (rest.code, rest.message, rest.severity, rest.line) == (
        "PLT010",
        "and 2,000 more of this sort, which are not shown",
        Severity.ERROR,
        1,
    )


def test_what_is_not_shown_is_an_error_all_the_same() -> None:
    doubts = [
        Violation(("a",), "PLT015", f"{number}", severity=Severity.WARNING)
        for number in range(PROBLEMS_MAX * 2)
    ]
    found = report(read("a: 1\nb: 2\n"), [*doubts, Violation(("b",), "PLT010", "x")])
    assert [problem.severity for problem in found if problem.code == "PLT010"] == [Severity.ERROR]
