from __future__ import annotations

import pytest

from reconciler.desired.kinds.rules.workflow import WORKFLOW
from reconciler.desired.reading.documents import Format, read_document
from reconciler.desired.reading.wording import FieldPath

AFTER_PARALLEL = """
steps:
  - id: both
    step_type: parallel
    branches:
      steps:
        - {id: left, skill: a}
        - {id: right, skill: b, inputs: {x: "{{ steps.left.outputs }}"}}
  - {id: end, skill: c, inputs: {x: "{{ steps.left.outputs }}", y: "{{ steps['right'].outputs }}"}}
"""
SWITCH = """
steps:
  - {id: look, skill: look}
  - id: pick
    skill: pick
    step_type: switch
    condition: "{{ steps.look.outputs }}"
    branches:
      one:
        - {id: first, skill: a, inputs: {x: "{{ steps.look.outputs }}", y: "{{ steps.pick.outputs }}"}}
        - {id: second, skill: b, inputs: {x: "{{ steps.first.outputs }}"}}
      default:
        - {id: third, skill: b, inputs: {x: "{{ steps.first.outputs }}"}}
  - {id: end, skill: c, inputs: {x: "{{ steps.second.outputs }}", y: "{{ steps.second.outputs or 1 }}"}}
"""
NESTED = """
steps:
  - id: outer
    steps:
      - {id: a, skill: a}
      - id: inner
        step_type: parallel
        steps:
          - {id: b, skill: b, inputs: {x: "{{ steps.a.outputs }}"}}
          - {id: c, skill: c, inputs: {x: "{{ steps.b.outputs }}", y: "{{ steps.outer.outputs }}"}}
    outputs: {all: "{{ steps.b.outputs }}", own: "{{ steps.outer.state }}"}
    inputs: {x: "{{ steps.a.outputs }}"}
  - {id: d, skill: d, inputs: {x: "{{ steps.c.outputs }}", y: "{{ steps.outer.outputs.all }}"}}
outputs: {result: "{{ steps.d.outputs }}", none: "{{ steps.e.outputs }}"}
"""
LISTS = """
steps:
  - id: split
    step_type: conditional
    condition: steps.later.outputs == 'x'
    branches:
      - - {id: a, skill: a}
        - {id: b, skill: b, inputs: {x: "{{ steps.a.outputs }}"}}
      - steps: [{id: c, skill: c}]
        when: "{{ steps.a.outputs }}"
      - {id: d, skill: d, inputs: {x: "{{ steps.d.outputs }}"}}
  - {id: later, skill: l}
"""


def complaints(text: str) -> list[str]:
    value = read_document(text.encode(), file="f", suffix_format=Format.YAML).value
    return [f"{found.code} {found.message}" for found in WORKFLOW.apply(value)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            AFTER_PARALLEL,
            ["PLT013 step 'right' reads 'steps.left', which is in another branch"],
            id="parallel",
        ),
        pytest.param(
            SWITCH,
            [
                "PLT013 step 'third' reads 'steps.first', which is in another branch",
                "PLT019 step 'end' reads 'steps.second', which is in a branch that may not have run",
            ],
            id="switch",
        ),
        pytest.param(
            NESTED,
            [
                "PLT012 the workflow reads 'steps.e', which is not defined",
                "PLT013 step 'outer' reads 'steps.a', which runs inside it",
                "PLT013 step 'c' reads 'steps.b', which is in another branch",
                "PLT013 step 'c' reads 'steps.outer', which it is part of",
            ],
            id="nested",
        ),
        pytest.param(
            LISTS,
            [
                "PLT013 step 'split' reads 'steps.later', which comes later",
                "PLT013 step 'split' reads 'steps.a', which runs inside it",
                "PLT013 step 'd' reads 'steps.d', which is itself",
            ],
            id="lists",
        ),
    ],
)
def test_steps_see_what_ran_before(text: str, expected: list[str]) -> None:
    assert complaints(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{{ steps.a.outputs.r }}", [], id="defined"),
        pytest.param("{{ steps.a-b }}", [], id="difference"),
        pytest.param("{{ steps.x-y.outputs }}", [], id="hyphens"),
        pytest.param("{{ workflow.steps.zz }}", [], id="field-of-something"),
        pytest.param("{{ my_steps.zz }}", [], id="longer-word"),
        pytest.param("{{ 'steps.zz' }}", [], id="text-in-quotes"),
        pytest.param("steps.zz without braces", [], id="no-expression"),
        pytest.param("{{ steps[0].outputs }}", [], id="number"),
        pytest.param('{{ steps["zz"].outputs }}', ["zz"], id="brackets"),
        pytest.param("{{ 'a' ~ steps.zz ~ 'b' }} {{steps.yy}}", ["zz", "yy"], id="several"),
        pytest.param("{{ f(steps\n .zz) }}", ["zz"], id="over-lines"),
        pytest.param("{{ steps.a }} }} {{ steps.zz }}", ["zz"], id="odd-braces"),
    ],
)
def test_expressions_name_steps(text: str, expected: list[str]) -> None:
    steps = [
        {"id": "a", "skill": "a", "outputs": ["r", "s"]},
        {"id": "x-y", "skill": "x"},
        {"id": "end", "skill": "e", "inputs": {"text": text}},
    ]
    found = [item.message for item in WORKFLOW.apply({"steps": steps})]
    assert found == [f"step 'end' reads 'steps.{name}', which is not defined" for name in expected]


@pytest.mark.parametrize(
    ("outputs", "reads", "is_found"),
    [
        pytest.param("result", "result", False, id="one"),
        pytest.param("result", "reslt", True, id="misspelt"),
        pytest.param(["a", "b"], "b", False, id="list"),
        pytest.param(["a", "b"], "c", True, id="not-in-list"),
        pytest.param({"a": "x"}, "a", False, id="object"),
        pytest.param({"a": "x"}, "x", True, id="not-a-key"),
        pytest.param("{{ result }}", "any", False, id="expression"),
        pytest.param(None, "any", False, id="unsaid"),
    ],
)
def test_outputs_are_named(outputs: object, reads: str, is_found: bool) -> None:
    text = "{{ steps.a.outputs." + reads + ".deeper }}"
    steps = [{"id": "a", "skill": "a", "outputs": outputs}, {"id": "b", "skill": "b", "inputs": text}]
    assert [item.code for item in WORKFLOW.apply({"steps": steps})] == (["PLT014"] if is_found else [])


@pytest.mark.parametrize(
    "branches",
    [
        pytest.param({"a": [], "default": []}, id="named"),
        pytest.param({"a": [], "else": []}, id="else"),
        pytest.param([{"case": "a", "steps": []}, {"case": "default", "steps": []}], id="case"),
        pytest.param([{"when": "x", "steps": []}, {"default": True, "steps": []}], id="field"),
    ],
)
def test_switch_with_default_is_clean(branches: object) -> None:
    step = {"id": "s", "step_type": "switch", "condition": "x", "branches": branches}
    assert list(WORKFLOW.apply({"steps": [step]})) == []


def test_misspelt_step_is_suggested() -> None:
    steps = [{"id": "build", "skill": "a"}, {"id": "b", "skill": "b", "inputs": "{{ steps.biuld.outputs }}"}]
    [found] = WORKFLOW.apply({"steps": steps})
    assert (found.fix, found.path) == ("write steps.build", ("steps", 1, "inputs"))


def test_every_repeated_id_is_told() -> None:
    steps = [
        {"id": "a", "skill": "a"},
        {"id": "p", "steps": [{"id": "a", "skill": "b"}]},
        {"id": "a", "skill": "c"},
    ]
    assert [item.path for item in WORKFLOW.apply({"steps": steps})] == [
        ("steps", 1, "steps", 0, "id"),
        ("steps", 2, "id"),
    ]


def test_many_unclosed_braces_are_quick() -> None:
    steps = [{"id": "a", "skill": "a", "inputs": "{{" * 1_000_000}]
    assert [item.code for item in WORKFLOW.apply({"steps": steps})] == ["PLT011"]


def test_same_text_in_very_many_places_has_an_end() -> None:
    # As aliases make it: one long text, which is the same in every place.
    text = "".join(f"{{{{ steps.a{number} }}}}" for number in range(1_100))
    steps = [{"id": "a", "skill": "a", "inputs": [text] * 200}]
    [found] = WORKFLOW.apply({"steps": steps})
    assert (found.code, found.message) == (
        "too-many",
        "expected expressions that name at most 200,000 steps, aliases counted, got more",
    )


NOPE = "{{ steps.nope.x }}"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        pytest.param({"steps": [{"id": "a", "skill": NOPE}]}, ("steps", 0, "skill"), id="skill"),
        pytest.param(
            {"steps": [{"id": "a", "skill": "a", "name": NOPE}]}, ("steps", 0, "name"), id="name-of-a-step"
        ),
        pytest.param(
            {"steps": [{"id": "a", "skill": "a", "description": NOPE}]},
            ("steps", 0, "description"),
            id="description-of-a-step",
        ),
        pytest.param({"metadata": {"description": NOPE}}, ("metadata", "description"), id="metadata"),
        pytest.param(
            {"steps": [{"id": "a", "inputs": {NOPE: 1}}]}, ("steps", 0, "inputs", NOPE), id="key-of-inputs"
        ),
        pytest.param({"steps": [{"id": "a", NOPE: 1}]}, ("steps", 0, NOPE), id="key-of-a-step"),
        pytest.param(
            {"steps": [{"id": "a", "branches": {NOPE: []}}]}, ("steps", 0, "branches", NOPE), id="branch"
        ),
        pytest.param({NOPE: 1}, (NOPE,), id="key-of-the-workflow"),
        pytest.param(
            {"steps": [{"id": "a", "branches": [{"name": NOPE, "steps": []}]}]},
            ("steps", 0, "branches", 0, "name"),
            id="name-of-a-branch",
        ),
        pytest.param(
            {"steps": [{"id": "a", "condition": "{% if steps.nope %}1{% endif %}"}]},
            ("steps", 0, "condition"),
            id="statement",
        ),
    ],
)
def test_every_text_is_read(document: object, path: FieldPath) -> None:
    found = [item.path for item in WORKFLOW.apply(document) if item.code == "PLT012"]
    assert found == [path]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("retry", [], id="afterwards"),
        pytest.param("outputs", [], id="outputs"),
        pytest.param("inputs", ["PLT013"], id="inputs"),
        pytest.param("skill", ["PLT013"], id="skill"),
    ],
)
def test_step_reads_itself_when_it_has_run(field: str, expected: list[str]) -> None:
    step = {"id": "a", "skill": "a", field: "{{ steps.a.outputs }}"}
    assert [item.code for item in WORKFLOW.apply({"steps": [step]})] == expected


def test_very_many_misspelt_steps_have_an_end() -> None:
    # Minutes where every one of them is compared with every step.
    steps = [
        {"id": f"step{number}", "skill": "a", "inputs": f"{{{{ steps.stepp{number} }}}}"}
        for number in range(20_000)
    ]
    assert len(list(WORKFLOW.apply({"steps": steps}))) == 20_000


def test_very_many_misspelt_outputs_have_an_end() -> None:
    outputs = [f"name{number}" for number in range(20_000)]
    reads = [f"{{{{ steps.a.outputs.nam{number} }}}}" for number in range(20_000)]
    steps = [{"id": "a", "skill": "a", "outputs": outputs}, {"id": "b", "skill": "b", "inputs": reads}]
    assert len(list(WORKFLOW.apply({"steps": steps}))) == 20_000
