"""Terms such as `timeout<=600`, and which entries satisfy them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.discovery.conditions import looks_like_term, parse_condition
from reconciler.discovery.current import is_stable
from reconciler.discovery.entries import Entry
from tests.discovery.workflows import said, workflow

FULL = workflow(
    "w/plan",
    "1.2.3",
    type="parallel",
    skills="plan, code",
    timeout="600",
    priority="5",
    cost="medium",
    language="Python,go",
    max_memory="2GB",
    **{"com.acme.weight": "7.5", "org.pallet.project": "acme"},
    **said(created="2026-01-31T10:00:00Z", title="plan.yaml"),
)
SILENT = workflow("w/silent", "1.0.0")
LYING = workflow(
    "w/liar",
    "1.0.0",
    timeout="soon",
    **{"com.acme.weight": "heavy", "org.pallet.release.stable": "perhaps"},
    **said(created="once"),
)
NAMELESS = workflow("w/plan", "latest")


@pytest.mark.parametrize(
    "text",
    [
        "type=parallel",
        "type==parallel",
        "type != sequential",
        "org.pallet.workflow.type=parallel",
        "skills=code",
        "skill=plan",
        "skills=plan, code",
        "language=python",
        "project=acme",
        "project",
        "stable=true",
        "stable!=no",
        "title=plan.yaml",
        "timeout<=600",
        "timeout=600",
        "timeout<600.5",
        "priority>3",
        "priority!=4",
        "cost<high",
        "cost>=medium",
        "memory<=2GB",
        "max-memory>1GiB",
        "memory=2000MB",
        "version>=1.2",
        "version<2",
        "version=^1.2",
        "version!=2",
        "size<1KB",
        "created>2026-01-30",
        "created=2026-01-31",
        "created<2026-01-31T10:00:01Z",
        "com.acme.weight>7",
        "com.acme.weight=7.5",
        "timeout",
        "com.acme.weight",
    ],
)
def test_term_holds(text: str) -> None:
    notes: list[str] = []

    assert parse_condition(text).test(FULL, notes)
    assert notes == []


@pytest.mark.parametrize(
    "text",
    [
        "type=sequential",
        "type!=parallel",
        "type=Parallel",
        "skills=pla",
        "language=pyth",
        "timeout<600",
        "priority<=4",
        "cost<medium",
        "memory<2GB",
        "version>=1.3",
        "version!=^1",
        "created>2026-01-31",
        "created<2026-01-31",
        "com.acme.weight<7",
        "nothing",
        "nothing=7",
    ],
)
def test_term_does_not_hold(text: str) -> None:
    assert not parse_condition(text).test(FULL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("priority=0", True),
        ("cost=low", True),
        ("memory=1GB", True),
        ("priority>0", False),
        ("timeout<=600", False),
        ("timeout!=600", True),
        ("created<2030-01-01", False),
        ("created!=2030-01-01", True),
        ("type!=parallel", True),
        ("type=parallel", False),
        ("com.acme.weight<1", False),
        ("stable=true", True),
        ("stable=no", False),
        ("stable!=true", False),
        ("stable", False),
        ("org.pallet.release.stable=true", False),
        ("project=acme", False),
        ("project!=acme", True),
    ],
)
def test_silence_is_what_readers_assume(text: str, *, expected: bool) -> None:
    assert parse_condition(text).test(SILENT) is expected


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("timeout<=600", "org.pallet.workflow.timeout: expected seconds such as 600, got 'soon'"),
        ("timeout!=600", "org.pallet.workflow.timeout: expected seconds such as 600, got 'soon'"),
        ("created>2020", None),
        (
            "created>2020-01-01",
            "org.opencontainers.image.created: expected a date such as 2026-01-31, got 'once'",
        ),
        ("com.acme.weight>1", "com.acme.weight: expected a number, got 'heavy'"),
        ("stable=true", "org.pallet.release.stable: expected true or false, got 'perhaps'"),
    ],
)
def test_lie_holds_nothing_and_is_noted(text: str, note: str | None) -> None:
    if note is None:
        with pytest.raises(ValueError, match="expected a date"):
            parse_condition(text)
        return
    notes: list[str] = []

    assert not parse_condition(text).test(LYING, notes)
    assert notes == [f"w/liar:1.0.0: {note}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected KEY=VALUE, or such as timeout<=600, got ''"),
        ("=7", "expected KEY=VALUE, or such as timeout<=600, got '=7'"),
        ("a b", "expected KEY=VALUE, or such as timeout<=600, got 'a b'"),
        ("timeout=", "expected a value after timeout=, got none"),
        ("timeout<=soon", "expected seconds such as 600, got 'soon'"),
        ("priority>x", "expected a whole number, got 'x'"),
        ("cost<=free", "expected one of low, medium, high, got 'free'"),
        ("memory<lots", "expected an amount such as 512MiB or 2GB, got 'lots'"),
        ("created>soon", "expected a date such as 2026-01-31, got 'soon'"),
        ("com.acme.weight>x", "expected a number, got 'x'"),
        ("com.acme.weight>nan", "expected a number, got 'nan'"),
        ("title<b", "expected a number, got 'b'"),
        ("stable=perhaps", "expected true or false, got 'perhaps'"),
        ("stable>true", "stable: expected = or !=, got >"),
    ],
)
def test_what_cannot_be_compared_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared whole)
        parse_condition(text)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("tag", "said_of_it", "expected"),
    [("1.0.0", "true", True), ("1.0.0", "no", False), ("1.0.0-rc.1", "true", False), ("latest", "", False)],
)
def test_stable_is_what_the_answer_calls_stable(tag: str, said_of_it: str, *, expected: bool) -> None:
    entry = workflow("w/plan", tag, **{"org.pallet.release.stable": said_of_it})

    assert parse_condition("stable=true").test(entry) is expected
    assert is_stable(entry) is expected


def test_project_is_what_the_catalog_names() -> None:
    entry = replace(workflow("images/app"), owner="imgs")

    assert parse_condition("project=imgs").test(entry)
    assert parse_condition("project").test(entry)
    assert not parse_condition("project!=imgs").test(entry)


def test_bad_constraint_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_condition("version>=one")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timeout<=600", True),
        ("a=b", True),
        ("plan", False),
        ("code-review", False),
        ("=", False),
        ("a<b>c", True),
    ],
)
def test_terms_are_told_from_words(text: str, *, expected: bool) -> None:
    assert looks_like_term(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("version=1.0.0", False), ("version!=1.0.0", True)])
def test_tag_without_version_has_none(text: str, *, expected: bool) -> None:
    assert parse_condition(text).test(NAMELESS) is expected


def test_date_and_moment_are_compared() -> None:
    day: Entry = workflow("w/d", "1.0.0", **said(created="2026-01-31"))

    assert parse_condition("created=2026-01-31").test(day)
    assert parse_condition("created<2026-01-31T00:00:01Z").test(day)
    assert not parse_condition("created<2026-01-31T00:00:00Z").test(day)
