from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.errors import NotFoundError, UnreachableError
from reconciler.oci.registry.settling import FRESH_S, PAUSES_S, Writes
from tests.oci.registry.situations import DIGEST, TAG, FakeClock


def denying(times: int, error: Exception | None = None) -> Callable[[], str]:
    answers = iter([error or NotFoundError("no such tag")] * times)

    def read() -> str:
        for answer in answers:
            raise answer
        return "there"

    return read


@pytest.mark.parametrize("times", range(len(PAUSES_S) + 1))
def test_what_was_written_is_waited_for(times: int) -> None:
    clock = FakeClock()
    writes = Writes(clock.clock())
    writes.note("a", TAG)
    assert writes.read("a", TAG, denying(times)) == "there"
    assert tuple(clock.pauses_s) == PAUSES_S[:times]


def test_waiting_ends() -> None:
    clock = FakeClock()
    writes = Writes(clock.clock())
    writes.note("a", TAG)
    with pytest.raises(NotFoundError):
        writes.read("a", TAG, denying(len(PAUSES_S) + 1))
    assert tuple(clock.pauses_s) == PAUSES_S


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda writes, _: None, id="nothing-written"),
        pytest.param(lambda writes, _: writes.note("b", TAG), id="another-repository"),
        pytest.param(lambda writes, _: writes.note("a", DIGEST), id="another-reference"),
        pytest.param(lambda writes, _: (writes.note("a", TAG), writes.forget("a")), id="deleted"),
        pytest.param(lambda writes, clock: (writes.note("a", TAG), clock.sleep(FRESH_S)), id="long-ago"),
    ],
)
def test_other_absence_is_believed_at_once(prepare: Callable[[Writes, FakeClock], object]) -> None:
    clock = FakeClock()
    writes = Writes(clock.clock())
    prepare(writes, clock)
    clock.pauses_s.clear()
    with pytest.raises(NotFoundError):
        writes.read("a", TAG, denying(1))
    assert clock.pauses_s == []


def test_other_failures_are_not_waited_for() -> None:
    clock = FakeClock()
    writes = Writes(clock.clock())
    writes.note("a", TAG)
    with pytest.raises(UnreachableError):
        writes.read("a", TAG, denying(1, UnreachableError("down")))
    assert clock.pauses_s == []


def test_way_is_given_for_longer_each_time() -> None:
    clock = FakeClock()
    writes = Writes(clock.clock())
    for times in range(4):
        writes.give_way(times)
    assert clock.pauses_s == pytest.approx([0.2, 0.4, 0.8, 1.6])
