"""Exit codes of plans, checks and syncs: a table in, a number out.

Must never be added: a way for an unknown state to look like a known one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sync.actions import Outcome, Plan
from reconciler.sync.facts import Unknown
from reconciler.sync.floating import FloatingVerdict
from reconciler.sync.verdicts import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from reconciler.sync.outcomes import Result, Results

DONE, FAILED, PENDING, DRIFT, REFUSED, PARTLY, LOCK = 0, 1, 2, 3, 4, 5, 6
THROTTLED, UNAUTHORISED, INVALID = 75, 77, 78

CHECK_ORDER = (INVALID, DRIFT, REFUSED, UNAUTHORISED, FAILED, THROTTLED, LOCK, PENDING)
"""The first of these that applies is what check exits with."""

_OF_VERDICT: Mapping[Verdict, tuple[int, ...]] = {
    Verdict.IN_SYNC: (),
    Verdict.ADOPT: (LOCK,),
    Verdict.MISSING: (DRIFT,),
    Verdict.CREATE: (PENDING, LOCK),
    Verdict.DRIFTED: (DRIFT,),
    Verdict.EDITED: (REFUSED,),
    Verdict.TAKEN: (REFUSED,),
    Verdict.DIVERGED: (REFUSED,),
}


ALLOWABLE = frozenset(
    {verdict.value for verdict in Verdict if verdict not in (Verdict.UNKNOWN, Verdict.IN_SYNC)}
    | {FloatingVerdict.BEHIND.value, FloatingVerdict.ABSENT.value, FloatingVerdict.FOREIGN.value}
    | {"superseded", "orphan", "catalog"}
)
"""What `--allow` can let pass: everything that is known."""


def of_check(plan: Plan, *, lock_is_canonical: bool, allowed: Collection[str] = ()) -> int:
    """Return check's exit code; what is in `allowed` is no finding.

    Args:
        plan: what was found.
        lock_is_canonical: whether the lock's bytes are those that pallet writes for its entries.
        allowed: words of `ALLOWABLE`.
    """
    codes = set(_codes(plan, allowed))
    if not lock_is_canonical:
        codes.add(LOCK)
    return first_of(codes)


def of_plan(plan: Plan, *, detailed: bool) -> int:
    """Return plan's exit code: 0 unless something is unknown, or, with `detailed`, not as it should be."""
    unknown = list(_unknown_codes(plan))
    if unknown:
        return first_of(unknown)
    steps = (*plan.steps, *((plan.catalog,) if plan.catalog is not None else ()))
    actionable = plan.writes or any(item.action is Action.REFUSE for item in steps)
    return PENDING if detailed and actionable else DONE


def of_report(results: Results) -> int:
    """Return sync's exit code; the signal's where one ended the run early."""
    return 128 + results.stopped_by if results.stopped_by else of_results(results.everything)


def of_results(results: Iterable[Result]) -> int:
    """Return the exit code of a run that went to its end."""
    everything = list(results)
    failed = [result for result in everything if result.outcome is Outcome.FAILED]
    # What was skipped waits for something that failed: that one counts.
    if failed:
        if any(result.outcome is Outcome.DONE for result in everything):
            return PARTLY
        causes = {result.exit_code for result in failed}
        return causes.pop() if causes in ({THROTTLED}, {UNAUTHORISED}) else FAILED
    refused = any(result.outcome is Outcome.REFUSED for result in everything)
    return REFUSED if refused else DONE


def first_of(codes: Iterable[int]) -> int:
    """Return the code that comes first in check's order; 0 where there is none."""
    present = set(codes)
    return next((code for code in CHECK_ORDER if code in present), FAILED if present else DONE)


def _codes(plan: Plan, allowed: Collection[str]) -> Iterable[int]:
    yield from _unknown_codes(plan)
    for item in plan.judged:
        if item.verdict is not Verdict.UNKNOWN and item.verdict.value not in allowed:
            yield from _OF_VERDICT[item.verdict]
    if (plan.superseded and "superseded" not in allowed) or (plan.orphans and "orphan" not in allowed):
        yield LOCK
    if plan.catalog is not None and "catalog" not in allowed:
        yield from {Action.PUSH: (PENDING,), Action.REFUSE: (REFUSED,)}.get(plan.catalog.action, ())
    for tag in plan.floating:
        if tag.verdict.value in allowed:
            continue
        if tag.action is Action.PUSH:
            yield PENDING
        elif tag.verdict is FloatingVerdict.FOREIGN:
            yield REFUSED


def _unknown_codes(plan: Plan) -> Iterable[int]:
    for item in plan.steps:
        if isinstance(item.seen, Unknown):
            yield item.seen.exit_code
    if plan.catalog is not None and plan.catalog.unknown is not None:
        yield plan.catalog.unknown.exit_code
