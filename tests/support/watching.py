"""`pallet watch` as a process of its own, whose events are waited for with a deadline, never with a sleep.

    with watching(folder) as watch:
        watch.wait("finished")

Must never be added: what a scenario is about.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.docker_registry import PROJECT
from tests.support.processes import DEADLINE_S, PALLET
from tests.support.projects import ProjectFolder, workflow

EVENTS = json.loads((PROJECT / "schemas" / "events.schema.json").read_text("utf-8"))
_VALIDATOR = Draft202012Validator(EVENTS)

Event = dict[str, Any]


def read_event(line: str) -> Event:
    """Return an event that a watch has printed; the schema must let it pass, and know every key."""
    document: Event = json.loads(line)
    problems = [error.message for error in _VALIDATOR.iter_errors(document)]
    known = {
        *EVENTS["properties"],
        *EVENTS["$defs"][document["event"]]["properties"],
        "column",
        "path",
        "severity",
    }
    problems += [f"{key}: not in the schema" for key in document.keys() - known]
    assert not problems, (document, problems)
    return document


@dataclass
class Watched:
    """A running watch."""

    process: subprocess.Popen[str]
    seen: list[Event] = field(default_factory=list)
    """Every event that was taken in so far."""
    _lines: queue.Queue[str | None] = field(default_factory=queue.Queue)

    def wait(self, event: str, **expected: object) -> Event:
        """Return the next event of this name, and with these values; it must come before the deadline."""
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {event} {expected} among {self.seen[-20:]}") from None
            assert line is not None, f"ended before {event} {expected}: {self.seen[-20:]}"
            self.seen.append(read_event(line))
            if self.seen[-1]["event"] == event and expected.items() <= self.seen[-1].items():
                return self.seen[-1]

    def settle(self) -> Event:
        """Wait until a run has left nothing to do."""
        return self.wait("finished", waiting=0)

    def names(self) -> list[str]:
        return [event["event"] for event in self.seen]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, take in the last events, and return the exit code."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        """Wait for the end, take in the last events, and return the exit code."""
        code = self.process.wait(DEADLINE_S)
        while (line := self._lines.get(timeout=DEADLINE_S)) is not None:
            self.seen.append(read_event(line))
        return code

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)


@contextmanager
def watching(
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    settled: bool = True,
    prefix: Sequence[str] = (),
) -> Iterator[Watched]:
    """Yield a watch of a folder, with a quiet period of 50 ms; by default after its first run.

    Args:
        prefix: words before the command.
    """
    process = subprocess.Popen(
        (*prefix, *PALLET, "watch", "--format", "jsonl", "--debounce", "0.05", *arguments),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    watched = Watched(process)
    reader = threading.Thread(target=watched.read, daemon=True)
    reader.start()
    with process:
        try:
            if settled:
                watched.wait("watching")
                watched.settle()
            yield watched
        finally:
            if process.poll() is None:
                process.kill()
            reader.join(DEADLINE_S)


def save(folder: ProjectFolder, skill: str, name: str = "router") -> None:
    """Let a workflow want another skill, as somebody who edits it does."""
    folder.write({f"workflows/{name}.yaml": workflow(skill=skill)})
