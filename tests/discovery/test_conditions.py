"""Terms such as `timeout<=600`, and which entries satisfy them."""

from __future__ import annotations

import pytest

from reconciler.discovery.conditions import looks_like_term, parse_condition
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
LYING = workflow("w/liar", "1.0.0", timeout="soon", **{"com.acme.weight": "heavy"}, **said(created="once"))
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
    ],
)
def test_what_cannot_be_compared_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared whole)
        parse_condition(text)

    assert str(caught.value) == message


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
