"""Exit codes: the tables of check, plan and sync."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.version import Version
from reconciler.oci.digest import Digest
from reconciler.sync.actions import Observations, Outcome, Plan
from reconciler.sync.exit_codes import ALLOWABLE, first_of, of_check, of_plan, of_report, of_results
from reconciler.sync.facts import Absent, FloatingPresent, FloatingSeen, Present, Seen
from reconciler.sync.floating import FloatingVerdict
from reconciler.sync.outcomes import DONE, Result, Results
from reconciler.sync.plan import make_plan
from reconciler.sync.verdicts import Verdict
from tests.support.wanted import (
    FORBIDDEN,
    THROTTLED,
    TIMEOUT,
    digest,
    floating_key,
    lock_of,
    locked,
    terms,
    wanted,
)

W, OTHER, THIRD = wanted().digest, digest("other"), digest("third")


class Facts(NamedTuple):
    """What was seen and locked, where the tree wants W."""

    seen: Seen
    locked: Digest | None


IN_SYNC = Facts(Present(W), W)
ADOPT = Facts(Present(W), None)
MISSING = Facts(Absent(), W)
CREATE = Facts(Absent(), None)
DRIFTED = Facts(Present(OTHER), W)
EDITED = Facts(Present(OTHER), OTHER)
TAKEN = Facts(Present(OTHER), None)
DIVERGED = Facts(Present(OTHER), THIRD)
UNKNOWN = Facts(TIMEOUT, W)
BUSY = Facts(THROTTLED, W)
NOT_YOU = Facts(FORBIDDEN, W)


def _plan(*facts: Facts, leaving: str | None = None) -> Plan:
    """Return the plan of one artifact for each of the facts; `leaving` is locked and no longer wanted."""
    names = [f"notes/n{index}" for index in range(len(facts))]
    items = [wanted(name) for name in names]
    entries = [] if leaving is None else [locked(leaving, "0.9.0", holds=OTHER)]
    seen: dict[str, Seen] = {}
    for name, item, fact in zip(names, items, facts, strict=True):
        # The facts are written for W; each artifact has its own digest, which takes its place.
        seen[name] = Present(item.digest) if fact.seen == Present(W) else fact.seen
        if fact.locked is not None:
            entries.append(locked(name, holds=item.digest if fact.locked == W else fact.locked))
    observed = Observations({item.key: seen[item.name] for item in items}, {})
    return make_plan(items, lock_of(*entries), observed, terms())


def _with_tag(tag: FloatingSeen) -> Plan:
    item = wanted(version="1.1.0", floating_tags=["latest"])
    observed = Observations({item.key: Present(item.digest)}, {floating_key(item.name, "latest"): tag})
    return make_plan([item], lock_of(item), observed, terms())


BEHIND = _with_tag(FloatingPresent(OTHER, Version("1.0.0")))
FOREIGN = _with_tag(FloatingPresent(OTHER, None))
AHEAD = _with_tag(FloatingPresent(OTHER, Version("2.0.0")))


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        pytest.param(_plan(), 0, id="nothing-wanted"),
        pytest.param(_plan(IN_SYNC), 0, id="in-sync"),
        pytest.param(_plan(CREATE), 6, id="create"),
        pytest.param(_plan(ADOPT), 6, id="adopt"),
        pytest.param(_plan(CREATE, ADOPT), 6, id="create-and-adopt"),
        pytest.param(_plan(MISSING, CREATE), 3, id="drift-before-the-lock"),
        pytest.param(_plan(DRIFTED, EDITED, UNKNOWN), 3, id="drift-before-refusal-and-unknown"),
        pytest.param(_plan(EDITED, NOT_YOU, UNKNOWN), 4, id="refusal-before-not-authorised"),
        pytest.param(_plan(TAKEN), 4, id="taken"),
        pytest.param(_plan(DIVERGED, CREATE), 4, id="diverged"),
        pytest.param(_plan(NOT_YOU, UNKNOWN, BUSY), 77, id="not-authorised-before-unknown"),
        pytest.param(_plan(UNKNOWN, BUSY), 1, id="unknown-before-throttled"),
        pytest.param(_plan(BUSY, CREATE), 75, id="throttled-before-the-lock"),
        pytest.param(_plan(IN_SYNC, leaving="notes/n0"), 6, id="superseded"),
        pytest.param(_plan(IN_SYNC, leaving="notes/gone"), 6, id="orphan"),
        pytest.param(BEHIND, 2, id="floating-tag-behind"),
        pytest.param(FOREIGN, 4, id="floating-tag-foreign"),
        pytest.param(AHEAD, 0, id="floating-tag-ahead"),
        pytest.param(_with_tag(TIMEOUT), 1, id="floating-tag-unknown"),
    ],
)
def test_check_exits_with_the_first_that_applies(plan: Plan, code: int) -> None:
    assert of_check(plan, lock_is_canonical=True) == code


def test_lock_of_other_bytes_is_out_of_date() -> None:
    assert of_check(_plan(IN_SYNC), lock_is_canonical=False) == 6


def test_drift_comes_before_a_lock_of_other_bytes() -> None:
    assert of_check(_plan(DRIFTED), lock_is_canonical=False) == 3


@pytest.mark.parametrize(
    ("plan", "allowed", "code"),
    [
        pytest.param(_plan(CREATE), ["create"], 0, id="create"),
        pytest.param(_plan(ADOPT), ["adopt"], 0, id="adopt"),
        pytest.param(_plan(MISSING), ["missing"], 0, id="missing"),
        pytest.param(_plan(DRIFTED), ["drifted"], 0, id="drifted"),
        pytest.param(_plan(EDITED), ["edited"], 0, id="edited"),
        pytest.param(_plan(TAKEN), ["taken"], 0, id="taken"),
        pytest.param(_plan(DIVERGED), ["diverged"], 0, id="diverged"),
        pytest.param(_plan(DRIFTED, CREATE), ["drifted"], 6, id="only-that-kind"),
        pytest.param(_plan(IN_SYNC, leaving="notes/n0"), ["superseded"], 0, id="superseded"),
        pytest.param(_plan(IN_SYNC, leaving="notes/n0"), ["orphan"], 6, id="superseded-is-no-orphan"),
        pytest.param(_plan(IN_SYNC, leaving="notes/gone"), ["orphan"], 0, id="orphan"),
        pytest.param(BEHIND, ["behind"], 0, id="behind"),
        pytest.param(FOREIGN, ["foreign"], 0, id="foreign"),
        pytest.param(FOREIGN, ["behind"], 4, id="foreign-is-not-behind"),
        pytest.param(_plan(UNKNOWN), ["unknown"], 1, id="never-unknown"),
        pytest.param(_plan(UNKNOWN), sorted(ALLOWABLE), 1, id="unknown-stays-with-all-allowed"),
        pytest.param(_with_tag(TIMEOUT), sorted(ALLOWABLE), 1, id="unknown-tag-stays-with-all-allowed"),
    ],
)
def test_allow_lets_one_kind_pass(plan: Plan, allowed: list[str], code: int) -> None:
    assert of_check(plan, lock_is_canonical=True, allowed=allowed) == code


def test_unknown_cannot_be_allowed() -> None:
    assert Verdict.UNKNOWN.value not in ALLOWABLE
    assert FloatingVerdict.UNKNOWN.value not in ALLOWABLE


@pytest.mark.parametrize(
    ("plan", "code", "detailed"),
    [
        pytest.param(_plan(), 0, 0, id="nothing-wanted"),
        pytest.param(_plan(IN_SYNC), 0, 0, id="in-sync"),
        pytest.param(_plan(CREATE), 0, 2, id="create"),
        pytest.param(_plan(ADOPT), 0, 2, id="adopt"),
        pytest.param(_plan(DRIFTED), 0, 2, id="drifted"),
        pytest.param(_plan(EDITED), 0, 2, id="edited"),
        pytest.param(_plan(IN_SYNC, leaving="notes/gone"), 0, 2, id="orphan"),
        pytest.param(BEHIND, 0, 2, id="floating-tag-behind"),
        pytest.param(FOREIGN, 0, 2, id="floating-tag-foreign"),
        pytest.param(AHEAD, 0, 0, id="floating-tag-ahead"),
        pytest.param(_plan(UNKNOWN, CREATE), 1, 1, id="unknown"),
        pytest.param(_plan(BUSY), 75, 75, id="throttled"),
        pytest.param(_plan(NOT_YOU, BUSY), 77, 77, id="not-authorised"),
        pytest.param(_with_tag(TIMEOUT), 1, 1, id="floating-tag-unknown"),
    ],
)
def test_plan_is_zero_unless_something_is_unknown(plan: Plan, code: int, detailed: int) -> None:
    assert of_plan(plan, detailed=False) == code
    assert of_plan(plan, detailed=True) == detailed


FAILED = Result(Outcome.FAILED, "memory.test: no answer", 1)
FAILED_BUSY = Result(Outcome.FAILED, "memory.test: throttled", 75)
FAILED_NOT_YOU = Result(Outcome.FAILED, "memory.test: not you", 77)
REFUSED = Result(Outcome.REFUSED, "you changed files of a published version")
SKIPPED = Result(Outcome.SKIPPED, "waits for notes/n0 1.0.0, which was not published")


@pytest.mark.parametrize(
    ("results", "code"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([DONE, DONE], 0, id="done"),
        pytest.param([DONE, FAILED], 5, id="failures-and-successes"),
        pytest.param([DONE, FAILED_BUSY], 5, id="throttled-and-successes"),
        pytest.param([DONE, FAILED, REFUSED], 5, id="failures-successes-and-refusals"),
        pytest.param([FAILED], 1, id="failures-alone"),
        pytest.param([FAILED, REFUSED], 1, id="failures-and-refusals"),
        pytest.param([FAILED, SKIPPED], 1, id="a-failure-and-what-waits-for-it"),
        pytest.param([FAILED_BUSY, FAILED_BUSY], 75, id="all-throttled"),
        pytest.param([FAILED_NOT_YOU], 77, id="all-not-authorised"),
        pytest.param([FAILED_BUSY, SKIPPED], 75, id="throttled-and-what-waits-for-it"),
        pytest.param([FAILED_BUSY, FAILED_NOT_YOU], 1, id="different-causes"),
        pytest.param([FAILED_BUSY, FAILED], 1, id="throttled-and-something-else"),
        pytest.param([REFUSED], 4, id="refusals-alone"),
        pytest.param([REFUSED, DONE], 4, id="refusals-and-successes"),
        pytest.param([REFUSED, SKIPPED], 4, id="a-refusal-and-what-waits-for-it"),
    ],
)
def test_sync_exits_by_what_became_of_it(results: list[Result], code: int) -> None:
    assert of_results(results) == code


@pytest.mark.parametrize(
    ("signal_number", "code"), [(2, 130), (15, 143), (None, 5)], ids=["interrupt", "terminate", "none"]
)
def test_signal_decides_the_exit_code(signal_number: int | None, code: int) -> None:
    items = [wanted("notes/a"), wanted("notes/b")]
    outcomes = dict(zip([item.key for item in items], (DONE, FAILED), strict=True))
    assert of_report(Results(outcomes, stopped_by=signal_number)) == code


def test_refused_artifact_and_its_tag_exit_as_refused() -> None:
    """The floating tag of a refused artifact is no failure of its own."""
    item = wanted(version="1.1.0", floating_tags=["latest"])
    tag = FloatingPresent(digest("old"), Version("1.0.0"))
    observed = Observations({item.key: Present(OTHER)}, {floating_key(item.name, "latest"): tag})
    plan = make_plan([item], {}, observed, terms())
    outcomes = [Result(step.settled or Outcome.DONE) for step in plan.steps]
    assert of_results(outcomes) == 4


def test_code_outside_the_order_is_a_failure() -> None:
    assert first_of([130]) == 1


@given(st.permutations((78, 3, 4, 77, 1, 75, 6, 2)), st.integers(1, 8))
def test_first_code_does_not_depend_on_order(codes: list[int], count: int) -> None:
    order = (78, 3, 4, 77, 1, 75, 6, 2)
    assert first_of(codes[:count]) == min(codes[:count], key=order.index)
