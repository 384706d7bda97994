"""Reading, checking and building every file, with nothing remembered and again.

With a lock, which is read too. Must never be added: a registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.lab import Lab

FIRST_MAX_S, AGAIN_MAX_S = 10.0, 3.0
"""For 10,000 small workflows, on two cores."""
_GOALS_FOR = 10_000


def measure(lab: Lab) -> Table:
    """Validate projects of two sizes, several times without and with what was remembered."""
    figures: list[Figure] = []
    goals: list[Goal] = []
    for size in lab.scale.growth[1:]:
        folder = lab.project(size)
        lab.pallet(folder, "lock")
        first, again = [], []
        for _ in range(lab.scale.jobs_repetitions):
            lab.forget()
            first.append(_validate(lab, folder))
            again.append(_validate(lab, folder))
        figures.append(
            Figure(f"first pallet validate, {size} workflows", "s", tuple(first), _each(first, size))
        )
        figures.append(Figure(f"again, {size} workflows", "s", tuple(again), _each(again, size)))
        if size == _GOALS_FOR:
            goals.append(Goal(f"first: seconds for {size}", tuple(first), FIRST_MAX_S, at_most=True))
            goals.append(Goal(f"again: seconds for {size}", tuple(again), AGAIN_MAX_S, at_most=True))
    remark = "whole commands, start and the lock of the project included; nothing is sent anywhere"
    return Table("Validating and building", figures, goals, [remark])


def _validate(lab: Lab, folder: Path) -> float:
    return lab.pallet(folder, "validate").wall_s


def _each(seconds: list[float], size: int) -> str:
    return f"{1000 * min(seconds) / size:.2f} ms for each file at best"
