"""A plan, or what became of it, in one line of counts.

Decided here: what is counted, in which order, and that nothing is counted twice. Must never be added: what is
said of a single artifact, which is `rows`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sync.actions import AttachmentPlan, FloatingPlan, Outcome, Plan
from reconciler.sync.cataloguing import CatalogVerdict
from reconciler.sync.floating import FloatingVerdict
from reconciler.sync.verdicts import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.sync.outcomes import Results


def summarise(plan: Plan) -> str:
    """Return the plan's counts in one line."""
    steps = plan.steps
    counts = [
        (sum(item.verdict is Verdict.IN_SYNC for item in plan.artifacts), "in sync"),
        (sum(item.action is Action.PUSH for item in plan.artifacts), "to push"),
        (sum(item.action is Action.RESTORE for item in plan.artifacts), "to restore"),
        (sum(item.action is Action.PUSH for item in plan.attachments), "to attach"),
        (sum(item.action is Action.LOCK for item in plan.judged), "to lock"),
        (sum(item.action is Action.PUSH for item in plan.floating), "floating tag(s) to move"),
        (int(plan.catalog is not None and plan.catalog.action is Action.PUSH), "catalog to publish"),
        (
            sum(item.action is Action.REFUSE for item in plan.judged) + _is(plan, CatalogVerdict.FOREIGN),
            "refused",
        ),
        (sum(item.action is Action.REFUSE for item in plan.floating), "floating tag(s) refused"),
        (
            sum(item.verdict in (Verdict.UNKNOWN, FloatingVerdict.UNKNOWN) for item in steps)
            + _is(plan, CatalogVerdict.UNKNOWN),
            "unknown",
        ),
        (sum(item.settled is Outcome.SKIPPED for item in plan.artifacts), "held back"),
        *_waiting(plan),
    ]
    return _join(counts) or "nothing is wanted"


def _waits(item: FloatingPlan | AttachmentPlan) -> bool:
    """Say whether it stays only since its artifact is not published, which is counted itself."""
    return item.action is Action.NONE and item.settled in (Outcome.REFUSED, Outcome.SKIPPED)


def _waiting(plan: Plan) -> Iterator[tuple[int, str]]:
    yield sum(map(_waits, plan.attachments)), "attachment(s) waiting"
    yield sum(map(_waits, plan.floating)), "floating tag(s) waiting"


def _is(plan: Plan, verdict: CatalogVerdict) -> bool:
    catalog = plan.catalog
    return catalog is not None and catalog.verdict is verdict and catalog.settled is not None


def summarise_results(plan: Plan, results: Results) -> str:
    """Return in one line what became of a plan."""

    def done(action: Action) -> int:
        return sum(
            item.action is action and results.artifacts[item.key].outcome is Outcome.DONE
            for item in plan.artifacts
        )

    attached = sum(
        item.action is Action.PUSH and results.attachments[item.key].outcome is Outcome.DONE
        for item in plan.attachments
    )
    moved = sum(
        item.action is Action.PUSH and results.floating[item.key].outcome is Outcome.DONE
        for item in plan.floating
    )
    floating = [results.floating[item.key].outcome for item in plan.floating if not _waits(item)]
    judged = [
        *(result.outcome for result in results.artifacts.values()),
        *(results.attachments[item.key].outcome for item in plan.attachments if not _waits(item)),
        *([results.catalog.outcome] if results.catalog is not None else []),
    ]
    counts = [
        (done(Action.NONE), "in sync"),
        (done(Action.PUSH), "pushed"),
        (done(Action.RESTORE), "restored"),
        (attached, "attached"),
        (done(Action.LOCK), "locked"),
        (moved, "floating tag(s) moved"),
        (int(_has_published_catalog(plan, results)), "catalog published"),
        (judged.count(Outcome.REFUSED), "refused"),
        (floating.count(Outcome.REFUSED), "floating tag(s) refused"),
        ([*judged, *floating].count(Outcome.FAILED), "failed"),
        ([*judged, *floating].count(Outcome.SKIPPED), "skipped"),
        *_waiting(plan),
    ]
    return _join(counts) or "nothing is wanted"


def _has_published_catalog(plan: Plan, results: Results) -> bool:
    is_done = results.catalog is not None and results.catalog.outcome is Outcome.DONE
    return is_done and plan.catalog is not None and plan.catalog.action is Action.PUSH


def _join(counts: Sequence[tuple[int, str]]) -> str:
    said = ((number, words.replace("(s)", "" if number == 1 else "s")) for number, words in counts if number)
    return " · ".join(f"{number} {words}" for number, words in said)
