"""What people read beside a verdict: the reason in one sentence, and the command that mends it.

Must never be added: a decision. Sentences start lower case and end without a full stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, assert_never

from reconciler.desired.versions.increments import Level, increment
from reconciler.sync.actions import Outcome
from reconciler.sync.facts import FloatingAbsent, FloatingPresent, FloatingSeen, Hidden, Seen, Unknown
from reconciler.sync.floating import FloatingGoal, FloatingVerdict
from reconciler.sync.verdicts import Action, Verdict

if TYPE_CHECKING:
    from reconciler.desired.versions.version import Version
    from reconciler.desired.wanted import Wanted
    from reconciler.sync.actions import ArtifactPlan, Terms


class Said(TypedDict):
    """Reason and fix, as `dataclasses.replace` takes them."""

    reason: str
    fix: str | None


def explain(verdict: Verdict, action: Action, seen: Seen) -> str:
    """Return why the verdict is what it is."""
    if isinstance(seen, Unknown):
        return seen.why
    overwrites = seen_something(verdict) and action is Action.PUSH
    hidden = " (the registry hides it)" if isinstance(seen, Hidden) else ""
    return _REASONS[verdict] + hidden + (": overwriting it" if overwrites else "")


_REASONS = {
    Verdict.UNKNOWN: "the registry could not tell",
    Verdict.IN_SYNC: "files, lock and registry agree",
    Verdict.ADOPT: "the registry holds it already, the lock does not say so yet",
    Verdict.MISSING: "locked, and not in the registry",
    Verdict.CREATE: "not in the registry yet",
    Verdict.DRIFTED: "somebody changed the registry: files and lock agree, the tag holds something else",
    Verdict.EDITED: "you changed files of a published version",
    Verdict.TAKEN: "somebody published other content under this version, and the lock does not know it",
    Verdict.DIVERGED: "files, lock and registry are three different things",
}


def seen_something(verdict: Verdict) -> bool:
    """Say whether other content stands under the version tag."""
    return verdict in (Verdict.DRIFTED, Verdict.EDITED, Verdict.TAKEN, Verdict.DIVERGED)


def mend(wanted: Wanted, verdict: Verdict, action: Action, seen: Seen, *, again: str) -> str | None:
    """Return the command or step that leads out; None where nothing has to be done."""
    if isinstance(seen, Unknown):
        return seen.fix
    if action is not Action.REFUSE:
        return None if action is Action.NONE else again
    bump = bump_advice(wanted)
    match verdict:
        case Verdict.DRIFTED:
            return f"{again} --restore {wanted.name}; or, where the files changed, {bump}"
        case Verdict.EDITED:
            return f"{bump}; or take back the change"
        case _:
            return f"{bump}; or overwrite what is there: {again} --force {wanted.name}"


def need_build(wanted: Wanted, verdict: Verdict, seen: Seen, *, again: str) -> tuple[str, str]:
    """Say why an image that is taken as locked cannot be pushed, and what has to be there first."""
    files = ", ".join(file.path for file in wanted.files)
    reason = f"{explain(verdict, Action.NONE, seen)}; it cannot be pushed: not in this clone: {files}"
    return reason, f"run the build that writes {files}, then {again}"


def bump_advice(wanted: Wanted) -> str:
    """Say which version comes next, and the command that writes it."""
    level = Level.PRERELEASE if wanted.version.is_prerelease else Level.PATCH
    version = increment(wanted.version, level)
    return f"give it a new version, such as {version}: pallet bump {wanted.name} {level}"


def hold_back(cause: str) -> Said:
    """Say that something it requires will not be there as wanted; `cause` names it and says why."""
    return Said(reason=f"requires {cause}", fix=f"mend {cause.partition(',')[0]} first")


def left_out(required: Wanted) -> Said:
    """Say that `--only` leaves out something that has to be published first."""
    return Said(
        reason=f"requires {required.name} {required.version}, which is not published and left out by --only",
        fix=f"add --only {required.name}",
    )


def explain_floating(
    goal: FloatingGoal,
    verdict: FloatingVerdict,
    seen: FloatingSeen,
    *,
    newer: Version | None,
    held: Version | None,
) -> str:
    """Return why a floating tag's verdict is what it is."""
    version = seen.version if isinstance(seen, FloatingPresent) else None
    match verdict:
        case FloatingVerdict.CURRENT:
            return f"holds {goal.wanted.version}"
        case FloatingVerdict.BEHIND if version == goal.wanted.version:
            return f"holds other content of {version}"
        case FloatingVerdict.BEHIND:
            return f"holds {version}, {goal.wanted.version} is newer"
        case FloatingVerdict.AHEAD:
            return f"holds {version}, which is newer than {goal.wanted.version}: left alone"
        case FloatingVerdict.ABSENT if newer is not None:
            return f"absent, and the registry holds {newer}, newer than {goal.wanted.version}: left alone"
        case FloatingVerdict.ABSENT:
            is_hidden = isinstance(seen, FloatingAbsent) and seen.is_hidden
            return "absent (the registry hides it)" if is_hidden else "absent"
        case FloatingVerdict.FOREIGN:
            note = f", and the registry holds {newer}, newer than {goal.wanted.version}" if newer else ""
            return f"holds no version of this project's artifact{note}"
        case FloatingVerdict.HELD:
            now = "" if _holds(seen, held) else f", and holds {version or 'something else'}"
            return f"held at {held} by pallet.toml{now}: left alone"
        case FloatingVerdict.UNKNOWN:
            return seen.why if isinstance(seen, Unknown) else "the registry could not tell"
        case _:
            assert_never(verdict)


def wait_for(artifact: ArtifactPlan) -> str:
    """Say which artifact has to be published before its floating tag moves, and why it is not."""
    match artifact.settled:
        case Outcome.REFUSED:
            why = "which is refused"
        case Outcome.FAILED if isinstance(artifact.seen, Unknown):
            why = "whose state is unknown"
        case Outcome.FAILED:
            why = "which cannot be pushed"
        case _:
            why = "which is held back"
    return f"waits for {artifact.wanted.name} {artifact.wanted.version}, {why}"


def mend_floating(
    goal: FloatingGoal,
    verdict: FloatingVerdict,
    action: Action,
    seen: FloatingSeen,
    *,
    newer: Version | None,
    terms: Terms,
) -> str | None:
    """Return the command that leads out; None where nothing has to be done."""
    if isinstance(seen, Unknown):
        return seen.fix
    held = terms.held.get(goal.key)
    if verdict is FloatingVerdict.HELD and not _holds(seen, held):
        return f"pallet tag {goal.name} {held} --as {goal.tag} --backward --target {terms.target}"
    if action is Action.PUSH:
        return terms.again
    if action is Action.REFUSE and newer is not None:
        return f"pallet tag {goal.name} {newer} --as {goal.tag} --target {terms.target}"
    return f"{terms.again} --force {goal.name}" if action is Action.REFUSE else None


def _holds(seen: FloatingSeen, version: Version | None) -> bool:
    return isinstance(seen, FloatingPresent) and seen.version == version
