"""When to act on changes that come in bursts: after a quiet period, and never later than a maximum.

Pure: whoever calls brings the clock. Must never be added: what changed, or what is done about it.
"""

from __future__ import annotations

from dataclasses import dataclass

QUIET_S = 0.2
"""An editor's rename dance and a formatter's second save are over by then."""
MAX_WAIT_S = 10.0
"""A build that writes without end is acted on this often."""


@dataclass(slots=True)
class Collector:
    """Changes that belong together; times are seconds of any one clock that never goes back."""

    quiet_s: float = QUIET_S
    max_wait_s: float = MAX_WAIT_S
    first_s: float | None = None
    """When the first change was noticed; None where there is none."""
    last_s: float | None = None

    def note(self, now_s: float) -> None:
        """Something has changed."""
        if self.first_s is None:
            self.first_s = now_s
        self.last_s = now_s

    @property
    def due_s(self) -> float | None:
        """When to act; None where nothing has changed."""
        if self.first_s is None or self.last_s is None:
            return None
        return min(self.last_s + self.quiet_s, self.first_s + self.max_wait_s)

    def is_due(self, now_s: float) -> bool:
        return self.due_s is not None and now_s >= self.due_s

    def clear(self) -> None:
        """What has changed so far is taken care of."""
        self.first_s = self.last_s = None
