"""When to act on a burst of changes: tables with a clock of their own."""

from __future__ import annotations

import pytest

from reconciler.sync.watching.quiet import Collector


def test_nothing_is_due_before_a_change() -> None:
    collector = Collector()

    assert collector.due_s is None
    assert not collector.is_due(1e9)


@pytest.mark.parametrize(
    ("notes", "due_s"),
    [
        pytest.param([5.0], 5.2, id="one-change"),
        pytest.param([5.0, 5.1, 5.25], 5.45, id="each-change-waits-anew"),
        pytest.param([5.0 + 0.1 * n for n in range(200)], 15.0, id="never-later-than-the-maximum"),
    ],
)
def test_burst_is_due_after_a_quiet_period(notes: list[float], due_s: float) -> None:
    collector = Collector(quiet_s=0.2, max_wait_s=10.0)
    for now_s in notes:
        collector.note(now_s)

    assert collector.due_s == pytest.approx(due_s)
    assert not collector.is_due(due_s - 0.001)
    assert collector.is_due(due_s + 0.001)


def test_what_is_taken_care_of_is_forgotten() -> None:
    collector = Collector()
    collector.note(1.0)
    collector.clear()

    assert collector.due_s is None
