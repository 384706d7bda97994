"""Everything that an artifact needs, directly or not: each repository once, as all constraints allow it.

Decided here: each repository takes the highest version that all chosen ones allow (`settling`). Where that
leaves nothing for a repository, older versions of those that require it are tried, those further from the
root first: uv and Cargo find such an answer too. Only where no combination is left the constraints cannot all
hold. What is missing, or requires itself, is said and never escaped by an older version: a publisher has to
mend it. The root is taken as it is. Must never be added: a request, or how the graph is shown.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.versions.version import Version
from reconciler.discovery.requiring import Said, read_said
from reconciler.discovery.settling import Known, settle
from reconciler.discovery.unmet import Unmet, Ways, find_core, find_unmet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.desired.requirements import Requirement
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.settling import Excluded, Settled
    from reconciler.discovery.shelves import Shelf
    from reconciler.oci.reference import Repository

ATTEMPTS_MAX = 2000
_WORK_MAX = 200_000
"""So many repositories are looked at, in all attempts together, before an answer is given up."""
_NO_VERSION = Version("0.0.0")
"""Of a root that was named by a digest, or a tag that is no version: nobody may ask for another one."""
_KNOTS_MAX = 8
_LOOKED_BACK_MAX = 100
"""So many older versions of one repository are read at once for one that asks for something else."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What an artifact needs."""

    root: Entry
    entries: Mapping[Repository, Entry]
    """The root first, then what is needed, the nearest first; what cannot be read is left out."""
    requires: Mapping[Repository, tuple[Requirement, ...]]
    """What each of them asks for."""
    unmet: tuple[Unmet, ...]
    """What is wrong; empty where everything can be had."""

    @property
    def needed(self) -> tuple[Entry, ...]:
        """Everything but the root."""
        return tuple(entry for name, entry in self.entries.items() if name != self.root.repository)


def find_dependencies(root: Entry, shelf: Shelf) -> Dependencies:
    """Return everything that an artifact needs, and what of it cannot be had; bad input is said, not raised.

    Raises:
        PalletError: the shelf could not tell.
    """
    known = Known(shelf)
    version = root.version or _NO_VERSION
    known.said[root.repository, version] = read_said(root)
    settled = _Search((root.repository, version), known).go()
    ways = Ways(settled)
    said = {name: _said(settled, name) for name in ways.in_order}
    entries = {name: item.entry for name, item in said.items() if item is not None and item.entry is not None}
    return Dependencies(
        root,
        {**entries, root.repository: root},
        {name: item.needs for name, item in said.items() if item is not None},
        find_unmet(settled),
    )


def _said(settled: Settled, name: Repository) -> Said | None:
    version = settled.chosen.get(name)
    return None if version is None else settled.known.said[name, version]


@dataclass(frozen=True, slots=True)
class _Knot:
    """A repository for which nothing is left, and few of those whose demands leave nothing."""

    repository: Repository
    core: tuple[Repository, ...]


@dataclass(frozen=True, slots=True)
class _Search:
    """Attempts, those that pass over the fewest versions first."""

    root: tuple[Repository, Version]
    known: Known

    def go(self) -> Settled:
        """Return the first attempt without a knot; else the best one without trouble of its own."""
        first = settle(self.root, self.known, {})
        bad, knotted = _unavoidable(first), {knot.repository for knot in _knots(first)}
        best, fewest, work = first, len(knotted), 0
        # Those with the fewest knots first, then those that pass over the fewest versions.
        queue = [(fewest, 0, 0, first)]
        tried: set[frozenset[tuple[Repository, int]]] = set()
        while queue and fewest and work < _WORK_MAX and len(tried) < ATTEMPTS_MAX:
            for excluded in self._ways_out(heapq.heappop(queue)[3], bad):
                key = frozenset(excluded.items())
                if key in tried:
                    continue
                tried.add(key)
                attempt = settle(self.root, self.known, excluded)
                work += len(attempt.chosen)
                left = {knot.repository for knot in _knots(attempt)}
                trouble = len(_unavoidable(attempt) - bad)
                if not trouble and len(left) < fewest and left <= knotted:
                    best, fewest = attempt, len(left)
                passed = sum(mask.bit_count() for mask in excluded.values())
                heapq.heappush(queue, (len(left) + trouble, passed, len(tried), attempt))
        return best

    def _ways_out(self, settled: Settled, bad: set[Repository]) -> Iterator[Excluded]:
        """Yield what has to be passed over so that one of those who disagree asks for something else."""
        order = {name: place for place, name in enumerate(Ways(settled).in_order)}
        for knot in (*_knots(settled)[:_KNOTS_MAX], *_new_troubles(settled, bad)):
            movable = (name for name in knot.core if name != self.root[0] and settled.chosen.get(name))
            for culprit in sorted(movable, key=lambda name: -order[name]):
                before = settled.excluded.get(culprit, 0)
                yield {**settled.excluded, culprit: before | self._alike(settled, knot, culprit)}

    def _alike(self, settled: Settled, knot: _Knot, culprit: Repository) -> int:
        """Return the versions of a repository that ask for what the others of the knot do not allow."""
        versions = self.known.versions[culprit]
        allowed = settled.allowed(culprit)
        places = [place for place in range(len(versions)) if allowed >> place & 1][:_LOOKED_BACK_MAX]
        chosen = settled.chosen[culprit]
        assert chosen is not None
        passed = 1 << versions.index(chosen)
        self.known.learn_said((culprit, versions[place]) for place in places)
        others = settled.known.masks(
            need for who in knot.core if who != culprit for need in settled.demands[knot.repository][who]
        )
        others &= ~settled.excluded.get(knot.repository, 0)
        for place in places:
            needs = self.known.said[culprit, versions[place]].needs
            asked = [need for need in needs if need.name == knot.repository]
            if asked and not self.known.masks(asked) & others:
                passed |= 1 << place
        return passed


def _knots(settled: Settled) -> list[_Knot]:
    """Return where demands that can be met one by one leave nothing together."""
    found = []
    for name in settled.unsatisfied:
        demands = settled.demands[name]
        masks = {who: settled.known.masks(needs) for who, needs in demands.items()}
        if all(masks.values()):
            is_known = settled.allowed(name)  # but was not come to, among those that require each other
            core = tuple(demands) if is_known else find_core(masks, ~settled.excluded.get(name, 0))
            found.append(_Knot(name, core))
    return found


def _unavoidable(settled: Settled) -> set[Repository]:
    """Return what no version can be had of, whoever asks."""
    return {
        name
        for name in settled.unsatisfied
        if any(not settled.known.masks(needs) for needs in settled.demands[name].values())
    }


def _new_troubles(settled: Settled, bad: set[Repository]) -> Iterator[_Knot]:
    """Yield what an older version needs, and what cannot be had."""
    for name in sorted(_unavoidable(settled) - bad):
        for who, needs in settled.demands[name].items():
            if not settled.known.masks(needs):
                yield _Knot(name, (who,))
