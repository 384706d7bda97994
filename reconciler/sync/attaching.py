"""What sync does about everything that is attached to an artifact: judged by digest, one by one.

An attachment's digest follows from its files and its artifact, so another one can never stand in its place:
it is there, or it is not, or nobody knows. It follows its artifact: where that is refused, unknown or held
back, nothing is attached. Pure. Must never be added: a request, a file, a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sync.actions import ArtifactPlan, AttachmentPlan, Observations, Outcome, Terms
from reconciler.sync.facts import Seen, Unknown
from reconciler.sync.verdicts import Action, Permission, Verdict, decide, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.attachments import Attachment
    from reconciler.desired.lockfile import Locked

_REASONS = {
    Verdict.IN_SYNC: "files, lock and registry agree",
    Verdict.ADOPT: "attached already, the lock does not say so yet",
    Verdict.MISSING: "locked, and the registry does not list it",
    Verdict.CREATE: "not attached yet",
}


def plan_attachments(
    item: ArtifactPlan, locked: Locked | None, observed: Observations, terms: Terms
) -> Iterator[AttachmentPlan]:
    """Yield a plan for each attachment of an artifact, in the artifact's order."""
    known = {entry.digest for entry in locked.attachments} if locked else set()
    for attachment in item.wanted.attachments:
        seen = observed.attachments[(*item.key, attachment.digest)]
        yield _plan(item, attachment, seen, terms, is_locked=attachment.digest in known)


def _plan(
    item: ArtifactPlan, attachment: Attachment, seen: Seen, terms: Terms, *, is_locked: bool
) -> AttachmentPlan:
    locked = attachment.digest if is_locked else None
    verdict = judge(attachment.digest, locked=locked, seen=seen)
    action = decide(verdict, Permission(immutable=True))
    reason = seen.why if isinstance(seen, Unknown) else _REASONS[verdict]
    fix = seen.fix if isinstance(seen, Unknown) else None if action is Action.NONE else terms.again
    settled = _settle(verdict, action)
    if action in (Action.PUSH, Action.LOCK) and item.settled not in (None, Outcome.DONE):
        action, settled = Action.NONE, _follow(item)
        reason, fix = f"its artifact is not published: {item.reason}", item.fix
    return AttachmentPlan(
        wanted=item.wanted,
        attachment=attachment,
        reference=terms.refer(item.wanted.name, attachment.digest),
        attached_to=item.reference,
        locked=locked,
        seen=seen,
        verdict=verdict,
        action=action,
        reason=reason,
        fix=fix,
        settled=settled,
    )


def _settle(verdict: Verdict, action: Action) -> Outcome | None:
    if verdict is Verdict.UNKNOWN:
        return Outcome.FAILED
    return None if action is Action.PUSH else Outcome.DONE


def _follow(item: ArtifactPlan) -> Outcome:
    return Outcome.REFUSED if item.settled is Outcome.REFUSED else Outcome.SKIPPED
