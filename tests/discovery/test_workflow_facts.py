"""Annotations of workflows as values: what is true is typed, what lies is a note."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.requirements import parse_requires
from reconciler.discovery.workflow_facts import (
    COST,
    DEPENDENCIES,
    MEMORY,
    PRIORITY,
    SKILLS,
    TIMEOUT,
    Cost,
    is_workflow,
    read_cost,
    read_facts,
    read_integer,
    read_memory,
    read_seconds,
)
from tests.discovery.workflows import CARD, workflow


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1GB", 10**9),
        ("512MiB", 512 * 2**20),
        ("512 MiB", 512 * 2**20),
        ("2gb", 2 * 10**9),
        ("1.5GiB", 3 * 2**29),
        ("512Mi", 512 * 2**20),
        ("2G", 2 * 10**9),
        ("64k", 64_000),
        ("1TB", 10**12),
        ("1234", 1234),
        ("10 B", 10),
        (" 1GB ", 10**9),
        ("0.0000001KB", 0),
    ],
)
def test_amounts_are_bytes(text: str, expected: int) -> None:
    assert read_memory(text) == expected


@pytest.mark.parametrize("text", ["lots", "", "-1GB", "1XB", "GB", "1e9", "1GB GB", "٣GB", "1" * 19, "1,5GB"])
def test_other_texts_are_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected an amount such as 512MiB or 2GB, got '"):
        read_memory(text)


@pytest.mark.parametrize(("text", "expected"), [("600", 600), ("1.5", 1.5), ("600s", 600), (" 7 ", 7)])
def test_timeouts_are_seconds(text: str, expected: float) -> None:
    assert read_seconds(text) == expected


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "inf", "nan", "10m", "٣"])
def test_other_texts_are_no_seconds(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected seconds such as 600, got '"):
        read_seconds(text)


def test_integers_and_costs_are_read() -> None:
    assert (read_integer("-5"), read_integer(" 7 ")) == (-5, 7)
    assert (read_cost("Medium"), Cost.LOW.rank, Cost.HIGH.rank) == (Cost.MEDIUM, 0, 2)
    with pytest.raises(ValueError, match=r"^expected a whole number, got '1\.5'$"):
        read_integer("1.5")
    with pytest.raises(ValueError, match=r"^expected one of low, medium, high, got 'free'$"):
        read_cost("free")


def test_everything_said_is_read() -> None:
    facts = read_facts(
        workflow(
            type="parallel",
            skills="plan, code,plan,",
            timeout="1200",
            priority="5",
            cost="high",
            language="python,go",
            env="prod",
            max_memory="2GB",
            requires="plan2@^1.2",
            dependencies="tools/search,plan2@^1.2",
        )
    )

    assert (facts.type, facts.skills, facts.timeout_s) == ("parallel", ("plan", "code"), 1200)
    assert (facts.priority, facts.cost, facts.memory_bytes) == (5, Cost.HIGH, 2 * 10**9)
    assert (facts.language, facts.environment) == (("python", "go"), ("prod",))
    assert facts.requires == parse_requires("plan2@^1.2, tools/search", of=workflow().repository)
    assert facts.notes == ()


def test_silence_is_what_readers_assume() -> None:
    facts = read_facts(workflow(priority=" "))

    assert (facts.type, facts.skills, facts.timeout_s, facts.requires) == (None, (), None, ())
    assert (facts.priority, facts.cost, facts.memory_bytes) == (0, Cost.LOW, 10**9)
    assert facts.notes == ()


def test_lies_are_notes() -> None:
    facts = read_facts(
        workflow(
            timeout="soon",
            max_memory="lots",
            priority="top",
            cost="free",
            requires="plan, NO, b@",
            dependencies="c",
        )
    )

    assert (facts.timeout_s, facts.memory_bytes, facts.priority, facts.cost) == (None, 10**9, 0, Cost.LOW)
    assert [item.name for item in facts.requires] == ["w/c"]
    assert facts.notes[:4] == (
        f"w/plan:1.0.0: {TIMEOUT}: expected seconds such as 600, got 'soon'",
        f"w/plan:1.0.0: {PRIORITY}: expected a whole number, got 'top'",
        f"w/plan:1.0.0: {COST}: expected one of low, medium, high, got 'free'",
        f"w/plan:1.0.0: {MEMORY}: expected an amount such as 512MiB or 2GB, got 'lots'",
    )
    itself, upper, nothing = facts.notes[4:]
    assert itself.endswith("requires: expected another repository, got 'plan', which is itself")
    assert "requires: not a repository name:" in upper
    assert nothing.endswith("requires: expected a constraint after @, got 'b@'")


def test_notes_hold_no_control_characters() -> None:
    (note,) = read_facts(workflow(timeout="\x1b[31m" + "x" * 500)).notes

    assert "\x1b" not in note
    assert len(note) < 250


@given(st.dictionaries(st.sampled_from((SKILLS, TIMEOUT, PRIORITY, COST, MEMORY, DEPENDENCIES)), st.text()))
def test_no_text_is_an_exception(annotations: dict[str, str]) -> None:
    facts = read_facts(workflow(**annotations))

    assert facts.memory_bytes >= 0
    assert all(note.startswith("w/plan:1.0.0: org.pallet.workflow.") for note in facts.notes)


@pytest.mark.parametrize(
    ("kind", "annotations", "expected"),
    [
        (None, {}, True),
        ("application/vnd.acme.flow+yaml", {"skills": "plan"}, True),
        ("application/vnd.acme.flow+yaml", {"type": "parallel"}, True),
        (CARD, {}, False),
        (CARD, {"breaking_change": "true"}, False),
    ],
)
def test_workflows_are_told_apart(kind: str | None, annotations: dict[str, str], *, expected: bool) -> None:
    entry = (
        workflow("w/a", "1.0.0", **annotations)
        if kind is None
        else workflow("w/a", "1.0.0", kind, **annotations)
    )

    assert is_workflow(entry) is expected
