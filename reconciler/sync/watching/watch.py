"""The watch itself: one inbox, one thread that decides, one that works.

Decided here: nothing; the conductor decides, runs do the work, and who waits for an event is woken by it.
Must never be added: a signal handler, a key, or a terminal.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import Enum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from reconciler.sync.watching import events
from reconciler.sync.watching.conductor import Conductor, Outcome, Run
from reconciler.sync.watching.noticeboard import Hints, Noticeboard
from reconciler.sync.watching.observers import (
    Noticing,
    Observer,
    PollingObserver,
    refusal,
    start_observer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sync.watching.commands import Commands
    from reconciler.sync.watching.runs import Runs


class Wish(Enum):
    """What somebody asks for by a key."""

    RUN = "run"
    PAUSE = "pause"
    QUIT = "quit"
    REDRAW = "redraw"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class Crashed:
    """A mistake of ours in the thread that works."""

    error: BaseException


Message = events.Event | Outcome | Wish | Crashed | None
"""None only wakes."""


class Inbox:
    """Where every thread leaves messages for the one that decides; safe to use in a signal handler."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Message] = SimpleQueue()
        self.noticed_s: float | None = None
        """When a change was last noticed; None since it was taken in."""

    def put(self, message: Message) -> None:
        self._queue.put(message)

    def notice(self, now_s: float) -> None:
        """A change was noticed; many of them wake once."""
        is_first, self.noticed_s = self.noticed_s is None, now_s
        if is_first:
            self._queue.put(None)

    def get(self, timeout_s: float | None) -> Message:
        try:
            return self._queue.get(timeout=timeout_s)
        except Empty:
            return None


class Watch:
    """A watch that lasts until somebody ends it.

    Args:
        runs: what is done; its events must go to `inbox`.
        inbox: of this watch.
        conductor: when it is done.
        noticing: how changes are noticed.
        show: called with every event, and with what concerns the screen alone, in the thread of `run`.
        flush: called before there is nothing to do for a while; returns after how many seconds to call it
            again, None for not before the next event.
        commands: what follows a push; None for nothing.
    """

    def __init__(
        self,
        runs: Runs,
        inbox: Inbox,
        conductor: Conductor,
        noticing: Noticing,
        show: Callable[[events.Event | Wish], None],
        flush: Callable[[], float | None] = lambda: None,
        commands: Commands | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runs, self._inbox, self._conductor, self._noticing = runs, inbox, conductor, noticing
        self._show, self._flush, self._commands, self._clock = show, flush, commands, clock
        self._board = Noticeboard(inbox.notice, clock)
        self._observer: Observer | None = None
        self._work: SimpleQueue[Run] = SimpleQueue()
        self._is_over = False
        runs.on_folders = self._watch_new

    @property
    def is_busy(self) -> bool:
        """Whether a run is under way."""
        return self._conductor.is_running

    def start(self) -> str | None:
        """Notice from now on; return why folders are looked at now and then, None where the kernel tells."""
        folders = self._runs.workshop.scope.folders
        self._board.set_folders(folders)
        # Before the observer, which asks what stands where; what changes meanwhile the first run sees.
        self._runs.workshop.look()
        return self._start_observer(folders)

    def run(self, until: Callable[[], bool]) -> None:
        """Run until `until` says so after a message, or somebody wishes to quit."""
        threading.Thread(target=self._worker, name="runs", daemon=True).start()
        try:
            while not until() and not self._is_over:
                self._begin_what_is_due()
                self._handle(self._inbox.get(self._patience_s()))
        finally:
            self.stop()

    def stop(self) -> None:
        """Begin nothing more; what is in flight is abandoned."""
        if self._observer is not None:
            self._observer.stop()
        if self._commands is not None:
            self._commands.stop()
        self._runs.deliverer.close()

    def _begin_what_is_due(self) -> None:
        # In this order: a change between the two is noticed again.
        noticed_s, self._inbox.noticed_s = self._inbox.noticed_s, None
        if noticed_s is not None:
            self._conductor.noticed(noticed_s)
        run = self._conductor.next_run(self._clock())
        if run is not None:
            self._work.put(run)

    def _patience_s(self) -> float | None:
        if self._inbox.noticed_s is not None:
            return 0.0
        now_s = self._clock()
        wakes_s = self._conductor.wakes_s(now_s)
        pauses = [self._flush(), None if wakes_s is None else max(0.0, wakes_s - now_s)]
        return min((pause_s for pause_s in pauses if pause_s is not None), default=None)

    def _handle(self, message: Message) -> None:
        match message:
            case None:
                return
            case Outcome():
                self._finish(message)
            case Crashed(error):
                raise error
            case Wish():
                self._grant(message)
            case _:
                self._show(message)

    def _grant(self, wish: Wish) -> None:
        match wish:
            case Wish.RUN:
                self._conductor.run_now()
            case Wish.PAUSE:
                self._conductor.set_paused(is_paused=not self._conductor.is_paused)
                self._show(events.Paused() if self._conductor.is_paused else events.Resumed())
            case Wish.QUIT:
                self._is_over = True
            case Wish.REDRAW | Wish.SUSPEND:
                self._show(wish)

    def _finish(self, outcome: Outcome) -> None:
        now_s = self._clock()
        since_s = self._conductor.away_since_s
        pause_s = self._conductor.finished(outcome, now_s)
        error = self._runs.last_error
        if since_s is not None and outcome.was_reached:
            self._show(events.Back(now_s - since_s))
            since_s = None
        if outcome.is_away and since_s is None and error is not None:
            self._show(events.Away(str(error), error.fix, pause_s or 0.0))
        if not outcome.has_more or self._runs.has_saved:
            fresh = self._runs.take_fresh()
            if self._commands is not None:
                self._commands.request(fresh)

    def _worker(self) -> None:
        """The thread that works."""
        try:
            while True:
                run = self._work.get()
                hints = self._board.take() if run.takes_hints else Hints()
                hints.is_everything |= run.anew
                self._inbox.put(self._runs.perform(run, hints))
        except BaseException as exc:  # noqa: BLE001 (it is raised again where it can be reported)
            self._inbox.put(Crashed(exc))

    def _start_observer(self, folders: frozenset[str]) -> str | None:
        self._observer, reason = start_observer(
            self._board, folders, self._runs.workshop.survey, self._noticing
        )
        return reason

    def _poll(self, folders: frozenset[str]) -> None:
        if self._observer is not None:
            self._observer.stop()
        self._observer = PollingObserver(self._board, interval_s=self._noticing.interval_s)
        self._observer.watch(folders, self._runs.workshop.survey)

    def _watch_new(self, new: frozenset[str]) -> None:
        """Watch folders that matter from now on, then look at what came into them before that."""
        folders = self._runs.workshop.scope.folders
        self._board.set_folders(folders)
        assert self._observer is not None
        try:
            self._observer.watch(folders, self._runs.workshop.survey)
        except OSError as exc:
            self._poll(folders)
            self._inbox.put(events.Polling(refusal(exc)))
        for folder in new:
            self._board.hint_folder(folder)
