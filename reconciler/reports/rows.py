"""A plan, or what became of it, as rows that a person understands at a glance: what, why, from which
digest to which, what next.

Decided here: words and marks. How they are laid out is `tables`'. Must never be added: a terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from reconciler.sync.actions import ArtifactPlan, AttachmentPlan, FloatingPlan, Outcome, Plan, seen_digest
from reconciler.sync.cataloguing import CatalogVerdict
from reconciler.sync.floating import FloatingVerdict
from reconciler.sync.verdicts import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.desired.lockfile import Key, Locked
    from reconciler.oci.digest import Digest
    from reconciler.sync.cataloguing import CatalogPlan
    from reconciler.sync.outcomes import Result, Results

_ALIKE_MAX = 2
"""More rows than these with the same reason are one row, unless everything is asked for."""
_URL = re.compile(r"https?://\S+")
_QUIET = (Verdict.IN_SYNC, FloatingVerdict.CURRENT, FloatingVerdict.HELD, FloatingVerdict.AHEAD)
_MARKS = {Action.NONE: "=", Action.PUSH: "+", Action.LOCK: "~", Action.RESTORE: "+", Action.REFUSE: "!"}
_OF_OUTCOME: Mapping[Outcome | None, str] = {Outcome.FAILED: "x", Outcome.SKIPPED: "-"}
_DID = {Action.NONE: "checked", Action.PUSH: "pushed", Action.LOCK: "locked", Action.RESTORE: "restored"}


_Step = ArtifactPlan | AttachmentPlan | FloatingPlan


@dataclass(frozen=True, slots=True)
class Row:
    """One artifact or floating tag."""

    mark: str
    """`=` nothing to do, `+` written, `~` lock only, `!` refused, `?` unknown, `x` failed, `-` skipped."""
    what: str
    verdict: str
    change: str
    why: str
    next: str | None
    is_quiet: bool
    """Whether it is only counted unless everything is asked for."""


def rows_of(plan: Plan, results: Results | None = None) -> list[Row]:
    """Return a row for every artifact, each followed by what is attached to it and by its floating tags.

    A floating tag that simply follows its artifact stands in the artifact's row: `name:1.0.0, latest`.
    """
    floating: dict[Key, list[FloatingPlan]] = {}
    for tag in plan.floating:
        floating.setdefault(tag.goal.wanted.key, []).append(tag)
    attached: dict[Key, list[AttachmentPlan]] = {}
    for attachment in plan.attachments:
        attached.setdefault(attachment.wanted.key, []).append(attachment)
    rows = []
    for item in plan.artifacts:
        tags = floating.get(item.key, [])
        followers = [tag for tag in tags if _follows(tag, item, results)]
        what = ", ".join((f"{item.wanted.name}:{item.wanted.tag}", *(tag.goal.tag for tag in followers)))
        rows.append(_row(item, what, results.artifacts[item.key] if results else None))
        rows.extend(
            _row(
                each,
                f"{item.wanted.name}:{item.wanted.tag} ← {each.attachment.artifact_type}",
                results.attachments[each.key] if results else None,
            )
            for each in attached.get(item.key, [])
        )
        rows.extend(
            _row(tag, f"{tag.goal.name}:{tag.goal.tag}", results.floating[tag.key] if results else None)
            for tag in tags
            if tag not in followers
        )
    if plan.catalog is not None:
        rows.append(_catalog_row(plan.catalog, results.catalog if results else None))
    return rows


def _catalog_row(item: CatalogPlan, result: Result | None) -> Row:
    """Return the row of the catalog, which comes last as it is published last."""
    failed = result is not None and result.error is not None
    wrote = result is not None and result.outcome is Outcome.DONE and item.action is Action.PUSH
    outcome = result.outcome if result is not None else item.settled
    mark = "?" if item.verdict is CatalogVerdict.UNKNOWN else _OF_OUTCOME.get(outcome, _MARKS[item.action])
    tried = result is not None and item.settled is None
    return Row(
        mark=mark,
        what=f"catalog {item.reference}",
        verdict="published" if wrote else outcome.value if tried and outcome else item.verdict.value,
        change=_short(item.seen),
        why=(result.error or item.reason) if failed and result else item.reason,
        next=_catalog_next(item, result),
        is_quiet=item.verdict is CatalogVerdict.CURRENT,
    )


def _catalog_next(item: CatalogPlan, result: Result | None) -> str | None:
    if result is not None:
        return result.fix if result.error else None
    return item.fix if item.action in (Action.NONE, Action.REFUSE) else None


def merge_alike(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with all that failed for one and the same reason in one row, where they are many."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.mark in "?x-":
            groups.setdefault(_cause(row), []).append(row)
    merged = []
    for row in rows:
        group = groups.get(_cause(row), []) if row.mark in "?x-" else []
        if len(group) <= _ALIKE_MAX:
            merged.append(row)
        elif row is group[0]:
            merged.append(replace(row, what=f"{row.what} and {len(group) - 1} more", change="–"))
    return merged


def _cause(row: Row) -> str:
    """Return why a row failed, without the URL that failed: a registry has one cause for all of them."""
    return _URL.sub("", row.why)


def _follows(tag: FloatingPlan, item: ArtifactPlan, results: Results | None) -> bool:
    """Say whether a floating tag only does what its artifact does, so that a row of its own says nothing."""
    together = tag.action is item.action is Action.PUSH
    return together and (results is None or results.floating[tag.key].outcome is Outcome.DONE)


def leftovers(plan: Plan, left: Collection[Locked] | None = None) -> Iterator[str]:
    """Yield a sentence for each version that leaves the lock, or, after a run, for each that has left it."""
    for entry in plan.superseded:
        if left is None or entry in left:
            yield f"{entry.name} {entry.version} is superseded: it stays published, and leaves the lock"
    for entry in plan.orphans:
        if left is None or entry in left:
            yield f"{entry.name} {entry.version} is an orphan: it stays published, and leaves the lock"


def restored(plan: Plan, results: Results) -> Iterator[str]:
    """Yield a sentence for each artifact that was put back: said loudly, at the end too."""
    for item in plan.artifacts:
        if item.action is Action.RESTORE and results.artifacts[item.key].outcome is Outcome.DONE:
            was = _short(seen_digest(item.seen))
            yield f"RESTORED {item.reference}: it held {was}, and holds {item.wanted.digest.short} again"


def _row(item: _Step, what: str, result: Result | None) -> Row:
    wanted = _wanted_digest(item)
    failed = result is not None and result.error is not None
    return Row(
        mark=_mark(item, result),
        what=what,
        verdict=_did(item, result),
        change=_change(item, wanted),
        why=(result.error or item.reason) if failed and result else item.reason,
        next=_next(item, result),
        is_quiet=item.verdict in _QUIET and item.settled is Outcome.DONE and item.fix is None,
    )


def _wanted_digest(item: _Step) -> Digest:
    match item:
        case ArtifactPlan():
            return item.wanted.digest
        case AttachmentPlan():
            return item.attachment.digest
        case FloatingPlan():
            return item.goal.wanted.digest
        case _:
            assert_never(item)


def _did(item: _Step, result: Result | None) -> str:
    """Return the verdict before a sync, and what was done after it."""
    if result is None or (item.settled is not None and item.action is not Action.LOCK):
        return item.verdict.value
    if result.outcome is not Outcome.DONE:
        return result.outcome.value
    if isinstance(item, AttachmentPlan):
        return "attached" if item.action is Action.PUSH else _DID[item.action]
    return _DID[item.action] if isinstance(item, ArtifactPlan) else "moved"


def _mark(item: _Step, result: Result | None) -> str:
    if item.verdict in (Verdict.UNKNOWN, FloatingVerdict.UNKNOWN):
        return "?"
    outcome = result.outcome if result else item.settled
    return _OF_OUTCOME.get(outcome, _MARKS[item.action])


def _next(item: _Step, result: Result | None) -> str | None:
    if result is not None:
        return result.fix if result.error else None
    return item.fix if item.action in (Action.NONE, Action.REFUSE) else None


def _change(item: _Step, wanted: Digest) -> str:
    seen = seen_digest(item.seen)
    if seen == wanted:
        return wanted.short
    return f"{_short(seen)} → {wanted.short}"


def _short(digest: Digest | None) -> str:
    return digest.short if digest else "–"
