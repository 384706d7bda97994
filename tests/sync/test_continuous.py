"""When a continuous sync begins its next pass; nobody waits here."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

import pytest

from reconciler.sync.continuous import AWAY_MAX_S, SPREAD, Cause, Continuous, Pass
from reconciler.sync.stop import Stop


@dataclass
class Script:
    """Passes and changes in order; what was asked for is kept."""

    codes: list[int]
    changes: list[bool] = field(default_factory=list)
    every_s: float | None = 300.0
    chance: float = 0.5
    stop: Stop = field(default_factory=Stop)
    causes: list[Cause] = field(default_factory=list)
    pauses_s: list[float | None] = field(default_factory=list)

    def wait(self, timeout_s: float | None) -> bool:
        self.pauses_s.append(timeout_s)
        return self.changes.pop(0) if self.changes else False

    def perform(self, cause: Cause) -> Pass:
        self.causes.append(cause)
        code = self.codes.pop(0)
        if not self.codes:
            self.stop.request(signal.SIGTERM)
        return Pass(code)

    def run(self) -> int:
        return Continuous(self, self.stop, self.every_s, lambda: self.chance).run(self.perform)


def test_schedule_and_changes_begin_passes() -> None:
    script = Script([0, 0, 0], changes=[False, True])

    assert script.run() == 143

    assert script.causes == [Cause.START, Cause.SCHEDULE, Cause.CHANGE]
    assert script.pauses_s == [300.0, 300.0]


def test_without_schedule_only_changes_count() -> None:
    script = Script([0, 0], changes=[True], every_s=None)
    script.run()

    assert script.pauses_s == [None]


@pytest.mark.parametrize(("chance", "pause_s"), [(0.0, 300 * (1 - SPREAD)), (1.0, 300 * (1 + SPREAD))])
def test_chance_spreads_schedules(chance: float, pause_s: float) -> None:
    script = Script([0, 0], chance=chance)
    script.run()

    assert script.pauses_s == [pytest.approx(pause_s)]


@pytest.mark.parametrize("code", [1, 5, 75, 77])
def test_registry_that_is_away_is_tried_soon(code: int) -> None:
    script = Script([code] * 12, chance=1.0)
    script.run()

    assert script.causes[1:] == [Cause.RETRY] * 11
    assert script.pauses_s[:4] == [1.0, 2.0, 4.0, 8.0]
    assert script.pauses_s[-1] == AWAY_MAX_S


def test_backoff_begins_anew_after_an_answer() -> None:
    script = Script([1, 1, 0, 1, 0], chance=1.0)
    script.run()

    assert script.pauses_s == [1.0, 2.0, pytest.approx(330.0), 1.0]


def test_short_schedule_bounds_the_backoff() -> None:
    script = Script([1] * 8, every_s=3.0, chance=1.0)
    script.run()

    assert script.pauses_s[-1] == 3.0


def test_refusals_wait_for_the_schedule() -> None:
    script = Script([4, 0])
    script.run()

    assert script.causes == [Cause.START, Cause.SCHEDULE]


def test_stop_while_waiting_ends_it() -> None:
    class Impatient(Script):
        def wait(self, timeout_s: float | None) -> bool:
            self.stop.request(signal.SIGINT)
            return super().wait(timeout_s)

    script = Impatient([0, 0, 0])

    assert script.run() == 130
    assert script.causes == [Cause.START]


def test_last_pass_gives_its_code() -> None:
    script = Script([0])

    assert Continuous(script, Stop(), 300.0).run(lambda _: Pass(78, is_last=True)) == 78
