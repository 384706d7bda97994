"""What has to be published first, and what is held back because of what it requires.

Pure. An artifact waits for everything wanted under the names that it requires; where one of those is
unknown, refused or left out, it is not published either, and neither is what requires it.
Must never be added: a look at anything but the plans and what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.sync import advice
from reconciler.sync.actions import ArtifactPlan, Outcome
from reconciler.sync.facts import Present, Seen, Unknown
from reconciler.sync.verdicts import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.desired.lockfile import Key
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.reference import Repository

_Versions = dict["Repository", list["Wanted"]]


def order(
    plans: Mapping[Key, ArtifactPlan], everything: Iterable[Wanted], seen: Mapping[Key, Seen]
) -> dict[Key, ArtifactPlan]:
    """Return the plans, each waiting for what it requires, or held back with the cause.

    Args:
        plans: of what is chosen, by key.
        everything: that is wanted, chosen or not, without cycles.
        seen: of what is chosen, and of what that requires.
    """
    items = sorted(everything, key=lambda item: item.key)
    versions: _Versions = {}
    for item in items:
        versions.setdefault(item.name, []).append(item)
    ordering = _Ordering(dict(plans), versions, seen, {})
    for item in _required_first(items, versions):
        ordering.settle(item)
    return ordering.plans


@dataclass(frozen=True, slots=True)
class _Ordering:
    plans: dict[Key, ArtifactPlan]
    versions: _Versions
    seen: Mapping[Key, Seen]
    stuck: dict[Key, str]
    """Why something will not be there as wanted, passed on to what requires it."""

    def settle(self, item: Wanted) -> None:
        required = _required(item, self.versions)
        cause = next((self.stuck[need.key] for need in required if need.key in self.stuck), None)
        own = self._own_cause(item)
        if cause is not None or own is not None:
            self.stuck[item.key] = own or cause or ""
        plan = self.plans.get(item.key)
        if plan is None:
            return
        plan = replace(plan, is_held_back=cause is not None)
        self.plans[item.key] = plan
        if plan.action not in (Action.PUSH, Action.RESTORE, Action.LOCK):
            return
        left_out = next((need for need in required if self._is_left_out(need)), None)
        if cause is not None:
            said = advice.hold_back(cause)
            plan = replace(plan, action=Action.NONE, settled=Outcome.SKIPPED, **said)
        elif left_out is not None:
            self.stuck[item.key] = f"{item.name}, which is refused"
            plan = replace(plan, action=Action.REFUSE, settled=Outcome.REFUSED, **advice.left_out(left_out))
        else:
            waits = tuple(need.key for need in required if need.key in self.plans)
            plan = replace(plan, waits_for=waits)
        self.plans[item.key] = plan

    def _own_cause(self, item: Wanted) -> str | None:
        if isinstance(self.seen.get(item.key), Unknown):
            return f"{item.name}, whose state is unknown"
        plan = self.plans.get(item.key)
        return f"{item.name}, which is refused" if plan and plan.settled is Outcome.REFUSED else None

    def _is_left_out(self, need: Wanted) -> bool:
        return need.key not in self.plans and not isinstance(self.seen.get(need.key), Present)


def _required(item: Wanted, versions: _Versions) -> list[Wanted]:
    return [
        need
        for requirement in item.requires
        for need in versions.get(requirement.name, [])
        if requirement.allows(need.version)
    ]


def _required_first(items: list[Wanted], versions: _Versions) -> Iterator[Wanted]:
    """Yield everything so that what is required comes before what requires it."""
    done: set[Key] = set()
    stack = list(reversed(items))
    while stack:
        item = stack[-1]
        missing = [need for need in _required(item, versions) if need.key not in done]
        if missing and item.key not in done:
            stack.extend(missing)
            continue
        stack.pop()
        if item.key not in done:
            done.add(item.key)
            yield item
