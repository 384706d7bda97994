"""Pauses that grow, with the chance of the test."""

from __future__ import annotations

import pytest

from reconciler.sync.watching.backoff import Backoff


def test_pauses_double_up_to_a_maximum() -> None:
    backoff = Backoff(first_s=1.0, max_s=10.0, jitter=lambda: 1.0)

    assert [backoff.failed() for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@pytest.mark.parametrize(("chance", "pause_s"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_half_of_a_pause_is_left_to_chance(chance: float, pause_s: float) -> None:
    assert Backoff(first_s=1.0, jitter=lambda: chance).failed() == pause_s


def test_success_begins_anew() -> None:
    backoff = Backoff(first_s=1.0, jitter=lambda: 1.0)
    backoff.failed()
    backoff.failed()
    backoff.succeeded()

    assert not backoff.is_away
    assert backoff.failed() == 1.0


def test_a_year_away_is_no_overflow() -> None:
    backoff = Backoff(max_s=30.0, jitter=lambda: 1.0, failures=10**7)

    assert backoff.failed() == 30.0
