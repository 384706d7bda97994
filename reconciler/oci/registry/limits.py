"""How many requests one server gets at once, and how many in a second: shared by all threads of a store.

Decided here: a request counts from its first byte until the head of its answer. The body of an upload is
thus within it, that of a download is not: who copies reads one body while writing another, and would wait
for itself for ever; blobs mostly come from elsewhere anyway. For the same reason a request that is made
while another one of the same thread is being written waits for nobody.
Where a server throttles, the number is halved and every thread pauses; it grows again by one for each
round of requests that went well. Must never be added: what an answer means, or a retry.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.registry.settings import Clock

UNLIMITED_FROM: Final = 64
"""Requests at once from which a number that has grown again is no limit any more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server is asked for at most; None for as much as there is to ask."""

    concurrency: int | None = None
    requests_per_s: float | None = None
    throttles_with_403: bool = False
    """Whether 403 with `Retry-After` asks for patience."""


class Pace:
    """So many requests in a second, as many of them at once as a second allows. Pure: time is an argument."""

    def __init__(self, requests_per_s: float) -> None:
        self._interval_s = 1 / requests_per_s
        self._burst_s = max(0.0, 1.0 - self._interval_s)
        self._next_s = 0.0

    def reserve(self, now_s: float) -> float:
        """Take the next turn; return the seconds until it comes."""
        turn_s = max(self._next_s, now_s - self._burst_s)
        self._next_s = turn_s + self._interval_s
        return max(0.0, turn_s - now_s)


class Window:
    """How many requests may be in flight: halved when it was too many, grown slowly after. Pure."""

    def __init__(self, ceiling: int | None) -> None:
        self._ceiling = ceiling
        self.width: float | None = ceiling
        """None for no limit."""

    @property
    def is_narrowed(self) -> bool:
        return self.width is not None and self.width != self._ceiling

    def has_room(self, in_flight: int) -> bool:
        return self.width is None or in_flight < int(self.width)

    def narrow(self, in_flight: int) -> None:
        """Halve it: so many at once were too many."""
        now = in_flight if self.width is None else min(self.width, in_flight)
        self.width = max(1.0, now // 2)

    def widen(self) -> None:
        """One request went well; as many of them as there is width make room for one more."""
        if self.width is None:
            return
        self.width += 1 / self.width
        if self._ceiling is not None:
            self.width = min(self.width, self._ceiling)
        elif self.width >= UNLIMITED_FROM:
            self.width = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that was let in: in which round, and how many were in flight with it."""

    round: int
    in_flight: int


class Gate:
    """The way in to one server; safe to use from several threads."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._clock = clock
        self._window = Window(limits.concurrency)
        self._pace = Pace(limits.requests_per_s) if limits.requests_per_s is not None else None
        self._in_flight = 0
        self._round = 0
        self._paused_until_s = 0.0
        self._free = threading.Condition(threading.Lock())
        self._thread = threading.local()

    @contextmanager
    def passed(self) -> Iterator[Ticket]:
        """Wait until a request may go, and count it until the block ends."""
        nested = getattr(self._thread, "is_inside", False)
        ticket = self._count_in() if nested else self._wait()
        self._thread.is_inside = True
        try:
            yield ticket
        finally:
            self._thread.is_inside = nested
            with self._free:
                self._in_flight -= 1
                if self._window.width is not None:
                    self._free.notify()

    def throttled(self, ticket: Ticket, pause_s: float) -> None:
        """Let fewer in from now on, and nobody for a while: the server said so to this request.

        Requests of one round are refused together: they count once.
        """
        with self._free:
            self._paused_until_s = max(self._paused_until_s, self._clock.monotonic_s() + pause_s)
            if ticket.round == self._round:
                self._round += 1
                self._window.narrow(ticket.in_flight)

    def went_well(self) -> None:
        """Let more in again, where fewer were."""
        if self._window.is_narrowed:
            with self._free:
                self._window.widen()
                self._free.notify()

    def _wait(self) -> Ticket:
        if self._pace is not None:
            with self._free:
                pause_s = self._pace.reserve(self._clock.monotonic_s())
            if pause_s > 0:
                self._clock.sleep(pause_s)
        while True:
            with self._free:
                while not self._window.has_room(self._in_flight):
                    self._free.wait()
                pause_s = self._paused_until_s - self._clock.monotonic_s() if self._paused_until_s else 0.0
                if pause_s <= 0:
                    self._in_flight += 1
                    return Ticket(self._round, self._in_flight)
                # Whoever was woken in its place must not be forgotten.
                self._free.notify()
            self._clock.sleep(pause_s)

    def _count_in(self) -> Ticket:
        with self._free:
            self._in_flight += 1
            return Ticket(self._round, self._in_flight)
