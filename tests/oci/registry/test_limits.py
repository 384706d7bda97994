from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.limits import UNLIMITED_FROM, Gate, Limits, Pace, Window
from reconciler.oci.registry.settings import Clock
from tests.oci.registry.situations import FakeClock

GUARD_S = 20.0
"""After this a test fails instead of hanging."""


def test_pace_lets_a_second_go_at_once() -> None:
    pace = Pace(4.0)
    assert [pace.reserve(100.0) for _ in range(6)] == [0.0, 0.0, 0.0, 0.0, 0.25, 0.5]


def test_pace_saves_no_more_than_a_second() -> None:
    pace = Pace(2.0)
    pace.reserve(0.0)
    assert [pace.reserve(1000.0) for _ in range(3)] == [0.0, 0.0, 0.5]


@given(st.floats(0.1, 100), st.lists(st.floats(0, 10), min_size=1, max_size=50))
def test_pace_is_kept_over_any_time(requests_per_s: float, gaps_s: list[float]) -> None:
    pace, now_s, sent = Pace(requests_per_s), 0.0, 0
    for gap_s in gaps_s:
        now_s += gap_s
        now_s += pace.reserve(now_s)
        sent += 1
    assert sent <= now_s * requests_per_s + max(1.0, requests_per_s) + 1e-6


def test_window_halves_and_grows_by_one_a_round() -> None:
    window = Window(8)
    window.narrow(8)
    assert (window.width, window.is_narrowed) == (4, True)
    for _ in range(4):
        window.widen()
    assert window.width is not None
    assert 4.8 < window.width < 5.0
    for _ in range(100):
        window.widen()
    assert (window.width, window.is_narrowed) == (8, False)


def test_window_never_closes() -> None:
    window = Window(None)
    for _ in range(5):
        window.narrow(1)
    assert window.width == 1
    assert window.has_room(0)
    assert not window.has_room(1)


def test_unlimited_window_becomes_so_again() -> None:
    window = Window(None)
    window.narrow(16)
    assert not window.has_room(8)
    for _ in range(UNLIMITED_FROM * UNLIMITED_FROM):
        window.widen()
    assert window.has_room(10_000)


def test_so_many_are_let_in_at_once_and_no_more() -> None:
    gate = Gate(Limits(concurrency=3), Clock())
    full, guard = threading.Barrier(3, timeout=GUARD_S), threading.Lock()
    inside, most = 0, 0

    def request(_: int) -> None:
        nonlocal inside, most
        with gate.passed():
            with guard:
                inside += 1
                most = max(most, inside)
            full.wait()  # passes only if three are inside together
            with guard:
                inside -= 1

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(request, range(9)))
    assert most == 3


def test_request_within_a_request_waits_for_nobody() -> None:
    gate = Gate(Limits(concurrency=1), Clock())
    with gate.passed() as outer, gate.passed() as inner:
        assert (outer.in_flight, inner.in_flight) == (1, 2)
    with gate.passed() as after:
        assert after.in_flight == 1


def test_failed_request_makes_room() -> None:
    gate = Gate(Limits(concurrency=1), Clock())
    for _ in range(3):
        with pytest.raises(OSError, match="broken"), gate.passed():
            raise OSError("broken")


def test_pause_holds_for_every_thread() -> None:
    clock = FakeClock()
    gate = Gate(Limits(), clock.clock())
    with gate.passed() as ticket:
        pass
    gate.throttled(ticket, 30.0)

    def request() -> None:
        with gate.passed():
            pass

    thread = threading.Thread(target=request)
    thread.start()
    thread.join(GUARD_S)
    request()
    assert clock.pauses_s == [30.0]


def test_requests_of_one_round_narrow_it_once() -> None:
    gate = Gate(Limits(concurrency=8), FakeClock().clock())
    with gate.passed() as a, gate.passed() as b:
        tickets = [a, b]
    for ticket in tickets * 3:
        gate.throttled(ticket, 0.0)
    with gate.passed() as later:
        assert later.round == 1
    gate.throttled(later, 0.0)
    with gate.passed() as last:
        assert last.round == 2


def test_pace_is_slept_for() -> None:
    clock = FakeClock()
    gate = Gate(Limits(requests_per_s=1.0), clock.clock())
    for _ in range(3):
        with gate.passed():
            pass
    assert clock.pauses_s == [1.0, 1.0]


def test_stop_in_a_pause_leaves_nothing_behind() -> None:
    clock = FakeClock()

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    gate = Gate(Limits(concurrency=1), Clock(monotonic_s=lambda: clock.monotonic_s, sleep=stop))
    with gate.passed() as ticket:
        pass
    gate.throttled(ticket, 5.0)
    with pytest.raises(KeyboardInterrupt), gate.passed():
        pass
    clock.monotonic_s += 5.0
    with gate.passed() as after:
        assert after.in_flight == 1
