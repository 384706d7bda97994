"""What is wrong with a graph of requirements, in words, each with the ways that lead there. Pure.

Decided here: missing repositories and versions, constraints that cannot all hold, cycles, and texts that
cannot be read; all of them at once. A way is the shortest one, and names both its ends where it is long.
Must never be added: a choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from reconciler.desired.cycles import find_cycles
from reconciler.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.desired.requirements import Requirement
    from reconciler.discovery.settling import Settled
    from reconciler.oci.reference import Repository

STEPS_SHOWN_MAX = 24
"""A way of more steps loses its middle."""
_VERSIONS_SHOWN_MAX = 5
ARROW = " → "


class Why(StrEnum):
    """What is wrong, as a word for programs."""

    MISSING = "missing"
    UNSATISFIED = "unsatisfied"
    CONFLICT = "conflict"
    CYCLE = "cycle"
    UNREADABLE = "unreadable"


Way = tuple[str, ...]
"""From the artifact in question to where something is wrong, such as `workflows/a 1.0.0`, `tools/b@^2`."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is wrong, and how one gets there."""

    why: Why
    repository: Repository
    message: str
    """Expected and got; the repository in front, the ways not in it."""
    ways: tuple[Way, ...]
    fix: str

    def __str__(self) -> str:
        ways = "".join(f"\n  {ARROW.join(way)}" for way in self.ways)
        return f"{self.message}{ways}"


class UnmetError(StoreError):
    """An artifact cannot be had with what it needs; `unmet` says why, all of it."""

    def __init__(self, unmet: Sequence[Unmet]) -> None:
        fix = "; ".join(dict.fromkeys(item.fix for item in unmet))
        super().__init__("\n".join(map(str, unmet)), fix=fix)
        self.unmet = tuple(unmet)


def find_unmet(settled: Settled) -> tuple[Unmet, ...]:
    """Return everything that is wrong with what was settled, sorted by repository and kind of trouble."""
    ways = Ways(settled)
    found = [*_unreadable(settled, ways), *_unsatisfied(settled, ways), *_cycles(settled, ways)]
    return tuple(sorted(found, key=lambda item: (item.repository, item.why, item.message)))


class Ways:
    """The shortest way from the root to everything that was settled."""

    def __init__(self, settled: Settled) -> None:
        self._settled = settled
        self._before: dict[Repository, Repository | None] = {settled.root: None}
        queue = [settled.root]
        for name in queue:
            for need in settled.needs(name):
                if need.name not in self._before:
                    self._before[need.name] = name
                    queue.append(need.name)
        self.in_order = tuple(queue)
        """Everything that is needed, the nearest first."""

    def to(self, repository: Repository, *last: str) -> Way:
        """Return the way to a repository, with what it asks for behind."""
        steps: list[str] = [*reversed(last)]
        at: Repository | None = repository
        while at is not None:
            steps.append(named(self._settled, at))
            at = self._before[at]
        return shorten(steps[::-1])


def named(settled: Settled, repository: Repository) -> str:
    """Return such as `workflows/a 1.0.0`."""
    version = settled.chosen.get(repository)
    return str(repository) if version is None else f"{repository} {version}"


def asked(need: Requirement) -> str:
    """Return such as `tools/b@^2`."""
    return str(need.name) if need.constraint is None else f"{need.name}@{need.constraint}"


def shorten(steps: Sequence[str]) -> Way:
    """Return the steps, without the middle where there are many."""
    if len(steps) <= STEPS_SHOWN_MAX:
        return tuple(steps)
    half = STEPS_SHOWN_MAX // 2
    return (*steps[:half], f"… {len(steps) - 2 * half} more …", *steps[-half:])


def find_core(masks: Mapping[Repository, int], available: int) -> tuple[Repository, ...]:
    """Return those whose demands leave nothing together: one, else two, else none that can be spared."""
    for name, mask in masks.items():
        if not mask & available:
            return (name,)
    for one, other in combinations(list(masks)[:200], 2):
        if not masks[one] & masks[other] & available:
            return (one, other)
    core = list(masks)
    for name in list(masks):
        left = available
        for other in core:
            left &= masks[other] if other != name else -1
        if not left:
            core.remove(name)
    return tuple(core)


def _unreadable(settled: Settled, ways: Ways) -> Iterator[Unmet]:
    for name, version in settled.chosen.items():
        said = None if version is None else settled.known.said[name, version]
        for flaw in said.flaws if said else ():
            yield Unmet(
                Why.UNREADABLE,
                name,
                f"{named(settled, name)}: {flaw}",
                (ways.to(name),),
                f"publish {name} anew, with requirements that can be read",
            )


def _unsatisfied(settled: Settled, ways: Ways) -> Iterator[Unmet]:
    for name in settled.unsatisfied:
        demands = settled.demands[name]
        if not settled.known.versions[name]:
            way = (ways.to(who, asked(needs[0])) for who, needs in demands.items())
            fix = f"publish {name} first, or mend the name in `requires` of {next(iter(demands))}"
            message = f"{name}: missing: expected a repository with versions, got none"
            yield Unmet(Why.MISSING, name, message, _few(way), fix)
            continue
        masks = {who: settled.known.masks(needs) for who, needs in demands.items()}
        for who, needs in demands.items():
            if not masks[who]:
                yield _unsatisfied_alone(settled, ways, who, needs)
        possible = {who: mask for who, mask in masks.items() if mask}
        together = settled.known.masks(need for who in possible for need in demands[who])
        if possible and (not together or len(possible) == len(masks)):
            core = tuple(possible) if together else find_core(possible, -1)
            yield _conflict(settled, ways, name, core)


def _unsatisfied_alone(settled: Settled, ways: Ways, who: Repository, needs: Sequence[Requirement]) -> Unmet:
    name = needs[0].name
    wanted = " and ".join(str(need.constraint or "a stable version") for need in needs)
    return Unmet(
        Why.UNSATISFIED,
        name,
        f"{name}: no such version: expected {wanted}, got {_published(settled, name)}",
        (ways.to(who, *(asked(need) for need in needs[:1])),),
        f"publish such a version of {name}, or let {who} take another one",
    )


def _conflict(settled: Settled, ways: Ways, name: Repository, core: Sequence[Repository]) -> Unmet:
    needs = [need for who in core for need in settled.demands[name][who]]
    wanted = " and ".join(dict.fromkeys(str(need.constraint or "a stable version") for need in needs))
    return Unmet(
        Why.CONFLICT,
        name,
        f"{name}: constraints that cannot all hold: expected one version for {wanted}, "
        f"got {_published(settled, name)}",
        tuple(ways.to(who, asked(need)) for who in core for need in settled.demands[name][who]),
        f"let {' or '.join(core)} take another version of {name}",
    )


def _published(settled: Settled, name: Repository) -> str:
    versions = settled.known.versions[name]
    shown = ", ".join(map(str, versions[:_VERSIONS_SHOWN_MAX]))
    rest = len(versions) - _VERSIONS_SHOWN_MAX
    return f"{shown} and {rest} more" if rest > 0 else shown


def _few(ways: Iterable[Way]) -> tuple[Way, ...]:
    return tuple(way for way, _ in zip(ways, range(5), strict=False))


def _cycles(settled: Settled, ways: Ways) -> Iterator[Unmet]:
    """Yield a cycle for each requirement that leads back: who takes all of these out has none left."""
    for cycle in find_cycles([settled.root], lambda name: [need.name for need in settled.needs(name)]):
        steps = shorten([named(settled, name) for name in (*cycle, cycle[0])])
        way = ways.to(cycle[0])
        itself = " of itself" if len(cycle) == 1 else ""
        yield Unmet(
            Why.CYCLE,
            cycle[0],
            f"{cycle[0]}: a cycle: expected requirements that end, got one{itself}: {ARROW.join(steps)}",
            (way,),
            "take one of them out of `requires`",
        )
