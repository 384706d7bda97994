"""Which of the workflows that fit is taken. Pure.

Decided here: one version stands for each repository, the newest that may be chosen. Of those that fit the
best score wins, then the higher priority, the lower cost, the newer version, and the name: there are no ties,
so the answer is the same in whatever order the entries come. Where nobody fits, the nearest miss is who fails
the fewest of the requirements, then who would have won.
Must never be added: a request, or chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.discovery.current import current, newest
from reconciler.discovery.wishes import Score, Wish, failures_of, is_meant, score_of
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
    """Everybody, the chosen one first, then by rank, then who fails the fewest; empty unless asked for."""
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
    meant = [entry for entry in entries if is_meant(entry, wish)]
    standing = {**newest(meant), **current(meant, wish.eligible)}.values()
    notes: list[str] = []
    fitting: list[Entry] = []
    others: list[Entry] = []
    for entry in standing:
        fits = next(failures_of(entry, wish, notes), None) is None
        (fitting if fits else others).append(entry)
    judged = [_judge(entry, wish, notes) for entry in fitting]
    chosen = min(judged, key=_rank, default=None)
    missed = [_judge(entry, wish, notes) for entry in others] if explain or chosen is None else []
    missed.sort(key=lambda item: (len(item.failures), _rank(item)))
    return Selection(
        chosen,
        nearest=missed[0] if missed and chosen is None else None,
        candidates=(*_ranked(judged), *missed) if explain else (),
        fitting=len(fitting),
        considered=len(standing),
        notes=tuple(sorted(set(notes))),
    )


def _judge(entry: Entry, wish: Wish, notes: list[str]) -> Candidate:
    return Candidate(
        entry,
        score_of(entry, wish, notes) if wish.has_context else Score(),
        priority_of(entry, notes),
        cost_of(entry, notes),
        tuple(failures_of(entry, wish)),
    )


def _ranked(fitting: Sequence[Candidate]) -> list[Candidate]:
    ranked = sorted(fitting, key=_rank)
    return ranked[:1] + [replace(item, lost_by=_lost_by(item, ranked[0])) for item in ranked[1:]]


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


def _rank(candidate: Candidate) -> tuple[int, int, int, _Newer]:
    """Return a key of which the lowest is the best."""
    return (
        -candidate.score.total,
        -candidate.priority,
        candidate.cost.rank,
        _Newer(candidate.entry),
    )


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
