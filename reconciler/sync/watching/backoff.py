"""How long to leave alone what did not answer: longer each time, and never twice the same.

Pure: chance is an argument. Must never be added: what is tried, or sleeping.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_S = 1.0
MAX_S = 30.0
"""Somebody who has just started a registry waits no longer than this."""
_FACTOR = 2.0


@dataclass(slots=True)
class Backoff:
    """Pauses between attempts."""

    first_s: float = FIRST_S
    max_s: float = MAX_S
    jitter: Callable[[], float] = field(default=random.random)
    """From 0 up to 1; half of each pause is left to it, so that many do not come back at once."""
    failures: int = 0
    """In a row."""

    def failed(self) -> float:
        """Return the pause before the next attempt, in seconds."""
        whole_s = min(self.max_s, self.first_s * _FACTOR ** min(self.failures, 32))
        self.failures += 1
        return whole_s * (0.5 + 0.5 * self.jitter())

    def succeeded(self) -> None:
        self.failures = 0

    @property
    def is_away(self) -> bool:
        """Whether the last attempt failed."""
        return self.failures > 0
