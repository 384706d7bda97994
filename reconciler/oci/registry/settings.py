"""What a run may choose about its requests, and the clock that they use.

Must never be added: a setting that changes what is sent, rather than how patiently.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

JOBS = 16
"""Measured against the reference registry: 8 to 64 differ only by noise, fewer are slower (`make bench`)."""
RETRIES = 4
TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10.0
BLOB_COMMIT_TIMEOUT_S = 300.0
"""A registry hashes, and perhaps copies, the whole blob before it answers the last PUT."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How patiently, and how much at once."""

    retries: int = RETRIES
    """Attempts after the first one."""
    timeout_s: float = TIMEOUT_S
    """How long an answer may be silent."""
    connections: int = JOBS
    """Idle connections that are kept for each server."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, in one bundle, so that no test waits."""

    monotonic_s: Callable[[], float] = time.monotonic
    now_s: Callable[[], float] = time.time
    """Seconds since 1970, for what servers say in dates."""
    sleep: Callable[[float], object] = time.sleep
    """Seconds; an event's `wait` makes pauses end early when a run is stopped."""
    jitter: Callable[[], float] = random.random
    """A number in [0, 1)."""
