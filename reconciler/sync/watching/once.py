"""One pass for scripts: publish what differs from the channel, and say how it went by the exit code.

Must never be added: waiting for a change.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from reconciler.sync.watching import events
from reconciler.sync.watching.conductor import Run
from reconciler.sync.watching.noticeboard import Hints
from reconciler.sync.watching.workshop import errors_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.sync.stop import Stop
    from reconciler.sync.watching.commands import Commands
    from reconciler.sync.watching.runs import Runs

_INVALID, _REFUSED, _PARTLY, _FAILED = 78, 4, 5, 1


def run_once(runs: Runs, stop: Stop, commands: Commands | None) -> int:
    """Do all there is to do, and return the exit code: that of sync, where everything is valid."""
    codes: list[int] = []
    run = Run(1, time.monotonic(), takes_hints=True, anew=True)
    try:
        while True:
            outcome = runs.perform(run, Hints(is_everything=True) if run.takes_hints else Hints())
            codes += runs.tally.exit_codes
            if stop.is_requested or not outcome.has_more:
                break
            run = Run(run.number + 1, time.monotonic())
    finally:
        runs.deliverer.close()
        runs.close_store()
    if outcome.is_away and runs.last_error is not None:
        runs.tell(events.Away(str(runs.last_error), runs.last_error.fix, 0.0))
    pushed, has_failed = runs.take_fresh(), False
    if pushed and commands is not None and not stop.is_requested:
        # A thread: the handler may interrupt the very lines that it would wait for.
        stop.on_request = threading.Thread(target=commands.stop, name="stop").start
        has_failed = commands.run(pushed) != 0
    code = _exit_code(runs, stop, codes)
    return _FAILED if code == 0 and has_failed else code


def _exit_code(runs: Runs, stop: Stop, codes: Sequence[int]) -> int:
    if stop.signal_number:
        return 128 + stop.signal_number
    if errors_of(runs.problems):
        return _INVALID
    if not codes:
        return 0
    failures = [code for code in codes if code != _REFUSED]
    if not failures:
        return _REFUSED
    if runs.tally.pushed:
        return _PARTLY
    return failures[0] if len(set(failures)) == 1 else _FAILED
