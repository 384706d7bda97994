"""Which of the workflows that fit is taken. Pure.

Decided here: one version stands for each repository, the newest that may be chosen. Of those that fit the
best score wins, then the higher priority, the lower cost, the newer version, and the name: there are no ties,
so the answer is the same in whatever order the entries come. Where nobody fits, the nearest miss is who fails
the fewest of the requirements, then who needs the least memory beyond what there is, then who would have won.
Must never be added: a request, or chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.discovery.current import current, newest
from reconciler.discovery.wishes import (
    Score,
    Wish,
    count_failures,
    failures_of,
    fits,
    is_meant,
    memory_excess_of,
    score_of,
)
from reconciler.discovery.workflow_facts import Cost, cost_of, priority_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.discovery.entries import Entry


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry as it was judged."""

    entry: Entry
    score: Score
    priority: int
    cost: Cost
    failures: tuple[str, ...] = ()
    """Which requirements it does not meet; empty for one that fits."""
    lost_by: str | None = None
    """What the chosen one has over one that fits too; None for the chosen one, and who does not fit."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The answer."""

    chosen: Candidate | None
    nearest: Candidate | None
    """Where nobody fits: who comes nearest; None where there is no candidate at all."""
    candidates: tuple[Candidate, ...]
    """Everybody, the chosen one first, then by rank, then who comes nearest; empty unless asked for."""
    fitting: int
    """How many fit."""
    considered: int
    """How many candidates there were."""
    notes: tuple[str, ...]
    """What candidates say of themselves that could not be read, sorted."""


def select(entries: Iterable[Entry], wish: Wish, *, explain: bool = False) -> Selection:
    """Return the workflow that fits best, or the one that comes nearest.

    Args:
        entries: in any order; several versions of a repository may be among them.
        wish: what is asked.
        explain: whether every candidate is told, not only who won.
    """
    notes: list[str] = []
    standing = _standing([entry for entry in entries if is_meant(entry, wish)], wish)
    fitting = [entry for entry in standing if fits(entry, wish, notes)]
    best = min(fitting, key=lambda entry: _rank(entry, wish, notes), default=None)
    missing: list[Entry] = []
    if explain or best is None:
        fit = set(map(id, fitting))
        missing = [entry for entry in standing if id(entry) not in fit]
    return Selection(
        None if best is None else _judge(best, wish),
        None if best is not None else _nearest(missing, wish, notes),
        _explain(fitting, missing, wish, notes) if explain else (),
        len(fitting),
        len(standing),
        tuple(sorted(set(notes))),
    )


def _standing(entries: Iterable[Entry], wish: Wish) -> list[Entry]:
    """Return what stands for each repository; where nothing may be chosen, its newest, which is told so."""
    listed = list(entries)
    standing = newest(listed)
    if not wish.eligible.is_usual:
        standing.update(current(listed, wish.eligible))
    return list(standing.values())


def _judge(entry: Entry, wish: Wish) -> Candidate:
    return Candidate(
        entry,
        score_of(entry, wish),
        priority_of(entry),
        cost_of(entry),
        tuple(failures_of(entry, wish)),
    )


def _nearest(missing: Sequence[Entry], wish: Wish, notes: list[str]) -> Candidate | None:
    counts = [count_failures(entry, wish, notes) for entry in missing]
    fewest = min(counts, default=0)
    near = (entry for entry, count in zip(missing, counts, strict=True) if count == fewest)
    nearest = min(near, key=lambda entry: _distance(entry, wish, notes), default=None)
    return None if nearest is None else _judge(nearest, wish)


def _explain(
    fitting: Iterable[Entry], missing: Iterable[Entry], wish: Wish, notes: list[str]
) -> tuple[Candidate, ...]:
    def rank(entry: Entry) -> tuple[int, float, _Rank]:
        return count_failures(entry, wish, notes), *_distance(entry, wish, notes)

    judged = [_judge(entry, wish) for entry in sorted(fitting, key=rank)]
    losers = [replace(item, lost_by=_lost_by(item, judged[0])) for item in judged[1:]]
    return (*judged[:1], *losers, *(_judge(entry, wish) for entry in sorted(missing, key=rank)))


def _lost_by(candidate: Candidate, winner: Candidate) -> str:
    name = f"{winner.entry.repository} has"
    if candidate.score.total != winner.score.total:
        return f"{name} the higher score: {winner.score.total}, not {candidate.score.total}"
    if candidate.priority != winner.priority:
        return f"{name} the higher priority: {winner.priority}, not {candidate.priority}"
    if candidate.cost is not winner.cost:
        return f"{name} the lower cost: {winner.cost}, not {candidate.cost}"
    if candidate.entry.version != winner.entry.version:
        return f"{name} the newer version: {winner.entry.version}, not {candidate.entry.version}"
    return f"{name} the name that comes first"


_Rank = tuple[int, int, int, "_Newer"]


def _rank(entry: Entry, wish: Wish, notes: list[str]) -> _Rank:
    """Return a key of which the lowest is the best."""
    score = score_of(entry, wish, notes).total if wish.has_context else 0
    return -score, -priority_of(entry, notes), cost_of(entry, notes).rank, _Newer(entry)


def _distance(entry: Entry, wish: Wish, notes: list[str]) -> tuple[float, _Rank]:
    """Return a key of which the lowest comes nearest, among who fails as many requirements."""
    return memory_excess_of(entry, wish.memory_bytes, notes), _rank(entry, wish, notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Newer:
    """An entry whose higher version comes first, then its name; a tag that is no version comes last."""

    entry: Entry

    def __lt__(self, other: _Newer) -> bool:
        mine, theirs = self.entry, other.entry
        if mine.version is None or theirs.version is None:
            if mine.version is not None or theirs.version is not None:
                return theirs.version is None
        elif mine.version != theirs.version:
            return theirs.version < mine.version
        return (mine.repository, mine.tag) < (theirs.repository, theirs.tag)
