from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.kinds.annotations import ExtractionError, extract
from reconciler.desired.kinds.kind import Kind
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind
from reconciler.desired.reading.documents import Format, read_document

FILES = Path(__file__).parent / "files"
WORKFLOW = builtin_kinds()["workflow"]
PREFIX = "org.pallet.workflow."


def annotate(steps: object, **metadata: object) -> dict[str, str]:
    value = {"metadata": metadata, "steps": steps}
    return {key.removeprefix(PREFIX): text for key, text in extract(WORKFLOW, value).items()}


def own_kind(annotations: dict[str, Any]) -> Kind:
    table = {"media-type": "application/vnd.acme.x.v1+yaml", "annotations": annotations}
    kind, problems = parse_kind("own", table, root=Path())
    assert kind is not None, problems
    return kind


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "nightly-report.yaml",
            {
                "cost": "low",
                "env": "staging,prod",
                "language": "python",
                "max-memory": "512MiB",
                "priority": "5",
                "requires": "collect@^1.2,shared/format",
                "skills": "collect_figures,write_report",
                "timeout": "240",
                "type": "sequential",
            },
        ),
        (
            "fan-out.yaml",
            {"skills": "split_text,read_part,check_part,weigh_part", "timeout": "65", "type": "parallel"},
        ),
        (
            "triage.yaml",
            {
                "skills": "look_at_ticket,page_somebody,write_note,queue_ticket,close_ticket",
                "timeout": "80",
                "type": "conditional",
            },
        ),
    ],
)
def test_workflows_are_described(file: str, expected: dict[str, str]) -> None:
    content = (FILES / file).read_bytes()
    document = read_document(content, file=file, suffix_format=Format.YAML)
    assert extract(WORKFLOW, document.value) == {PREFIX + key: text for key, text in expected.items()}


def test_agent_cards_say_nothing_of_their_own() -> None:
    assert extract(builtin_kinds()["agent-card"], {"name": "a", "skills": [{"id": "b"}]}) == {}


def step(timeout: float | None = None, **more: object) -> dict[str, object]:
    return ({} if timeout is None else {"timeout": timeout}) | more


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([], None, id="no-steps"),
        pytest.param([step()], None, id="no-timeout"),
        pytest.param([step(1), step(), step(2)], "3", id="one-after-another"),
        pytest.param([step(branches=[[step(1), step(2)], [step(4)]])], "4", id="lists"),
        pytest.param([step(branches={"a": [step(1), step(2)], "b": step(2)})], "3", id="names"),
        pytest.param([step(branches={"a": {"steps": [step(1), step(2)]}})], "3", id="name-with-steps"),
        pytest.param(
            [step(step_type="parallel", branches={"steps": [step(1), step(2)]})], "2", id="parallel-steps"
        ),
        pytest.param(
            [step(step_type="switch", branches={"steps": [step(1), step(2)]})], "3", id="switch-steps"
        ),
        pytest.param(
            [step(step_type="parallel", steps=[step(1), step(2)])], "2", id="steps-of-a-parallel-step"
        ),
        pytest.param([step(steps=[step(1), step(2)])], "3", id="steps-of-a-step"),
        pytest.param([step(9, branches=[[step(100)]])], "9", id="own-timeout-bounds-branches"),
        pytest.param([step(branches=[step(1), step(5)])], "5", id="single-steps"),
        pytest.param([step(branches=[])], None, id="no-branches"),
        pytest.param([step(1.5), step(2.5)], "4", id="fractions"),
    ],
)
def test_timeout_follows_the_steps(steps: list[object], expected: str | None) -> None:
    assert annotate(steps).get("timeout") == expected


@pytest.mark.parametrize(
    ("metadata", "expected"), [({"timeout": 7}, "7"), ({"timeout": None}, "1")], ids=["own", "null"]
)
def test_own_timeout_wins(metadata: dict[str, object], expected: str) -> None:
    assert annotate([step(1)], **metadata)["timeout"] == expected


def test_timeout_at_the_top_wins_too() -> None:
    assert extract(WORKFLOW, {"timeout": 5, "steps": [step(1)]})[PREFIX + "timeout"] == "5"


@pytest.mark.parametrize(
    ("types", "own", "expected"),
    [
        pytest.param([], None, "sequential", id="none"),
        pytest.param(["sequential", "parallel"], None, "parallel", id="parallel"),
        pytest.param(["conditional", "parallel"], None, "conditional", id="conditional"),
        pytest.param(["parallel", "switch", "sequential"], None, "conditional", id="switch"),
        pytest.param(["parallel"], "sequential", "sequential", id="own"),
        pytest.param([], "switch", "conditional", id="own-switch"),
    ],
)
def test_type_is_the_strongest(types: list[str], own: str | None, expected: str) -> None:
    nested: list[object] = []
    for text in types:
        nested = [{"step_type": text, "branches": {"b": nested}}]
    assert annotate(nested, type=own)["type"] == expected


def test_what_steps_pass_on_is_not_read() -> None:
    inside = {"skill": "inner", "step_type": "switch"}
    found = annotate([{"skill": "outer", "inputs": inside, "outputs": inside}])
    assert found == {"skills": "outer", "type": "sequential"}


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (["plan@^1.2", "shared/x"], "plan@^1.2,shared/x"),
        ("plan@^1.2 , shared/x,", "plan@^1.2,shared/x"),
        ([], None),
        ("", None),
    ],
)
def test_requires_is_a_list_or_text(requires: object, expected: str | None) -> None:
    assert annotate([], requires=requires).get("requires") == expected


@pytest.mark.parametrize(
    ("way", "value", "expected"),
    [
        pytest.param("x", "a, b", "a, b", id="text"),
        pytest.param("x", ["a", 1, 1.5, True, None], "a,1,1.5,true", id="text-of-list"),
        pytest.param("x", 0, "0", id="zero"),
        pytest.param("x", False, "false", id="false"),
        pytest.param("x", "", "", id="empty-text"),
        pytest.param({"path": "x", "join": " "}, ["a", "b"], "a b", id="join"),
        pytest.param({"path": "x", "function": "unique"}, ["b", "a", "b", "c,a"], "b,a,c", id="unique"),
        pytest.param({"path": "x", "function": "count"}, ["b", "b"], "2", id="count"),
        pytest.param({"path": "x", "function": "sum"}, [1, 2.5], "3.5", id="sum"),
        pytest.param({"path": "x", "function": "max"}, [1, 3, 2], "3", id="max"),
        pytest.param({"path": "x", "function": "max"}, [], None, id="max-of-nothing"),
        pytest.param({"path": "y", "default": "d"}, 1, "d", id="default"),
        pytest.param(["y", {"path": "x"}], 1, "1", id="second-way"),
        pytest.param(
            {"path": "x", "function": "strongest", "order": ["a", "b"]}, ["b", "a"], "b", id="strongest"
        ),
        pytest.param({"path": "x", "alias": {"a": "z"}}, ["a", "b"], "z,b", id="alias"),
    ],
)
def test_functions_give_text(way: object, value: object, expected: str | None) -> None:
    assert extract(own_kind({"k": way}), {"x": value}).get("k") == expected


@pytest.mark.parametrize(
    ("way", "value", "message"),
    [
        pytest.param(
            "x",
            {"a": 1},
            "x: expected text, a number, or a list of them, got an object with 1 key",
            id="object",
        ),
        pytest.param(
            "x", ["a", ["b"]], "x[1]: expected text, a number, or a list of them, got a list of 1", id="list"
        ),
        pytest.param("x", ["a,b", "c"], "x[0]: expected an item without ',', got 'a,b'", id="comma"),
        pytest.param(
            {"path": "x", "function": "sum"}, ["a"], "x[0]: expected a number, got the text 'a'", id="sum"
        ),
        pytest.param(
            {"path": "x", "function": "max"}, True, "x: expected a number, got the boolean true", id="max"
        ),
        pytest.param(
            {"path": "x", "function": "strongest", "order": ["a", "b"]},
            ["c"],
            "x[0]: expected one of a, b, got 'c'",
            id="order",
        ),
        pytest.param(
            {"path": "x", "function": "duration"},
            [{"branches": {"b": [{"timeout": "1"}]}}],
            "x[0].branches.b[0].timeout: expected a number, got the text '1'",
            id="duration",
        ),
    ],
)
def test_wrong_fields_are_refused(way: object, value: object, message: str) -> None:
    with pytest.raises(ExtractionError) as caught:
        extract(own_kind({"k": way}), {"x": value})
    assert str(caught.value) == message


def test_annotations_are_sorted() -> None:
    assert list(extract(own_kind({"b": "x", "a": "x", "c": "x"}), {"x": 1})) == ["a", "b", "c"]


KEYS = st.sampled_from(["steps", "branches", "skill", "timeout", "step_type", "metadata", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_any_document_gives_text_or_a_reason(value: object) -> None:
    try:
        found = extract(WORKFLOW, value)
    except ExtractionError:
        return
    assert all(isinstance(text, str) for text in found.values())
    assert found == extract(WORKFLOW, value)
