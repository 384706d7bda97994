"""What the channel should hold, what it is known to hold, and what is to be done about the difference.

Decided here: which artifact has the channel's tag, what comes first, and what is not tried again before
something changes. Only the newest state counts: what was wanted in between is never published late.
Must never be added: a registry, or a clock. Pure, but for what it remembers; one thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.sync.watching.events import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.lockfile import Key
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.sync.watching.channel import Channel

Place = tuple["Repository", "Tag"]


@dataclass(frozen=True, slots=True)
class Goal:
    """One artifact and the tags that are to name it."""

    wanted: Wanted
    tags: tuple[Tag, ...]
    is_known: bool
    """Whether what the tags hold is known, so that nobody need ask."""
    is_saved: bool
    """Whether a save is why."""

    @property
    def key(self) -> Key:
        return self.wanted.key


@dataclass(slots=True)
class Step:
    """What a new look at the tree has changed."""

    joined: list[Wanted] = field(default_factory=list)
    left: list[Wanted] = field(default_factory=list)
    altered: list[Wanted] = field(default_factory=list)
    """Wanted with another digest than before."""


class Ledger:
    """One target's channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._wanted: dict[Key, Wanted] = {}
        self._tags: dict[Key, tuple[Tag, ...]] = {}
        self._held: dict[Place, Digest | None] = {}
        self._open: dict[Key, None] = {}
        """What is to be compared or published, in the order in which it became so."""
        self._saved: set[Key] = set()
        self._given_up: dict[Key, Digest] = {}
        self._kept: frozenset[Key] = frozenset()

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        return tuple(self._wanted.values())

    @property
    def waiting(self) -> int:
        """How many artifacts are still to be compared or published."""
        return len(self._open)

    def state(self, key: Key) -> State:
        """Return how something wanted stands."""
        if key in self._kept:
            return State.INVALID
        if key in self._open:
            return State.WAITING
        return State.REFUSED if self._given_up.get(key) == self._wanted[key].digest else State.SETTLED

    def want(self, wanted: Iterable[Wanted], *, kept: Iterable[Wanted] = (), is_save: bool) -> Step:
        """Take in what the tree says now.

        Args:
            kept: what has a problem now: it stays as it was published, and nothing is done about it.
            is_save: whether somebody has changed something; False for the first look.
        """
        before, self._wanted = self._wanted, {item.key: item for item in wanted}
        broken = {item.key: item for item in kept if item.key not in self._wanted}
        self._wanted |= broken
        self._kept = frozenset(broken)
        self._tags = self._choose_tags()
        step = Step()
        for key, item in self._wanted.items():
            known = before.get(key)
            if known is None:
                step.joined.append(item)
            elif known.digest != item.digest:
                step.altered.append(item)
        step.left = [item for key, item in before.items() if key not in self._wanted]
        if is_save:
            self._saved.update(item.key for item in (*step.joined, *step.altered))
        self._reckon()
        return step

    def next_goals(self, count: int) -> list[Goal]:
        """Return what to do next: what somebody has just saved, then up to `count` of the rest."""
        saved = [key for key in self._open if key in self._saved]
        others = [key for key in self._open if key not in self._saved][: max(0, count - len(saved))]
        return [self._goal(key) for key in (*saved, *others)]

    def held(self, goal: Goal, held: dict[Tag, Digest | None]) -> None:
        """Tags were seen to hold a digest, or nothing."""
        for tag, digest in held.items():
            self._held[goal.wanted.name, tag] = digest
        self._settle(goal)

    def published(self, goal: Goal) -> None:
        """The registry has confirmed a goal's tags."""
        for tag in goal.tags:
            self._held[goal.wanted.name, tag] = goal.wanted.digest
        self._settle(goal)

    def refused(self, goal: Goal) -> None:
        """It will not go, and need not be tried again until it changes."""
        self._given_up[goal.key] = goal.wanted.digest
        self._settle(goal)

    def doubt(self) -> None:
        """Nothing is known of the registry any more: compare everything again, and try again what failed."""
        self._held.clear()
        self._given_up.clear()
        self._reckon()

    def _goal(self, key: Key) -> Goal:
        wanted, tags = self._wanted[key], self._tags[key]
        known = all((wanted.name, tag) in self._held for tag in tags)
        return Goal(wanted, tags, known, key in self._saved)

    def _settle(self, goal: Goal) -> None:
        if not self._is_open(goal.key):
            self._open.pop(goal.key, None)
            self._saved.discard(goal.key)

    def _reckon(self) -> None:
        """Find out anew what is to be done, and forget what nobody wants."""
        places = {(key[0], tag) for key, tags in self._tags.items() for tag in tags}
        self._held = {place: digest for place, digest in self._held.items() if place in places}
        self._given_up = {key: digest for key, digest in self._given_up.items() if key in self._wanted}
        self._open = {
            key: None
            for key in dict.fromkeys((*(key for key in self._open if key in self._wanted), *self._wanted))
            if self._is_open(key)
        }
        self._saved &= self._open.keys()

    def _is_open(self, key: Key) -> bool:
        wanted = self._wanted.get(key)
        if wanted is None or key in self._kept or self._given_up.get(key) == wanted.digest:
            return False
        return any(self._held.get((wanted.name, tag)) != wanted.digest for tag in self._tags[key])

    def _choose_tags(self) -> dict[Key, tuple[Tag, ...]]:
        newest: dict[Repository, Key] = {}
        for key in self._wanted:
            if key[0] not in newest or newest[key[0]][1] < key[1]:
                newest[key[0]] = key
        return {
            key: self._channel.tags(item.version, item.digest, is_newest=newest[key[0]] == key)
            for key, item in self._wanted.items()
        }
