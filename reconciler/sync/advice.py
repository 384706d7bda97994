"""What people read beside a verdict: the reason in one sentence, and the command that mends it.

Must never be added: a decision. Sentences start lower case and end without a full stop.
"""

from __future__ import annotations

from typing import TypedDict, assert_never

from reconciler.desired.versions import Version
from reconciler.desired.wanted import Wanted
from reconciler.sync.facts import FloatingAbsent, FloatingPresent, FloatingSeen, Hidden, Seen, Unknown
from reconciler.sync.floating import FloatingGoal, FloatingVerdict
from reconciler.sync.verdicts import Action, Verdict


class Said(TypedDict):
    """Reason and fix, as `dataclasses.replace` takes them."""

    reason: str
    fix: str | None


def explain(verdict: Verdict, action: Action, seen: Seen) -> str:
    """Return why the verdict is what it is."""
    if isinstance(seen, Unknown):
        return seen.why
    hidden = " (hidden: the registry does not say)" if isinstance(seen, Hidden) else ""
    forced = action is Action.PUSH
    match verdict:
        case Verdict.UNKNOWN:
            return "the registry could not tell"
        case Verdict.IN_SYNC:
            return "files, lock and registry agree"
        case Verdict.ADOPT:
            return "the registry holds it already, the lock does not say so yet"
        case Verdict.MISSING:
            return f"locked, and not in the registry{hidden}"
        case Verdict.CREATE:
            return f"new: neither locked nor in the registry{hidden}" if not hidden else f"new{hidden}"
        case Verdict.DRIFTED:
            return "somebody changed the registry: files and lock agree, the tag holds something else"
        case Verdict.EDITED:
            return "you changed files of a published version" + (": overwriting it" if forced else "")
        case Verdict.TAKEN:
            return "somebody published other content under this version, and the lock does not know it" + (
                ": overwriting it" if forced else ""
            )
        case Verdict.DIVERGED:
            return "files, lock and registry are three different things" + (": overwriting it" if forced else "")
        case _:
            assert_never(verdict)


def mend(wanted: Wanted, verdict: Verdict, action: Action, seen: Seen) -> str | None:
    """Return the command or step that leads out; None where nothing has to be done."""
    if isinstance(seen, Unknown):
        return seen.fix
    if action is not Action.REFUSE:
        return None if action is Action.NONE else "pallet sync"
    bump = f"give it a new version, such as {wanted.version.next_patch()}"
    match verdict:
        case Verdict.DRIFTED:
            return f"pallet sync --restore {wanted.name}"
        case Verdict.EDITED:
            return f"{bump}; or take back the change"
        case _:
            return f"{bump}; or overwrite what is there: pallet sync --force {wanted.name}"


def hold_back(cause: str) -> Said:
    """Say that something it requires could not be looked at."""
    return Said(reason=f"requires {cause}, whose state is unknown", fix=f"mend {cause} first")


def left_out(required: Wanted) -> Said:
    """Say that `--only` leaves out something that has to be published first."""
    return Said(
        reason=f"requires {required.name} {required.version}, which is not published and left out by --only",
        fix=f"add --only {required.name}",
    )


def explain_floating(
    goal: FloatingGoal, verdict: FloatingVerdict, seen: FloatingSeen, *, newer: Version | None, held: Version | None
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
            return f"absent, and {newer}, which the registry holds, is newer than {goal.wanted.version}: left alone"
        case FloatingVerdict.ABSENT:
            return "absent"
        case FloatingVerdict.FOREIGN:
            return "holds no version of this project's artifact"
        case FloatingVerdict.HELD:
            return f"held at {held} by pallet.toml: left alone"
        case FloatingVerdict.UNKNOWN:
            return seen.why if isinstance(seen, Unknown) else "the registry could not tell"
        case _:
            assert_never(verdict)


def mend_floating(
    goal: FloatingGoal, verdict: FloatingVerdict, action: Action, seen: FloatingSeen
) -> str | None:
    """Return the command that leads out; None where nothing has to be done."""
    if isinstance(seen, Unknown):
        return seen.fix
    if action is Action.PUSH:
        return "pallet sync"
    if action is Action.REFUSE:
        return f"pallet sync --force {goal.name}"
    if verdict is FloatingVerdict.ABSENT and isinstance(seen, FloatingAbsent):
        return None
    return None
