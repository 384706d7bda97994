"""What a watch does next: pure, with the clock as an argument, so that every order of things can be tried.

Decided here: one run at a time; what changes during a run leads to exactly one more; a registry that is away
is left alone for a while; a pause holds everything back but what is asked for by hand.
Must never be added: a thread, a file, a registry.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.sync.watching.backoff import Backoff
from reconciler.sync.watching.quiet import Collector

OVERTAKEN_S = 1.0
"""After which what was saved again while it was sent is tried again, should no change be noticed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done at once."""

    number: int
    due_s: float
    """When it was due: the end of the quiet period, for what somebody saved."""
    takes_hints: bool = False
    anew: bool = False
    """Whether everything is read and compared again."""
    delivers: bool = True
    """Whether the registry is asked; False while it is left alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went, as far as it matters for the next one."""

    is_away: bool = False
    """Whether the registry did not answer."""
    has_more: bool = False
    """Whether there is more to do at once."""
    has_failed: bool = False
    """Whether something is to be tried again, though the registry answers."""
    was_overtaken: bool = False
    """Whether something was saved again while it was sent: the run that takes that in has the rest."""
    was_reached: bool = False
    """Whether the registry was asked, and answered."""


@dataclass(slots=True)
class Conductor:
    """The state of one watch."""

    collector: Collector = field(default_factory=Collector)
    backoff: Backoff = field(default_factory=Backoff)
    is_paused: bool = False
    is_running: bool = False
    away_since_s: float | None = None
    _number: int = 0
    _wants_all: bool = True
    """At the start everything is to be looked at."""
    _has_more: bool = False
    _retry_s: float | None = None

    def noticed(self, now_s: float) -> None:
        """Something may have changed."""
        self.collector.note(now_s)

    def run_now(self) -> None:
        """Somebody wants everything done again, paused or not."""
        self._wants_all = True

    def set_paused(self, *, is_paused: bool) -> None:
        self.is_paused = is_paused

    def next_run(self, now_s: float) -> Run | None:
        """Begin what is due; None where nothing is, or a run is under way."""
        wakes_s = self.wakes_s(now_s)
        if wakes_s is None or wakes_s > now_s:
            return None
        saved_s = self.collector.due_s if self.collector.is_due(now_s) else None
        is_left_alone = self.away_since_s is not None and not (self._wants_all or self._retries(now_s))
        self._number += 1
        run = Run(
            self._number,
            due_s=saved_s if saved_s is not None else now_s,
            takes_hints=saved_s is not None or self._wants_all,
            anew=self._wants_all,
            delivers=not is_left_alone,
        )
        if run.takes_hints:
            self.collector.clear()
        if run.delivers:
            self._retry_s, self._has_more = None, False
        self.is_running, self._wants_all = True, False
        return run

    def finished(self, outcome: Outcome, now_s: float) -> float | None:
        """A run is over; return how long the registry is left alone, None for not at all."""
        self.is_running = False
        if outcome.was_reached:
            self.away_since_s = None
        self._has_more |= outcome.has_more
        if not (outcome.is_away or outcome.has_failed):
            if outcome.was_reached:
                self.backoff.succeeded()
            if outcome.was_overtaken:
                self._retry_s = now_s + OVERTAKEN_S
            return None
        pause_s = self.backoff.failed()
        self._retry_s = now_s + pause_s
        if outcome.is_away and self.away_since_s is None:
            self.away_since_s = now_s
        return pause_s

    def _retries(self, now_s: float) -> bool:
        """Say whether it is time to try again what failed."""
        return self._retry_s is None or now_s >= self._retry_s

    def wakes_s(self, now_s: float) -> float | None:
        """Return when to ask again for what is due; None for when something happens."""
        if self.is_running:
            return None
        if self._wants_all:
            return now_s
        if self.is_paused:
            return None
        times = [self._retry_s, now_s if self._has_more else None, self.collector.due_s]
        return min((time_s for time_s in times if time_s is not None), default=None)
