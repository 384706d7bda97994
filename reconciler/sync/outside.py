"""What artifacts require and this project does not publish itself: whether the target has it.

Pure. Decided here: it is looked for only where what requires it is about to be pushed, one tag list for each
repository. With --only, what is not there refuses: somebody chose a part and meant that part to work. A whole
sync says it and goes on, since two projects that need each other have to begin somewhere.
Must never be added: a request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.sync.actions import ArtifactPlan, Outcome
from reconciler.sync.facts import Present, Seen, Unknown
from reconciler.sync.verdicts import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.desired.lockfile import Key
    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.reference import Repository

_SHOWN_MAX = 3

Versions = dict["Repository", list["Version"]]


def versions_of(wanted: Iterable[Wanted]) -> Versions:
    """Return the versions that a project wants, by name."""
    versions: Versions = {}
    for item in wanted:
        versions.setdefault(item.name, []).append(item.version)
    return versions


def outside_of(item: Wanted, versions: Versions) -> list[Requirement]:
    """Return what an artifact requires, and none of the wanted versions is."""
    return [
        need
        for need in item.requires
        if not any(need.allows(version) for version in versions.get(need.name, ()))
    ]


def look_for(
    chosen: Iterable[Wanted], everything: Iterable[Wanted], seen: Mapping[Key, Seen]
) -> list[Repository]:
    """Return the repositories to be looked for, sorted: those that something about to be pushed requires."""
    versions = versions_of(everything)
    return sorted(
        {
            need.name
            for item in chosen
            if _may_be_pushed(item, seen[item.key])
            for need in outside_of(item, versions)
        }
    )


def _may_be_pushed(item: Wanted, seen: Seen) -> bool:
    return not isinstance(seen, Unknown) and not (isinstance(seen, Present) and seen.digest == item.digest)


def weigh_outside(
    plan: ArtifactPlan,
    versions: Versions,
    required: Mapping[Repository, tuple[Version, ...] | Unknown],
    *,
    is_part: bool,
) -> ArtifactPlan:
    """Return a plan that takes into account what it requires from outside the project.

    Args:
        plan: of one artifact.
        versions: that the project wants.
        required: what was seen of what it does not.
        is_part: whether somebody chose a part of the project.
    """
    if plan.action not in (Action.PUSH, Action.RESTORE):
        return plan
    for need in outside_of(plan.wanted, versions):
        there = required.get(need.name)
        if isinstance(there, Unknown):
            reason = f"requires {_asked(need)}, whose state is unknown: {there.why}"
            if is_part:
                return replace(plan, action=Action.NONE, settled=Outcome.FAILED, reason=reason, fix=there.fix)
            plan = replace(plan, reason=f"{plan.reason}; {reason}")
        elif there is not None and not any(need.allows(version) for version in there):
            reason = f"requires {_asked(need)}, which is not published: {_there(there)}"
            if is_part:
                return replace(
                    plan,
                    action=Action.REFUSE,
                    settled=Outcome.REFUSED,
                    reason=reason,
                    fix=f"publish {need.name} first",
                )
            plan = replace(plan, reason=f"{plan.reason}; {reason}")
    return plan


def _asked(need: Requirement) -> str:
    return str(need.name) if need.constraint is None else f"{need.name}@{need.constraint}"


def _there(versions: Sequence[Version]) -> str:
    if not versions:
        return "there is no version of it"
    newest = sorted(versions, reverse=True)
    more = f" and {len(newest) - _SHOWN_MAX} more" if len(newest) > _SHOWN_MAX else ""
    return f"there is {', '.join(map(str, newest[:_SHOWN_MAX]))}{more}"
