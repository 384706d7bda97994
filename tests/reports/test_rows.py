"""Rows that a person understands at a glance: every word and mark of them."""

from __future__ import annotations

import pytest

from reconciler.reports.rows import (
    Row,
    leftovers,
    merge_alike,
    restored,
    rows_of,
)
from reconciler.sync.actions import Observations, Outcome, Plan
from reconciler.sync.outcomes import Result, Results
from reconciler.sync.plan import make_plan
from tests.reports.plans import CREATE, OTHER, SHORT, every_verdict, settled, with_failure
from tests.support.wanted import TIMEOUT, digest, terms, wanted

O = OTHER.short  # noqa: E741 (as short as the digest, so that the table can be read)
S = SHORT

BUMP = "give it a new version, such as 1.0.1: pallet bump notes/edited patch; or take back the change"
DRIFT = "somebody changed the registry: files and lock agree, the tag holds something else"

# mark, what, verdict, change, why, next; and whether it is quiet
PLANNED: list[tuple[str, str, str, str, str, str | None, bool]] = [
    ("~", "notes/adopt:1.0.0", "adopt", S["adopt"],
     "the registry holds it already, the lock does not say so yet", None, False),
    ("+", "notes/create:1.0.0, latest", "create", f"– → {S['create']}", "not in the registry yet", None, False),
    ("+", "notes/drifted:1.0.0", "drifted", f"{O} → {S['drifted']}", DRIFT, None, False),
    ("!", "notes/edited:1.0.0", "edited", f"{O} → {S['edited']}",
     "you changed files of a published version", BUMP, False),
    ("=", "notes/edited:latest", "foreign", f"{digest('foreign').short} → {S['edited']}",
     "holds no version of this project's artifact; waits for notes/edited 1.0.0, which is refused", None, False),
    ("+", "notes/hidden:1.0.0", "create", f"– → {S['hidden']}",
     "not in the registry yet (the registry hides it)", None, False),
    ("=", "notes/in-sync:1.0.0", "in-sync", S["in-sync"], "files, lock and registry agree", None, True),
    ("=", "notes/in-sync:1", "current", S["in-sync"], "holds 1.0.0", None, True),
    ("+", "notes/in-sync:latest", "behind", f"{O} → {S['in-sync']}", "holds 0.9.0, 1.0.0 is newer", None, False),
    ("-", "notes/needy:1.0.0", "create", f"– → {S['needy']}",
     "requires notes/unknown, whose state is unknown", "mend notes/unknown first", False),
    ("?", "notes/unknown:1.0.0", "unknown", f"– → {S['unknown']}",
     "memory.test: no answer after 60 s", "look whether the registry is up", False),
]  # fmt: skip


def _tuple(row: Row) -> tuple[str, str, str, str, str, str | None, bool]:
    return (row.mark, row.what, row.verdict, row.change, row.why, row.next, row.is_quiet)


@pytest.mark.parametrize("index", range(len(PLANNED)), ids=[f"{row[2]} {row[1]}" for row in PLANNED])
def test_planned_row_says(index: int) -> None:
    assert _tuple(rows_of(every_verdict())[index]) == PLANNED[index]


def test_there_are_no_other_rows() -> None:
    assert len(rows_of(every_verdict())) == len(PLANNED)


def _did(results: Results) -> dict[str, tuple[str, str]]:
    return {row.what: (row.mark, row.verdict) for row in rows_of(every_verdict(), results)}


def test_row_says_what_was_done() -> None:
    assert _did(settled(every_verdict())) == {
        "notes/adopt:1.0.0": ("~", "locked"),
        "notes/create:1.0.0, latest": ("+", "pushed"),
        "notes/drifted:1.0.0": ("+", "restored"),
        "notes/edited:1.0.0": ("!", "edited"),
        "notes/edited:latest": ("=", "foreign"),
        "notes/hidden:1.0.0": ("+", "pushed"),
        "notes/in-sync:1.0.0": ("=", "in-sync"),
        "notes/in-sync:1": ("=", "current"),
        "notes/in-sync:latest": ("+", "moved"),
        "notes/needy:1.0.0": ("-", "create"),
        "notes/unknown:1.0.0": ("?", "unknown"),
    }


def test_failure_has_a_row_and_so_has_its_tag() -> None:
    plan = every_verdict()
    rows = [row for row in rows_of(plan, with_failure(plan, "notes/create")) if "create:" in row.what]
    assert [_tuple(row) for row in rows] == [
        ("x", "notes/create:1.0.0", "failed", f"– → {S['create']}", "memory.test: 503", "try again later", False),
        ("-", "notes/create:latest", "skipped", f"– → {S['create']}",
         "waits for notes/create 1.0.0, which was not published", "pallet sync", False),
    ]  # fmt: skip


def test_what_leaves_the_lock_is_said() -> None:
    assert list(leftovers(every_verdict())) == [
        "notes/create 0.9.0 is superseded: it stays published, and leaves the lock",
        "notes/gone 1.0.0 is an orphan: it stays published, and leaves the lock",
    ]


def test_what_was_restored_is_said_loudly() -> None:
    plan = every_verdict()
    assert list(restored(plan, settled(plan))) == [
        f"RESTORED memory.test/notes/drifted:1.0.0: it held {O}, and holds {S['drifted']} again"
    ]


def test_failed_restore_is_not_called_restored() -> None:
    plan = every_verdict()
    assert list(restored(plan, with_failure(plan, "notes/drifted"))) == []


def _silent(count: int) -> Plan:
    items = [wanted(f"notes/n{index}") for index in range(count)]
    return make_plan(items, {}, Observations({item.key: TIMEOUT for item in items}, {}), terms())


@pytest.mark.parametrize(
    ("count", "names"),
    [
        pytest.param(2, ["notes/n0:1.0.0", "notes/n1:1.0.0"], id="two-are-shown"),
        pytest.param(5, ["notes/n0:1.0.0 and 4 more"], id="many-are-one"),
    ],
)
def test_same_failure_is_shown_once(count: int, names: list[str]) -> None:
    merged = merge_alike(rows_of(_silent(count)))
    assert [row.what for row in merged] == names


def test_different_failures_are_not_merged() -> None:
    items = [wanted(f"notes/n{index}") for index in range(3)]
    plan = make_plan(items, {}, Observations({item.key: TIMEOUT for item in items}, {}), terms())
    results = Results({item.key: Result(Outcome.FAILED, f"why {item.name}", 1) for item in items})
    assert len(merge_alike(rows_of(plan, results))) == 3


def test_good_rows_are_never_merged() -> None:
    plan = every_verdict()
    assert len(merge_alike(rows_of(plan))) == len(PLANNED)


def test_row_of_a_tag_follows_its_artifact() -> None:
    whats = [row.what for row in rows_of(every_verdict())]
    assert whats.index("notes/in-sync:latest") == whats.index("notes/in-sync:1.0.0") + 2
    assert f"{CREATE.name}:latest" not in whats
