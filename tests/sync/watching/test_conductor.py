"""What a watch does next, in every order of things, with a clock that the test moves."""

from __future__ import annotations

import pytest

from reconciler.sync.watching.backoff import Backoff
from reconciler.sync.watching.conductor import OVERTAKEN_S, Conductor, Outcome, Run
from reconciler.sync.watching.quiet import Collector

WELL = Outcome(was_reached=True)
AWAY = Outcome(is_away=True)


def started(**outcome: bool) -> Conductor:
    """Return a conductor whose first run is over, at 0 seconds; pauses are 1, 2, 4 … seconds."""
    conductor = Conductor(Collector(0.2, 10.0), Backoff(first_s=1.0, jitter=lambda: 1.0))
    assert conductor.next_run(0.0) is not None
    conductor.finished(Outcome(**outcome) if outcome else WELL, 0.0)
    return conductor


def run_at(conductor: Conductor, now_s: float) -> Run:
    run = conductor.next_run(now_s)
    assert run is not None
    return run


def test_first_run_is_due_at_once_and_takes_in_everything() -> None:
    run = Conductor().next_run(3.0)

    assert run == Run(1, 3.0, takes_hints=True, anew=True, delivers=True)


def test_nothing_is_due_when_nothing_happens() -> None:
    conductor = started()

    assert conductor.wakes_s(5.0) is None
    assert conductor.next_run(1e9) is None


def test_change_is_due_after_the_quiet_period() -> None:
    conductor = started()
    conductor.noticed(5.0)

    assert conductor.wakes_s(5.0) == 5.2
    assert conductor.next_run(5.1) is None
    assert run_at(conductor, 5.25) == Run(2, 5.2, takes_hints=True)


def test_changes_during_a_run_lead_to_exactly_one_more() -> None:
    conductor = started()
    conductor.noticed(5.0)
    run_at(conductor, 5.2)
    for now_s in (5.3, 5.4, 5.5):
        conductor.noticed(now_s)
        assert conductor.next_run(now_s + 3) is None, "one run at a time"

    conductor.finished(WELL, 9.0)
    run_at(conductor, 9.0)
    conductor.finished(WELL, 9.5)

    assert conductor.next_run(20.0) is None


def test_backlog_goes_on_at_once_and_saves_come_between() -> None:
    conductor = started(was_reached=True, has_more=True)
    assert not run_at(conductor, 0.0).takes_hints
    conductor.noticed(0.1)
    conductor.finished(Outcome(was_reached=True, has_more=True), 0.2)
    assert not run_at(conductor, 0.2).takes_hints
    conductor.finished(Outcome(was_reached=True, has_more=True), 0.4)

    assert run_at(conductor, 0.4).takes_hints


def test_registry_that_is_away_is_left_alone_longer_each_time() -> None:
    conductor = started(is_away=True)
    times = []
    now_s = 0.0
    for _ in range(4):
        wakes_s = conductor.wakes_s(now_s)
        assert wakes_s is not None
        times.append(wakes_s - now_s)
        now_s = wakes_s
        assert run_at(conductor, now_s).delivers
        conductor.finished(AWAY, now_s)

    assert times == [1.0, 2.0, 4.0, 8.0]
    assert conductor.away_since_s == 0.0


def test_save_while_it_is_away_builds_and_asks_nobody() -> None:
    conductor = started(is_away=True)
    conductor.noticed(0.1)
    run = run_at(conductor, 0.5)
    assert (run.takes_hints, run.delivers) == (True, False)
    conductor.finished(Outcome(), 0.6)

    # The attempt comes when it would have come.
    assert conductor.wakes_s(0.6) == 1.0
    assert run_at(conductor, 1.0).delivers


def test_registry_that_is_back_begins_anew() -> None:
    conductor = started(is_away=True)
    run_at(conductor, 1.0)
    conductor.finished(WELL, 1.1)

    assert conductor.away_since_s is None
    assert not conductor.backoff.is_away
    assert conductor.wakes_s(1.1) is None


def test_one_failure_is_tried_again_without_holding_up_others() -> None:
    conductor = started(was_reached=True, has_failed=True)
    conductor.noticed(0.1)

    assert run_at(conductor, 0.4).delivers
    assert conductor.away_since_s is None


def test_pause_keeps_changes_for_later() -> None:
    conductor = started()
    conductor.set_paused(is_paused=True)
    conductor.noticed(1.0)
    assert conductor.wakes_s(5.0) is None

    conductor.set_paused(is_paused=False)

    assert run_at(conductor, 5.0).takes_hints


@pytest.mark.parametrize("is_paused", [True, False])
def test_run_now_does_everything_again(is_paused: bool) -> None:
    conductor = started(is_away=True)
    conductor.set_paused(is_paused=is_paused)
    conductor.run_now()

    run = run_at(conductor, 0.01)
    assert (run.takes_hints, run.anew, run.delivers) == (True, True, True)


def test_run_now_during_a_run_comes_after_it() -> None:
    conductor = started()
    conductor.noticed(1.0)
    run_at(conductor, 1.2)
    conductor.run_now()
    assert conductor.next_run(1.3) is None
    conductor.finished(WELL, 1.4)

    assert run_at(conductor, 1.4).anew


def test_what_was_overtaken_is_tried_again_and_the_registry_is_not_doubted() -> None:
    conductor = started(was_overtaken=True)

    assert conductor.wakes_s(0.0) == OVERTAKEN_S
    run_at(conductor, OVERTAKEN_S)
    conductor.finished(Outcome(was_overtaken=True), 2.0)

    assert conductor.wakes_s(2.0) == 2.0 + OVERTAKEN_S
    assert conductor.away_since_s is None
