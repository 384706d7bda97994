"""Progress on stderr: a bar on a terminal, a line every few seconds where there is none.

Must never be added: anything on stdout.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

HEARTBEAT_S = 5.0
"""Often enough for a CI log to show life, rare enough not to fill it."""


class Bar:
    """A rich progress bar, gone when the step is over."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._task: Any = None

    def begin(self, what: str, total: int) -> None:
        if total == 0:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        self._task = self._progress.add_task(what, total=total)

    def advance(self, item: str) -> None:  # noqa: ARG002 (the port's signature)
        if self._progress is not None:
            self._progress.advance(self._task)

    def end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


class Heartbeat:
    """Counts, and says how far it is when `HEARTBEAT_S` have passed since it last said so."""

    def __init__(self, say: Callable[[str], None], *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._say, self._now_s = say, now_s
        self._lock = threading.Lock()
        self._what, self._total, self._done, self._said_at_s = "", 0, 0, 0.0

    def begin(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._said_at_s = what, total, 0, self._now_s()

    def advance(self, item: str) -> None:
        with self._lock:
            self._done += 1
            if self._now_s() - self._said_at_s < HEARTBEAT_S:
                return
            self._said_at_s = self._now_s()
            self._say(f"{self._what}: {self._done} of {self._total}, last {item}")

    def end(self) -> None:
        pass
