"""Sync again and again: when something changes, on a schedule, and soon after the registry did not answer.

Decided here: when the next pass begins, and when there can be none. Each pass stands under the rules of a
sync that somebody starts by hand. Must never be added: what a pass does, a thread, or a clock of its own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from reconciler.sync.watching.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sync.stop import Stop

SPREAD = 0.1
"""The part of the interval that chance adds or takes, so that many servers do not ask at once."""
AWAY_MAX_S = 300.0
"""A registry that came back is noticed after this long, whatever the schedule is."""
_AWAY = frozenset({1, 5, 75, 77})
"""Exit codes of passes that may go better soon: not reached, partly failed, throttled, not let in: somebody
may log in, and short-lived tokens are made anew."""


class Cause(StrEnum):
    """Why a pass began."""

    START = "start"
    CHANGE = "change"
    SCHEDULE = "schedule"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass ended."""

    exit_code: int
    is_last: bool = False
    """Whether nothing can follow: there is no project any more, or what is wrong is a mistake of ours."""


class Noticer(Protocol):
    """Waits for changes."""

    def wait(self, timeout_s: float | None) -> bool:
        """Say whether something changed, and is quiet again; False when time is up or a stop is requested."""


@dataclass(slots=True)
class Continuous:
    """Passes without an end.

    Args:
        every_s: seconds between two passes where nothing changes; None for no schedule.
        jitter: a number in [0, 1) drawn for each pause.
    """

    noticer: Noticer
    stop: Stop
    every_s: float | None
    jitter: Callable[[], float] = random.random
    backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self.backoff = Backoff(max_s=min(AWAY_MAX_S, self.every_s or AWAY_MAX_S), jitter=self.jitter)

    def run(self, perform: Callable[[Cause], Pass]) -> int:
        """Perform pass after pass until a stop is requested, or one says that it was the last.

        Returns:
            The last one's exit code, or that of the signal.
        """
        cause: Cause | None = Cause.START
        while cause is not None:
            done = perform(cause)
            if done.is_last:
                return done.exit_code
            cause = self._next(is_away=done.exit_code in _AWAY)
        return 128 + (self.stop.signal_number or 0)

    def _next(self, *, is_away: bool) -> Cause | None:
        """Wait for a reason to begin again; None where a stop is one not to."""
        has_changed = not self.stop.is_requested and self.noticer.wait(self._pause_s(is_away=is_away))
        if self.stop.is_requested:
            return None
        return Cause.CHANGE if has_changed else Cause.RETRY if is_away else Cause.SCHEDULE

    def _pause_s(self, *, is_away: bool) -> float | None:
        if is_away:
            return self.backoff.failed()
        self.backoff.succeeded()
        if self.every_s is None:
            return None
        return self.every_s * (1 + SPREAD * (2 * self.jitter() - 1))
