"""What a watch shows while it runs, and how signals end it: lines, JSON lines, or a live view on a terminal.

Must never be added: what an event means.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import click

from reconciler.reports.watching import Header, render_event_line, say
from reconciler.sync.watching import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from reconciler.cli.screen import Screen
    from reconciler.sync.stop import Stop
    from reconciler.sync.watching.watch import Message, Wish


class Display(Protocol):
    """Shows events."""

    def show(self, event: events.Event | Wish) -> None:
        """Take in one event; a wish to redraw is one too."""


class Lines:
    """Plain lines: what happened to stdout, what a command prints to stderr."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def show(self, event: events.Event | Wish) -> None:
        if isinstance(event, events.Said):
            click.echo(event.line, err=True)
            return
        if self._screen.output.quiet and isinstance(event, events.Watching | events.Stopped):
            return
        text = None if not isinstance(event, events.Event) else say(event)
        if text is not None:
            click.echo(text)
            sys.stdout.flush()


class JsonLines:
    """One JSON document for each event."""

    def show(self, event: events.Event | Wish) -> None:
        if isinstance(event, events.Event):
            click.echo(render_event_line(event, datetime.now(UTC)), nl=False)
            sys.stdout.flush()
        if isinstance(event, events.Said):
            click.echo(event.line, err=True)


@contextmanager
def open_display(screen: Screen, header: Header, wish: Callable[[Message], None] | None) -> Iterator[Display]:
    """Yield what shows events; on a terminal it is given back as it was.

    Args:
        wish: hears of keys; None where there are none.
    """
    if screen.output.format == "jsonl":
        yield JsonLines()
        return
    yield Lines(screen)


@contextmanager
def end_on_signals(stop: Stop, wake: Callable[[Message], None]) -> Iterator[None]:
    """Let signals end the watch: the first one at once, since nothing can be half done."""

    def request(number: int, _: FrameType | None) -> None:
        if stop.is_requested:
            os._exit(128 + number)
        stop.request(number)
        wake(None)

    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = [(number, signal.signal(number, request)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
