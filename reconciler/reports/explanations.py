"""An explanation as text and as JSON.

Must never be added: a comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sync.actions import seen_digest, seen_state
from reconciler.sync.verdicts import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.oci.digest import Digest
    from reconciler.sync.actions import FloatingPlan
    from reconciler.sync.differences import Change
    from reconciler.sync.explain import Explanation

_ROWS = {
    Verdict.UNKNOWN: "the registry could not tell",
    Verdict.IN_SYNC: "registry = files = lock",
    Verdict.ADOPT: "registry = files, and the lock says something else or nothing",
    Verdict.MISSING: "nothing in the registry, files = lock",
    Verdict.CREATE: "nothing in the registry, and the lock says something else or nothing",
    Verdict.DRIFTED: "the registry holds something else, files = lock",
    Verdict.EDITED: "the registry holds something else, and registry = lock",
    Verdict.TAKEN: "the registry holds something else, and nothing is locked",
    Verdict.DIVERGED: "registry, files and lock are three different things",
}
_ACTIONS = {
    Action.NONE: "nothing",
    Action.PUSH: "push it",
    Action.LOCK: "write the lock",
    Action.RESTORE: "put it back",
    Action.REFUSE: "refuse",
}


def render_explanation(explanation: Explanation, floating: Sequence[FloatingPlan], *, config: str) -> str:
    """Return the three digests, the row that fits, what differs, and what next."""
    plan = explanation.plan
    files = ", ".join(file.path for file in plan.wanted.files)
    lines = [
        f"{plan.wanted.name} {plan.wanted.version}",
        f"  reference  {plan.reference}",
        f"  wanted     {plan.wanted.digest}  ({config}:{plan.wanted.line}: {files})",
        f"  locked     {plan.locked or 'nothing'}",
        f"  seen       {seen_digest(plan.seen) or seen_state(plan.seen)}",
        f"  verdict    {plan.verdict}: {_ROWS[plan.verdict]}",
        f"  because    {plan.reason}",
        f"  sync will  {_ACTIONS[plan.action]}",
        *([f"  next       {plan.fix}"] if plan.fix else []),
        *_changes("from the registry to the files", explanation.from_seen),
        *_changes("from the lock to the files", explanation.from_locked),
        *([f"  note       {explanation.note}"] if explanation.note else []),
        *(f"  {tag.goal.tag:<10} {tag.verdict}: {tag.reason}" for tag in floating),
    ]
    return "\n".join(lines) + "\n"


def _changes(title: str, changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield f"  {title}:"
    for change in changes:
        before, after = _side(change, change.before), _side(change, change.after)
        yield f"    {change.what} {change.where}: {before} → {after}"


def _side(change: Change, value: str | None) -> str:
    if value is None:
        return "–"
    return value.partition(":")[2][:12] if change.what == "file" else value


def explanation_document(explanation: Explanation) -> dict[str, object]:
    """Return what an explanation adds to an action of the plan's document."""
    return {
        "row": _ROWS[explanation.plan.verdict],
        "from_seen": [_change_document(change) for change in explanation.from_seen],
        "from_locked": [_change_document(change) for change in explanation.from_locked],
        "note": explanation.note,
    }


def _change_document(change: Change) -> dict[str, Digest | str | None]:
    return {"what": change.what, "where": change.where, "before": change.before, "after": change.after}
