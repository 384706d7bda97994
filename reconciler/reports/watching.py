"""What a watch tells, as lines for people and as JSON lines for programs (schemas/events.schema.json).

Keys are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a terminal.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.reports.documents import FORMAT_VERSION, Document, problem_document
from reconciler.reports.problems import render_problem
from reconciler.sync.watching import events
from reconciler.sync.watching.delivery import Pushed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Header:
    """What a screen says above everything."""

    target: str
    url: str
    tag: str


NAMES = {
    events.Found: "problem",
    events.Delivered: "pushed",
    events.Commanded: "command",
    events.Said: "output",
}
"""Where an event is called otherwise than its class."""


def name_of(event: events.Event) -> str:
    """Return the word by which programs know an event."""
    return NAMES.get(type(event)) or _CAPITAL.sub("-", type(event).__name__).lower()


def event_document(event: events.Event, now: datetime) -> Document:
    """Return an event as programs read it.

    Args:
        now: in UTC.
    """
    document: Document = {
        "format_version": FORMAT_VERSION,
        "event": name_of(event),
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    for field in fields(event):
        value = getattr(event, field.name)
        match value:
            case Problem():
                document |= problem_document(value)
            case Pushed():
                document |= _pushed(value)
            case float():
                document[field.name] = round(value, 3)
            case tuple():
                document[field.name] = list(value)
            case _:
                document[field.name] = value
    return document


def render_event_line(event: events.Event, now: datetime) -> str:
    """Return an event as one line of JSON."""
    return json.dumps(event_document(event, now), ensure_ascii=False, separators=(",", ":")) + "\n"


def say(event: events.Event) -> str | None:
    """Return an event in words, without a line end; None for what people need not hear."""
    words = _WORDS.get(type(event))
    return words(event) if words is not None else None


def _pushed(pushed: Pushed) -> Document:
    return {
        "name": pushed.name,
        "version": pushed.version,
        "reference": pushed.reference,
        "digest": pushed.digest,
        "tags": list(pushed.tags),
    }


def _delivered(event: events.Delivered) -> str:
    pushed = event.pushed
    more = f", {', '.join(pushed.tags[:-1])}" if len(pushed.tags) > 1 else ""
    time = f" {event.since_save_ms:.0f} ms after saving" if event.since_save_ms is not None else ""
    return f"{pushed.reference}{more} is {pushed.digest.short} ({pushed.version}){time}"


def _commanded(event: events.Commanded) -> str | None:
    if event.error is not None:
        return f"--exec: {event.error}"
    if event.exit_code:
        return f"--exec: failed with exit code {event.exit_code} after {event.seconds:.1f} s"
    return None


def _watching(event: events.Watching) -> str:
    how = f"\nlooking every now and then: {event.polling}" if event.polling else ""
    return (
        f"watching {_count(event.folders, 'folder')} for {event.target} ({event.url}), tag {event.tag}{how}"
    )


def _failed(event: events.Failed) -> str:
    again = "; trying again" if event.will_retry else ""
    return f"{event.name} {event.version}: not published: {event.error}{again}{_fix(event.fix)}"


def _reloaded(event: events.Reloaded) -> str:
    return f"{event.file} read again: {_count(event.artifacts, 'artifact')}"


def _stopped(event: events.Stopped) -> str:
    pushes = "1 push" if event.pushed == 1 else f"{event.pushed} pushes"
    return f"stopped ({event.reason}) after {pushes}"


def _fix(fix: str | None) -> str:
    return f"\n  → {fix}" if fix else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_WORDS: dict[type, Callable[[Any], str | None]] = {
    events.Watching: _watching,
    events.Polling: lambda event: f"looking every now and then from here on: {event.reason}",
    events.Reloaded: _reloaded,
    events.Retargeted: lambda event: (
        f"from now on for {event.target} ({event.url}): everything is compared with it"
    ),
    events.Joined: lambda event: f"{event.name} {event.version} joins",
    events.Left: lambda event: f"{event.name} {event.version} leaves; what was published stays",
    events.Found: lambda event: render_problem(event.problem).rstrip("\n"),
    events.Mended: lambda event: f"{event.file}: mended",
    events.Delivered: _delivered,
    events.Failed: _failed,
    events.Away: lambda event: f"the registry is away, and is tried again: {event.error}{_fix(event.fix)}",
    events.Back: lambda event: f"the registry is back after {event.away_s:.0f} s",
    events.Commanded: _commanded,
    events.Paused: lambda _: "paused: changes are kept for later",
    events.Resumed: lambda _: "going on",
    events.Stopped: _stopped,
}
