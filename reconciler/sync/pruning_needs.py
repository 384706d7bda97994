"""What stays because something that stays needs it: a pure decision over what was read.

Decided here: everything that `deps` takes for what stays; of what a requirement allows by itself the highest
version, and the highest that its publisher does not call unstable; and every version of a name whose
constraint cannot be read. Whatever is kept counts as what stays. In the end `deps` is asked again, of what is
left: where it would take anything else for something that stays, all that it could come to is kept. So
nothing that goes changes an answer. Graphs that would take too long to ask are kept whole.
Must never be added: which versions are old or ours, a request, a file, a clock.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.requiring import accepts, read_said
from reconciler.discovery.statements import says_stable
from reconciler.discovery.workflow_facts import name_of
from reconciler.sync.pruning_stock import key_of, read_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from reconciler.desired.requirements import Requirement
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.requiring import Said
    from reconciler.discovery.shelves import Shelf
    from reconciler.oci.reference import Repository
    from reconciler.sync.pruning_stock import Stock

WORK_MAX = 200_000
"""So many repositories are looked at, for all who ask together, before the rest is kept whole."""


class Needs:
    """Who requires what may go, and what of it therefore stays."""

    def __init__(self, stock: Stock, candidates: Iterable[Key], *, work_max: int = WORK_MAX) -> None:
        self._stock = stock
        self._candidates = {key: stock.standing[key[0]].entries[key[1]] for key in candidates}
        self._shelves = stock.shelves()
        self._requirers = stock.requirers()
        self._names = _Names(self._requirers)
        self._work_left = work_max
        self._found: dict[Key, str] = {}
        # By the identity of who asks: of one tag there may be two, what is there and what is wanted.
        self._answers: dict[int, list[Dependencies] | None] = {}
        self._allowed: dict[Requirement, list[Key]] = {}
        self._swept: set[Repository] = set()

    def keep(self, kept: Collection[Key]) -> dict[Key, str]:
        """Return which candidates stay beside those that are kept anyway, and why."""
        self._found = {}
        self._follow([entry for entry in self._requirers if self._stays(entry, kept)], kept)
        while self._mend(kept):
            pass
        return self._found

    def among(self, going: Collection[Key]) -> dict[Key, set[Key]]:
        """Return who requires each of those that go, themselves among these."""
        found: defaultdict[Key, set[Key]] = defaultdict(set)
        leading = self._names.leading_to(name for name, _ in going)
        for key in going:
            for target in self._targets(self._candidates[key], leading):
                if target in going and target != key:
                    found[target].add(key)
        return found

    def _stays(self, entry: Entry, kept: Collection[Key]) -> bool:
        key = key_of(entry)
        # What is wanted with other content than what is there stays, whatever becomes of that.
        return self._candidates.get(key) is not entry or key in kept or key in self._found

    def _follow(self, roots: Iterable[Entry], kept: Collection[Key]) -> None:
        """Keep what these need, and what that needs."""
        leading = self._names.leading_to(name for name, tag in self._candidates if (name, tag) not in kept)
        queue = list(roots)
        for root in queue:
            targets = self._targets(root, leading)
            if self._answers.get(id(root), ()) is None and root.repository not in self._swept:
                self._swept.add(root.repository)
                targets |= self._reached(root)
            for target, why in targets.items():
                if target in self._candidates and target not in kept and target not in self._found:
                    self._found[target] = why
                    queue.append(self._candidates[target])

    def _mend(self, kept: Collection[Key]) -> bool:
        """Ask again, of what is left; keep all that those may come to that get another answer."""
        going = [key for key in self._candidates if key not in kept and key not in self._found]
        if not going:
            return False
        before = len(self._found)
        leading = self._names.leading_to(name for name, _ in going)
        shelves = self._stock.shelves(without=frozenset(going))
        others = [
            root
            for root in self._requirers
            if self._stays(root, kept) and self._is_led(root, leading) and self._differs(root, shelves)
        ]
        for root in others:
            for target, why in self._reached(root).items():
                if target not in kept and target not in self._found:
                    self._found[target] = why
                    self._follow([self._candidates[target]], kept)
        return len(self._found) > before

    def _differs(self, root: Entry, shelves: Sequence[Shelf]) -> bool:
        answers = self._ask(root)
        if answers is None:
            return False  # all that it could come to is kept already
        return any(
            _summary(before) != _summary(find_dependencies(root, shelf))
            for before, shelf in zip(answers, shelves, strict=True)
        )

    def _ask(self, root: Entry) -> list[Dependencies] | None:
        """Return what `deps` answers; None where there is no time left to ask."""
        if id(root) not in self._answers:
            in_time = self._work_left > 0
            found = [find_dependencies(root, shelf) for shelf in self._shelves] if in_time else None
            self._work_left -= sum(len(answer.requires) for answer in found or ())
            self._answers[id(root)] = found
        return self._answers[id(root)]

    def _is_led(self, root: Entry, leading: Collection[Repository]) -> bool:
        return any(name in leading for name in self._names.of(root))

    def _targets(self, root: Entry, leading: Collection[Repository]) -> dict[Key, str]:
        """Return what somebody needs, each with who requires it directly."""
        if not self._is_led(root, leading):
            return {}
        why = f"required by {name_of(root)}"
        targets = dict.fromkeys(self._plain(self._names.said(root), key_of(root)), why)
        for answer in self._ask(root) or ():
            for entry in answer.needed:
                # Every tag of the version: there may be `1.0.0` and `v1.0.0`.
                for other in self._stock.entries(entry.repository):
                    if other.version == entry.version:
                        targets.setdefault(key_of(other), f"required by {_requirer(answer, entry)}")
        return targets

    def _plain(self, said: Said, own: Key) -> list[Key]:
        """Return what requirements mean one by one, whatever else must hold with them."""
        found = [key for need in said.needs for key in self._highest(need)]
        found += [key_of(entry) for name in said.unclear.values() for entry in self._stock.entries(name)]
        return [key for key in found if key != own]

    def _highest(self, need: Requirement) -> list[Key]:
        """Return the highest version that is allowed, and the highest that is not called unstable."""
        if need not in self._allowed:
            there = self._stock.entries(need.name)
            allowed = [entry for entry in there if accepts(need, read_version(entry))]
            allowed = allowed or [entry for entry in there if need.allows(read_version(entry))]
            stable = [entry for entry in allowed if says_stable(entry.annotations)]
            highest = {max(map(read_version, some)) for some in (allowed, stable) if some}
            self._allowed[need] = [key_of(entry) for entry in there if read_version(entry) in highest]
        return self._allowed[need]

    def _reached(self, root: Entry) -> dict[Key, str]:
        """Return all that any version of a repository may come to, in whatever version."""
        names = self._names.reached_from(root.repository)
        return {key: f"may be required by {name_of(root)}" for key in self._candidates if key[0] in names}


class _Names:
    """Which repositories require which, in any version."""

    def __init__(self, requirers: Iterable[Entry]) -> None:
        self._said: dict[int, Said] = {}
        self._forward: defaultdict[Repository, set[Repository]] = defaultdict(set)
        self._backward: defaultdict[Repository, set[Repository]] = defaultdict(set)
        for entry in requirers:
            self._said[id(entry)] = read_said(entry)
            for name in self.of(entry):
                self._forward[entry.repository].add(name)
                self._backward[name].add(entry.repository)

    def said(self, entry: Entry) -> Said:
        return self._said[id(entry)]

    def of(self, entry: Entry) -> list[Repository]:
        """Return what one version names."""
        said = self._said[id(entry)]
        return [*(need.name for need in said.needs), *said.unclear.values()]

    def leading_to(self, names: Iterable[Repository]) -> set[Repository]:
        """Return these, and whatever may come to require one of them."""
        return _closure(names, self._backward)

    def reached_from(self, repository: Repository) -> set[Repository]:
        """Return what any version of a repository may come to require."""
        return _closure(self._forward.get(repository, ()), self._forward)


def _closure(names: Iterable[Repository], edges: Mapping[Repository, set[Repository]]) -> set[Repository]:
    found = set(names)
    queue = list(found)
    while queue:
        new = edges.get(queue.pop(), set()) - found
        found |= new
        queue.extend(new)
    return found


def _summary(answer: Dependencies) -> tuple[dict[Repository, object], int]:
    # Two versions may have the same content, and yet not meet the same constraints.
    taken: dict[Repository, object] = {item.repository: (item.version, item.digest) for item in answer.needed}
    return taken, len(answer.unmet)


def _requirer(answer: Dependencies, taken: Entry) -> str:
    """Return who of an answer requires a part of it directly, the nearest to the root first."""
    for name, needs in answer.requires.items():
        if any(need.name == taken.repository for need in needs):
            return name_of(answer.entries[name])
    raise AssertionError("everything that is taken is required")
