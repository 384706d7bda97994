"""Processes that end at one call into the kernel: what a kill -9 leaves behind, at every point.

Must never be added: what is done, or what is expected afterwards.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

WRITES = frozenset(
    {"open", "write", "flush", "fsync", "close", "replace", "rename", "mkdir", "unlink", "flock", "fchmod"}
)
"""Names of functions that lead into the kernel and change what is on the disk."""


def die_at(point: int, counts: Callable[[object], bool]) -> None:
    """Let this process, all its threads, be killed at the call that comes after `point` others.

    Args:
        counts: whether a function is counted.
    """
    left = point

    def count(_: FrameType, event: str, function: object) -> None:
        nonlocal left
        if event == "c_call" and counts(function):
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    threading.setprofile(count)
    sys.setprofile(count)
