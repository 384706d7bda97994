"""Single keys from a terminal, and the terminal given back as it was, whatever happens.

Must never be added: what a key means.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Keys:
    """The keyboard of a terminal.

    Args:
        descriptor: of the terminal.
        press: called with each key, in a thread of its own.
    """

    def __init__(self, descriptor: int, press: Callable[[str], None]) -> None:
        self._descriptor, self._press = descriptor, press
        self._before: list[Any] | None = None
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        """Take single keys from here on, unless somebody else has the terminal: a job in the background."""
        import termios
        import tty

        with suppress(OSError, termios.error):
            if os.tcgetpgrp(self._descriptor) != os.getpgrp():
                return
            self._before = termios.tcgetattr(self._descriptor)
            # Not raw mode: Ctrl-C and Ctrl-Z stay signals, and lines still begin at the left.
            tty.setcbreak(self._descriptor, termios.TCSADRAIN)
        if self._before is not None and self._thread is None:
            self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
            self._thread.start()

    def restore(self) -> None:
        """Give the terminal back; safe to call at any time, and twice."""
        import termios

        before, self._before = self._before, None
        if before is not None:
            with suppress(OSError, termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)

    def _read(self) -> None:
        while True:
            try:
                pressed = os.read(self._descriptor, 32)
            except OSError:
                return  # the terminal is gone
            if not pressed:
                return
            for key in pressed.decode(errors="replace"):
                self._press(key)
