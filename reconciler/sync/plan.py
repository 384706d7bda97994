"""The plan: a pure function of wanted, locked, seen and what the user allows.

Everything that sync will do, and everything it refuses to do, is a value here before anything is
done; whoever applies it decides nothing. Must never be added: a request, a file, a clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.sync import advice
from reconciler.sync.facts import (
    Absent,
    FloatingAbsent,
    FloatingPresent,
    FloatingSeen,
    Hidden,
    Present,
    Seen,
    Unknown,
)
from reconciler.sync.floating import (
    FloatingGoal,
    FloatingKey,
    FloatingVerdict,
    judge_floating,
    newest_in_scope,
    set_goals,
)
from reconciler.sync.verdicts import Action, Permission, Verdict, decide, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.versions import Version
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag


class Outcome(StrEnum):
    """What became of one action."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ArtifactPlan:
    """What will be done about one artifact, and why."""

    wanted: Wanted
    reference: str
    locked: Digest | None
    seen: Seen
    verdict: Verdict
    action: Action
    reason: str
    fix: str | None = None
    settled: Outcome | None = None
    """The outcome where nothing has to be done for it; None where the store must be asked to do something."""
    waits_for: tuple[Key, ...] = ()
    """Artifacts that must be there first: where one fails, this one is skipped."""
    probe: bool = False
    """Whether the store may hold some of the blobs already, so that asking first is cheaper than sending."""

    @property
    def key(self) -> Key:
        return self.wanted.key


@dataclass(frozen=True, slots=True)
class FloatingPlan:
    """What will be done about one floating tag, and why."""

    goal: FloatingGoal
    reference: str
    seen: FloatingSeen
    verdict: FloatingVerdict
    action: Action
    reason: str
    fix: str | None = None
    settled: Outcome | None = None

    @property
    def key(self) -> FloatingKey:
        return self.goal.key


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it, sorted by name and version; complete where nothing is unknown."""

    target: str
    artifacts: tuple[ArtifactPlan, ...]
    floating: tuple[FloatingPlan, ...] = ()
    superseded: tuple[Locked, ...] = ()
    """Locked versions of names that are wanted in another version: published still, they leave the lock."""
    orphans: tuple[Locked, ...] = ()
    """Locked names that nobody wants any more: said, and left alone in the store."""

    @property
    def steps(self) -> tuple[ArtifactPlan | FloatingPlan, ...]:
        """Artifacts, then floating tags."""
        return (*self.artifacts, *self.floating)

    @property
    def is_complete(self) -> bool:
        return not any(isinstance(item.seen, Unknown) for item in self.steps)

    @property
    def writes(self) -> bool:
        """Whether applying it would write anything, to the store or to the lock."""
        return bool(self.orphans or self.superseded) or any(
            item.action in (Action.PUSH, Action.RESTORE, Action.LOCK) for item in self.steps
        )

    @property
    def summary(self) -> Mapping[str, int]:
        """Verdicts of artifacts, counted."""
        counts = Counter(item.verdict.value for item in self.artifacts)
        return {verdict.value: counts[verdict.value] for verdict in Verdict if counts[verdict.value]}


@dataclass(frozen=True, slots=True)
class Observations:
    """What was seen, by key; something that is wanted and not in here has not been looked at."""

    artifacts: Mapping[Key, Seen]
    floating: Mapping[FloatingKey, FloatingSeen]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan is made under: the target, and what pallet.toml and the command line allow there."""

    target: str
    permit: Callable[[Wanted], Permission]
    refer: Callable[[Repository, Tag], str]
    held: Mapping[FloatingKey, Version]
    chosen: Callable[[Repository], bool] = lambda _: True
    """Whether `--only` lets a name be touched."""


def make_plan(
    wanted: Iterable[Wanted], locked: Mapping[Key, Locked], observed: Observations, terms: Terms
) -> Plan:
    """Decide what sync does, for what `terms` chooses; the order of the arguments' items never matters."""
    everything = sorted(wanted, key=lambda item: item.key)
    chosen = [item for item in everything if terms.chosen(item.name)]
    plans = {
        item.key: _plan_artifact(item, locked.get(item.key), observed.artifacts[item.key], terms)
        for item in chosen
    }
    plans = _order(plans, everything, observed.artifacts)
    goals = set_goals(chosen)
    return Plan(
        target=terms.target,
        artifacts=tuple(plans.values()),
        floating=tuple(
            _plan_floating(goal, plans[goal.wanted.key], observed.floating[goal.key], terms) for goal in goals
        ),
        superseded=_leftover(everything, locked, terms, name_is_wanted=True),
        orphans=_leftover(everything, locked, terms, name_is_wanted=False),
    )


def _plan_artifact(wanted: Wanted, locked: Locked | None, seen: Seen, terms: Terms) -> ArtifactPlan:
    permission = terms.permit(wanted)
    digest = locked.digest if locked else None
    verdict = judge(wanted.digest, locked=digest, seen=seen)
    action = decide(verdict, permission)
    return ArtifactPlan(
        wanted=wanted,
        reference=terms.refer(wanted.name, wanted.tag),
        locked=digest,
        seen=seen,
        verdict=verdict,
        action=action,
        reason=advice.explain(verdict, action, seen),
        fix=advice.mend(wanted, verdict, action, seen),
        settled=_settle(verdict, action),
        probe=isinstance(seen, Present),
    )


def _settle(verdict: Verdict, action: Action) -> Outcome | None:
    if verdict is Verdict.UNKNOWN:
        return Outcome.FAILED
    return {
        Action.NONE: Outcome.DONE,
        Action.LOCK: Outcome.DONE,
        Action.REFUSE: Outcome.REFUSED,
    }.get(action)


def _order(
    plans: dict[Key, ArtifactPlan], everything: list[Wanted], seen: Mapping[Key, Seen]
) -> dict[Key, ArtifactPlan]:
    """Let each plan wait for what it requires; hold back what requires something unknown or left out."""
    versions: dict[Repository, list[Wanted]] = {}
    for item in everything:
        versions.setdefault(item.name, []).append(item)
    stuck: dict[Key, str] = {
        key: str(key[0]) for key, plan in plans.items() if isinstance(plan.seen, Unknown)
    }
    for key in _in_order(everything, versions):
        plan = plans.get(key)
        if plan is None or plan.settled is not None:
            continue
        required = [item for need in plan.wanted.requires for item in versions.get(need.name, [])]
        cause = next((stuck[item.key] for item in required if item.key in stuck), None)
        left_out = next(
            (
                item
                for item in required
                if item.key not in plans and not isinstance(seen.get(item.key), Present)
            ),
            None,
        )
        if cause is not None:
            stuck[key] = cause
            plans[key] = replace(plan, action=Action.NONE, settled=Outcome.SKIPPED, **advice.hold_back(cause))
        elif left_out is not None:
            plans[key] = replace(
                plan, action=Action.REFUSE, settled=Outcome.REFUSED, **advice.left_out(left_out)
            )
        else:
            waits = tuple(item.key for item in required if item.key in plans)
            plans[key] = replace(plan, waits_for=waits)
    return plans


def _in_order(everything: list[Wanted], versions: Mapping[Repository, list[Wanted]]) -> Iterable[Key]:
    """Yield keys so that what is required comes first; `build` has refused cycles."""
    done: set[Key] = set()
    stack = list(reversed(everything))
    while stack:
        item = stack[-1]
        missing = [
            need
            for requirement in item.requires
            for need in versions.get(requirement.name, [])
            if need.key not in done
        ]
        if missing and item.key not in done:
            stack.extend(missing)
            continue
        stack.pop()
        if item.key not in done:
            done.add(item.key)
            yield item.key


def _plan_floating(
    goal: FloatingGoal, artifact: ArtifactPlan, seen: FloatingSeen, terms: Terms
) -> FloatingPlan:
    verdict = judge_floating(goal, seen, held=terms.held, stands=_will_stand(artifact))
    newer = newest_in_scope(goal, seen.published) if isinstance(seen, FloatingAbsent) else None
    action = _decide_floating(verdict, artifact, newer=newer, force=terms.permit(goal.wanted).force)
    return FloatingPlan(
        goal=goal,
        reference=terms.refer(goal.name, goal.tag),
        seen=seen,
        verdict=verdict,
        action=action,
        reason=advice.explain_floating(goal, verdict, seen, newer=newer, held=terms.held.get(goal.key)),
        fix=advice.mend_floating(goal, action, seen),
        settled=_settle_floating(verdict, action, artifact),
    )


def _will_stand(artifact: ArtifactPlan) -> Digest | None:
    """Return the digest under the goal's version tag once the plan is applied."""
    if artifact.settled in (None, Outcome.DONE):
        return artifact.wanted.digest
    return artifact.seen.digest if isinstance(artifact.seen, Present) else None


def _decide_floating(
    verdict: FloatingVerdict, artifact: ArtifactPlan, *, newer: Version | None, force: bool
) -> Action:
    if artifact.settled not in (None, Outcome.DONE):
        return Action.NONE
    match verdict:
        case FloatingVerdict.BEHIND:
            return Action.PUSH
        case FloatingVerdict.ABSENT:
            return Action.PUSH if newer is None else Action.NONE
        case FloatingVerdict.FOREIGN:
            return Action.PUSH if force else Action.REFUSE
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
    if not moves or artifact.settled in (None, Outcome.DONE):
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


def seen_digest(seen: Seen | FloatingSeen) -> Digest | None:
    """Return the digest that was seen, if one was."""
    return seen.digest if isinstance(seen, Present | FloatingPresent) else None


def seen_state(seen: Seen | FloatingSeen) -> str:
    """Return the word that reports use: present, absent, hidden or unknown."""
    match seen:
        case Present() | FloatingPresent():
            return "present"
        case Absent() | FloatingAbsent():
            return "absent"
        case Hidden():
            return "hidden"
        case Unknown():
            return "unknown"
