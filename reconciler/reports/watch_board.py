"""The live view of a watch: a state that follows from its events, and lines as many as there is room for.

Decided here: what is seen first where there is little room: what is wrong, then what was published last.
Must never be added: a terminal, or a clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import TYPE_CHECKING

from reconciler.reports.problems import render_problem
from reconciler.sync.watching import events

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from reconciler.errors import Problem
    from reconciler.reports.watching import Header

_OUTPUT_LINES = 3
_PROBLEMS_MAX = 8
"""Shown at once; how many more there are is said."""
_SETTLED = 2
_STYLES = {"failed": "red", "invalid": "red", "waiting": "yellow", "pushed": "green", "new": "yellow"}
KEYS = "r run now   p pause   q quit"


@dataclass(slots=True)
class Row:
    """One artifact."""

    name: str
    version: str
    state: str = "current"
    digest: str = ""
    at: str = ""
    """When it was published last, as a clock shows it."""
    took: str = ""
    """From saving to the registry."""
    error: str = ""
    rank: int = 0
    """Higher for what has happened later."""
    is_invalid: bool = False
    """Whether its files have a problem, whatever became of what they were before."""

    @property
    def shown_state(self) -> str:
        return "invalid" if self.is_invalid else self.state

    @property
    def urgency(self) -> int:
        """Lower for what is seen first."""
        if self.is_invalid or self.error:
            return 0
        return 1 if self.state == "waiting" else _SETTLED

    def stand(self, state: events.State) -> None:
        """Follow what was found in the tree."""
        self.is_invalid = state is events.State.INVALID
        match state:
            case events.State.WAITING if not self.error:
                self.state = "waiting"
            case events.State.REFUSED:
                self.state = "failed"
            case events.State.SETTLED:
                self.state, self.error = ("pushed" if self.at else "current"), ""


@dataclass(slots=True)
class Board:
    """What is seen."""

    header: Header
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    problems: dict[str | None, list[Problem]] = field(default_factory=dict)
    artifacts: int = 0
    waiting: int = 0
    state: str = "starting"
    away: str | None = None
    polling: str | None = None
    notice: str = ""
    output: deque[str] = field(default_factory=lambda: deque(maxlen=_OUTPUT_LINES))
    _happened: int = 0

    def take_in(self, event: events.Event, now: datetime) -> None:
        """Follow one event."""
        match event:
            case events.Delivered():
                self._take_push(event, now)
            case events.Current() | events.Joined():
                row = self._row(event.name, event.version)
                row.state, row.error = ("current" if isinstance(event, events.Current) else "new"), ""
            case events.Failed():
                row = self._row(event.name, event.version)
                row.state, row.error = "failed", event.error
            case events.Standing():
                self._row(event.name, event.version).stand(event.state)
            case events.Left():
                self.rows.pop((event.name, event.version), None)
            case events.Found() | events.Mended() | events.Cleared():
                self._take_problem(event)
            case _:
                self._take_state(event)

    def lines(self, height: int, width: int) -> list[Text]:
        """Return at most `height` lines, the most important first; what is wrong is broken at `width`."""
        head = [self._title(), self._summary()]
        foot = [*self._tail(), _text(KEYS, "dim")]
        body = self._problem_lines(width)[: max(0, height - len(head) - len(foot) - 1)]
        room = height - len(head) - len(foot) - len(body) - 1
        lines = [*head, *body, _text("")]
        lines += self._row_lines(max(0, room))
        return [*lines, *foot][:height]

    def _row(self, name: str, version: str) -> Row:
        return self.rows.setdefault((name, version), Row(name, version))

    def _take_push(self, event: events.Delivered, now: datetime) -> None:
        self._happened += 1
        row = self._row(event.pushed.name, event.pushed.version)
        row.state, row.error, row.rank = "pushed", "", self._happened
        row.digest, row.at = event.pushed.digest.short, now.strftime("%H:%M:%S")
        row.took = "" if event.since_save_ms is None else f"{event.since_save_ms:.0f} ms after saving"

    def _take_problem(self, event: events.Found | events.Mended | events.Cleared) -> None:
        if not isinstance(event, events.Found):
            self.problems.pop(event.file, None)
            self.notice = f"{event.file}: mended" if isinstance(event, events.Mended) else ""
            return
        found = self.problems.setdefault(event.problem.file, [])
        if event.problem not in found:
            found.append(event.problem)

    def _take_state(self, event: events.Event) -> None:
        match event:
            case events.Changed():
                self.notice = ""
            case events.Finished():
                self.artifacts, self.waiting = event.artifacts, event.waiting
                self.state = self.state if self.state == "paused" else "watching"
            case events.Watching() | events.Resumed() | events.Paused():
                self.state = "paused" if isinstance(event, events.Paused) else "watching"
                self.polling = event.polling if isinstance(event, events.Watching) else self.polling
            case events.Polling(reason):
                self.polling = reason
            case events.Away() | events.Back():
                self.away = event.error if isinstance(event, events.Away) else None
            case _:
                self._take_word(event)

    def _take_word(self, event: events.Event) -> None:
        match event:
            case events.Reloaded(file):
                self.notice = f"{file} read again"
            case events.Retargeted(target, url):
                self.header = replace(self.header, target=target, url=url)
            case events.Said(line):
                self.output.append(line)
            case events.Commanded():
                self._take_command(event)

    def _take_command(self, event: events.Commanded) -> None:
        if event.error is not None:
            self.notice = f"--exec: {event.error}"
        elif event.exit_code:
            self.notice = f"--exec: failed with exit code {event.exit_code}"
        else:
            self.notice = f"--exec: done in {event.seconds:.1f} s"

    def _title(self) -> Text:
        title = _text("pallet watch", "bold")
        title.append(f"  {self.header.target} ({self.header.url})  tag ")
        title.append(self.header.tag, "bold")
        return title

    def _summary(self) -> Text:
        count = f"{self.artifacts} artifact{'' if self.artifacts == 1 else 's'}"
        summary = _text(self.state, "yellow" if self.state == "paused" else "green")
        summary.append(f"  {count}")
        if self.waiting:
            summary.append(f", {self.waiting} waiting")
        if self.polling:
            summary.append(f"  looking now and then: {self.polling}", "dim")
        return summary

    def _problem_lines(self, width: int) -> list[Text]:
        said = [f"the registry is away, and is tried again: {self.away}"] if self.away else []
        found = [problem for problems in self.problems.values() for problem in problems]
        said += [render_problem(problem).rstrip("\n") for problem in found[:_PROBLEMS_MAX]]
        if len(found) > _PROBLEMS_MAX:
            said.append(f"… and {len(found) - _PROBLEMS_MAX} problems more")
        lines = [line for text in said for line in text.splitlines()]
        return [
            _text(part, "red")
            for line in lines
            for part in wrap(line, max(width, 10), subsequent_indent="    ", break_on_hyphens=False)
        ]

    def _row_lines(self, room: int) -> list[Text]:
        ordered = sorted(self.rows.values(), key=lambda row: (row.urgency, -row.rank, row.name))
        shown = ordered[:room] if len(ordered) <= room else ordered[: max(0, room - 1)]
        width = max((len(row.name) for row in shown), default=0)
        lines = [_row_line(row, width) for row in shown]
        if len(shown) < len(ordered) and room > 0:
            lines.append(_text(f"… and {len(ordered) - len(shown)} more", "dim"))
        return lines

    def _tail(self) -> list[Text]:
        lines = [_text(f"| {line}", "dim") for line in self.output]
        return [*lines, _text(self.notice, "dim")] if self.notice else lines


def _row_line(row: Row, width: int) -> Text:
    state = row.shown_state
    line = _text(f"  {row.name:<{width}}  {row.version}  ", "dim" if state == "current" else "")
    line.append(state, _STYLES.get(state, "dim"))
    if row.error and not row.is_invalid:
        line.append(f"  {row.error}", "red")
    elif row.at and row.urgency < _SETTLED:
        line.append(f"  published is {row.digest}  {row.at}", "dim")
    elif row.at:
        line.append(f"  {row.digest}  {row.at}  {row.took}")
    return line


def _text(text: str, style: str = "") -> Text:
    # Here: --help and plain lines need no rich.
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, overflow="ellipsis", end="")
