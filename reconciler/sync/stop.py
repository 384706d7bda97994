"""How a run is told to stop: a flag that workers look at between two actions.

Must never be added: signal handlers, which belong to the command line.
"""

from __future__ import annotations

import threading
from signal import SIGINT
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Stop:
    """Set once, by a signal; what is in flight is finished, nothing new is begun."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.signal_number: int | None = None
        self.on_request: Callable[[], object] = lambda: None
        """Called in the signal's handler: for whoever waits for something else too."""

    def request(self, signal_number: int = SIGINT) -> None:
        """Ask for an end; a program that does so without a signal counts as one that was interrupted."""
        self.signal_number = self.signal_number or signal_number
        self._event.set()
        self.on_request()

    @property
    def is_requested(self) -> bool:
        return self._event.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until a stop is requested."""
        self._event.wait(seconds)
