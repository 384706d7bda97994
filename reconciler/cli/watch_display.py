"""What a watch shows while it runs: lines, JSON lines, or a live view on a terminal; and how signals end it.

Must never be added: what an event means.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import click

from reconciler.cli.keys import Keys
from reconciler.reports.watch_board import Board
from reconciler.reports.watching import Header, render_event_line, say
from reconciler.sync.watching import events
from reconciler.sync.watching.watch import Message, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from reconciler.cli.screen import Screen
    from reconciler.sync.stop import Stop

REFRESH_S = 0.1
"""At most so often the live view is drawn: calm enough to be read."""
_KEYS = {"r": Wish.RUN, "p": Wish.PAUSE, " ": Wish.PAUSE, "q": Wish.QUIT, "\x0c": Wish.REDRAW}
_START_LINES_MAX = 10
"""Of what a start publishes; more are counted."""


class Display(Protocol):
    """Shows events."""

    def show(self, event: events.Event | Wish) -> None:
        """Take in one event, or a wish that concerns the screen."""

    def flush(self) -> float | None:
        """Let it be seen; return after how many seconds to be called again, None where all is seen."""


class Lines:
    """Plain lines: what happened to stdout, what a command prints to stderr."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._started = 0

    def show(self, event: events.Event | Wish) -> None:
        match event:
            case Wish():
                if event is Wish.SUSPEND:
                    _suspend()
            case events.Said(line):
                click.echo(line, err=True)
            case events.Watching() | events.Stopped() if self._screen.output.quiet:
                return
            case events.Delivered(cause="start"):
                self._started += 1
                if self._started <= _START_LINES_MAX or self._screen.output.verbose:
                    self._print(say(event))
            case events.Finished():
                self._count_start(event)
            case _:
                self._print(say(event))

    def flush(self) -> None:
        sys.stdout.flush()

    def _count_start(self, event: events.Finished) -> None:
        if event.waiting == 0 and self._started > _START_LINES_MAX and not self._screen.output.verbose:
            self._print(f"… and {self._started - _START_LINES_MAX} more that were not there")
        if event.waiting == 0:
            self._started = 0

    def _print(self, text: str | None) -> None:
        if text is not None:
            click.echo(text)


class JsonLines:
    """One JSON document for each event."""

    def show(self, event: events.Event | Wish) -> None:
        if isinstance(event, Wish):
            if event is Wish.SUSPEND:
                _suspend()
            return
        click.echo(render_event_line(event, datetime.now(UTC)), nl=False)
        if isinstance(event, events.Said):
            click.echo(event.line, err=True)

    def flush(self) -> None:
        sys.stdout.flush()


class LiveView:
    """The whole terminal, drawn anew when something has happened; at the end it is as it was before."""

    def __init__(self, screen: Screen, header: Header, press: Callable[[str], None]) -> None:
        from rich.console import Console

        self._screen = screen
        self._board = Board(header)
        colors = {"never": {"no_color": True}, "always": {"force_terminal": True}}
        self._console = Console(**colors.get(screen.output.color, {}))  # type: ignore[arg-type]
        self._keys = Keys(sys.stdin.fileno(), press) if sys.stdin.isatty() else None
        self._live: Any = None
        self._is_stale = True
        self._drawn_s = 0.0

    def open(self) -> None:
        from rich.live import Live

        if self._keys is not None:
            self._keys.listen()
        self._live = Live(
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._draw,
        )
        self._live.start()

    def close(self) -> None:
        """Give the terminal back; safe to call at any time, and twice."""
        live, self._live = self._live, None
        try:
            if live is not None:
                live.stop()
        finally:
            if self._keys is not None:
                self._keys.restore()

    def show(self, event: events.Event | Wish) -> None:
        if isinstance(event, events.Stopped):
            click.echo(say(event))
            for problems in self._board.problems.values():
                for problem in problems:
                    click.echo(say(events.Found(problem)))
        elif isinstance(event, Wish):
            if event is Wish.SUSPEND:
                self.close()
                _suspend()
                self.open()
        else:
            self._board.take_in(event, datetime.now().astimezone())
            if isinstance(event, events.Said) and not sys.stderr.isatty():
                click.echo(event.line, err=True)
        self._is_stale = True

    def flush(self) -> float | None:
        if not self._is_stale or self._live is None:
            return None
        rest_s = self._drawn_s + REFRESH_S - time.monotonic()
        if rest_s > 0:
            return rest_s
        self._is_stale, self._drawn_s = False, time.monotonic()
        self._measure()
        self._live.refresh()
        return None

    def _measure(self) -> None:
        """Take the terminal's size as it is now: COLUMNS, where it is set, says how it was."""
        from rich.console import ConsoleDimensions

        with suppress(OSError):
            columns, lines = os.get_terminal_size(sys.stdout.fileno())
            self._console.size = ConsoleDimensions(columns, lines)

    def _draw(self) -> Any:
        from rich.console import Group

        size = self._console.size
        lines = self._board.lines(size.height, size.width)
        for line in lines:
            line.end = "\n"
        return Group(*lines)


@contextmanager
def open_display(screen: Screen, header: Header, wish: Callable[[Message], None] | None) -> Iterator[Display]:
    """Yield what shows events; on a terminal it is given back as it was.

    Args:
        wish: hears of keys; None where there are none, and plain lines are enough.
    """
    if screen.output.format == "jsonl":
        yield JsonLines()
    elif wish is None or screen.width is None or screen.output.progress in ("lines", "none"):
        yield Lines(screen)
    else:
        yield from _open_live_view(screen, header, wish)


def _open_live_view(screen: Screen, header: Header, wish: Callable[[Message], None]) -> Iterator[Display]:
    def press(key: str) -> None:
        if key.lower() in _KEYS:
            wish(_KEYS[key.lower()])

    view = LiveView(screen, header, press)
    try:
        view.open()
        _RESTORE.append(view.close)
        yield view
    finally:
        _RESTORE.clear()
        view.close()


_RESTORE: list[Callable[[], None]] = []
"""What gives the terminal back where a second signal ends the process on the spot."""


@contextmanager
def end_on_signals(stop: Stop, wake: Callable[[Message], None]) -> Iterator[None]:
    """Let signals end the watch: at once, since nothing can be half done."""

    def end(number: int, _: FrameType | None) -> None:
        if stop.is_requested:
            for restore in _RESTORE:
                restore()
            os._exit(128 + number)
        stop.request(number)
        wake(None)

    handlers: dict[signal.Signals, Any] = dict.fromkeys(
        (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT), end
    )
    handlers[signal.SIGWINCH] = lambda *_: wake(Wish.REDRAW)
    handlers[signal.SIGTSTP] = lambda *_: wake(Wish.SUSPEND)
    before = [(number, signal.signal(number, handler)) for number, handler in handlers.items()]
    try:
        with _woken_by_signals(wake):
            yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def _woken_by_signals(wake: Callable[[Message], None]) -> Iterator[None]:
    """Wake the thread that decides, where handlers run, whichever thread the kernel hands a signal to."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def watch() -> None:
        while os.read(reader, 64):
            wake(None)
        os.close(reader)

    threading.Thread(target=watch, name="signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)


def _suspend() -> None:
    """Stop as Ctrl-Z asks, and return when somebody says fg."""
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)
