"""The plan: a pure function of wanted, locked, seen and what the user allows.

Everything that sync will do, and everything it refuses to do, is a value here before anything is
done; whoever applies it decides nothing. Must never be added: a request, a file, a clock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.sync import advice
from reconciler.sync.actions import ArtifactPlan, FloatingPlan, Observations, Outcome, Plan, Terms
from reconciler.sync.attaching import plan_attachments
from reconciler.sync.facts import FloatingSeen, Hidden, Present, Seen, Unknown
from reconciler.sync.floating import (
    FloatingGoal,
    FloatingVerdict,
    judge_floating,
    newest_in_scope,
    set_goals,
)
from reconciler.sync.ordering import order
from reconciler.sync.outside import versions_of, weigh_outside
from reconciler.sync.verdicts import Action, Verdict, decide, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.versions.version import Version
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest


def make_plan(
    wanted: Iterable[Wanted], locked: Mapping[Key, Locked], observed: Observations, terms: Terms
) -> Plan:
    """Decide what sync does, for what `terms` chooses; the order of the arguments' items never matters."""
    everything = sorted(wanted, key=lambda item: item.key)
    chosen = [item for item in everything if terms.chosen(item.name)]
    versions = versions_of(everything)
    plans = {
        item.key: weigh_outside(
            _plan_artifact(item, locked.get(item.key), observed.artifacts[item.key], terms),
            versions,
            observed.required,
            is_part=terms.is_part,
        )
        for item in chosen
    }
    plans = order(plans, everything, observed.artifacts)
    goals = set_goals(chosen)
    return Plan(
        target=terms.target,
        again=terms.again,
        artifacts=tuple(plans.values()),
        floating=tuple(
            _plan_floating(goal, plans[goal.wanted.key], observed.floating[goal.key], terms) for goal in goals
        ),
        superseded=_leftover(everything, locked, terms, name_is_wanted=True),
        orphans=_leftover(everything, locked, terms, name_is_wanted=False),
        attachments=tuple(
            attachment
            for key, plan in plans.items()
            for attachment in plan_attachments(plan, locked.get(key), observed, terms)
        ),
    )


def _plan_artifact(wanted: Wanted, locked: Locked | None, seen: Seen, terms: Terms) -> ArtifactPlan:
    permission = terms.permit(wanted)
    digest = locked.digest if locked else None
    verdict = judge(wanted.digest, locked=digest, seen=seen)
    action = decide(verdict, permission)
    if wanted.known_by is not None and action in (Action.PUSH, Action.RESTORE):
        return _plan_unbuilt(wanted, seen, verdict, terms)
    plan = ArtifactPlan(
        wanted=wanted,
        reference=terms.refer(wanted.name, wanted.tag),
        locked=digest,
        seen=seen,
        verdict=verdict,
        action=action,
        reason=advice.explain(verdict, action, seen),
        fix=advice.mend(wanted, verdict, action, seen, again=terms.again),
        settled=_settle(verdict, action),
        probe=None if isinstance(seen, Hidden) else isinstance(seen, Present),
    )
    obstacle = terms.obstacles.get(wanted.key)
    if obstacle is None or action not in (Action.PUSH, Action.RESTORE):
        return plan
    return replace(
        plan,
        action=Action.REFUSE,
        reason=obstacle.reason,
        fix=obstacle.fix,
        settled=Outcome.REFUSED,
        is_obstructed=True,
    )


def _plan_unbuilt(wanted: Wanted, seen: Seen, verdict: Verdict, terms: Terms) -> ArtifactPlan:
    """Fail where an image would have to be pushed that is not in this clone."""
    reason, fix = advice.need_build(wanted, verdict, seen, again=terms.again)
    return ArtifactPlan(
        wanted=wanted,
        reference=terms.refer(wanted.name, wanted.tag),
        locked=wanted.digest,
        seen=seen,
        verdict=verdict,
        action=Action.NONE,
        reason=reason,
        fix=fix,
        settled=Outcome.FAILED,
    )


def _settle(verdict: Verdict, action: Action) -> Outcome | None:
    if verdict is Verdict.UNKNOWN:
        return Outcome.FAILED
    return {
        Action.NONE: Outcome.DONE,
        Action.LOCK: Outcome.DONE,
        Action.REFUSE: Outcome.REFUSED,
    }.get(action)


def _plan_floating(
    goal: FloatingGoal, artifact: ArtifactPlan, seen: FloatingSeen, terms: Terms
) -> FloatingPlan:
    verdict = judge_floating(goal, seen, held=terms.held, stands=_will_stand(artifact))
    newer = None if isinstance(seen, Unknown) else newest_in_scope(goal, seen.published)
    action = _decide_floating(verdict, artifact, newer=newer, force=terms.permit(goal.wanted).force)
    settled = _settle_floating(verdict, action, artifact)
    reason = advice.explain_floating(goal, verdict, seen, newer=newer, held=terms.held.get(goal.key))
    if action is Action.NONE and settled in (Outcome.REFUSED, Outcome.SKIPPED):
        reason = f"{reason}; {advice.wait_for(artifact)}"
    return FloatingPlan(
        goal=goal,
        reference=terms.refer(goal.name, goal.tag),
        seen=seen,
        verdict=verdict,
        action=action,
        reason=reason,
        fix=advice.mend_floating(goal, verdict, action, seen, newer=newer, terms=terms),
        settled=settled,
    )


def _will_stand(artifact: ArtifactPlan) -> Digest | None:
    """Return the digest under the goal's version tag once the plan is applied."""
    if artifact.settled in (None, Outcome.DONE):
        return artifact.wanted.digest
    return artifact.seen.digest if isinstance(artifact.seen, Present) else None


def _decide_floating(
    verdict: FloatingVerdict, artifact: ArtifactPlan, *, newer: Version | None, force: bool
) -> Action:
    if not artifact.may_be_followed:
        return Action.NONE
    match verdict:
        case FloatingVerdict.BEHIND:
            return Action.PUSH
        case FloatingVerdict.ABSENT:
            return Action.PUSH if newer is None else Action.NONE
        case FloatingVerdict.FOREIGN:
            return Action.PUSH if force and newer is None else Action.REFUSE
        case _:
            return Action.NONE


def _settle_floating(verdict: FloatingVerdict, action: Action, artifact: ArtifactPlan) -> Outcome | None:
    if action is Action.PUSH:
        return None
    if action is Action.REFUSE:
        return Outcome.REFUSED
    if verdict is FloatingVerdict.UNKNOWN:
        return Outcome.FAILED
    moves = verdict in (FloatingVerdict.BEHIND, FloatingVerdict.ABSENT, FloatingVerdict.FOREIGN)
    if not moves or artifact.may_be_followed:
        return Outcome.DONE
    return Outcome.REFUSED if artifact.settled is Outcome.REFUSED else Outcome.SKIPPED


def _leftover(
    wanted: list[Wanted], locked: Mapping[Key, Locked], terms: Terms, *, name_is_wanted: bool
) -> tuple[Locked, ...]:
    keys = {item.key for item in wanted}
    names = {item.name for item in wanted}
    return tuple(
        locked[key]
        for key in sorted(locked)
        if key not in keys and (key[0] in names) is name_is_wanted and terms.chosen(key[0])
    )
