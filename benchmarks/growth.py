"""Time and memory from small projects to large ones, with the embedded store.

A straight line means that the cost of one artifact stays what it is. Must never be added: a
registry, whose disk would be measured with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.lab import Lab
    from benchmarks.processes import Finished

MEMORY_MAX_MB = 300.0
STEEPEST = 1.3
"""How much more than in the project before one artifact more may cost: a tenth of the artifacts, measured
on a noisy machine, says no more than this."""
_COMMANDS = (("lock",), ("sync", "--target", "local"), ("check", "--target", "local"))
_MEGABYTE = 1_000_000
_MEMORY = "memory is the peak of the process; below that of the one that measures it is only an upper bound"


def measure(lab: Lab) -> Table:
    """Run each command on every size; `sync` is a first push, `check` finds everything in sync."""
    sizes = lab.scale.growth
    runs = {size: _run(lab, size) for size in sizes}
    figures: list[Figure] = []
    goals: list[Goal] = []
    for index, (command, *_) in enumerate(_COMMANDS):
        finished = [runs[size][index] for size in sizes]
        figures.extend(_figures(command, list(zip(sizes, finished, strict=True))))
        goals.append(
            Goal(
                f"{command}: last slope, of the one before", (_bend(sizes, finished),), STEEPEST, at_most=True
            )
        )
        goals.append(
            Goal(
                f"{command}: MB for {sizes[-1]} artifacts",
                (finished[-1].peak_bytes / _MEGABYTE,),
                MEMORY_MAX_MB,
                at_most=True,
            )
        )
    return Table("Growth, with the embedded store", figures, goals, [_MEMORY])


def _run(lab: Lab, size: int) -> list[Finished]:
    folder = lab.project(size)
    lab.forget()  # or the smaller projects' files are known, and the largest one's are not
    return [lab.pallet(folder, *command) for command in _COMMANDS]


def _figures(command: str, runs: list[tuple[int, Finished]]) -> Iterator[Figure]:
    for size, finished in runs:
        each_ms = 1000 * finished.wall_s / size
        peak = f"{finished.peak_bytes / _MEGABYTE:.0f} MB, {each_ms:.2f} ms for each artifact"
        yield Figure(f"pallet {command}, {size} artifacts", "s", (finished.wall_s,), peak)


def _bend(sizes: tuple[int, ...], finished: list[Finished]) -> float:
    """Return how much steeper the line of processor time is at its end than before; 1 for a straight one."""
    small, middle, large = (item.processor_s for item in finished)
    before = (middle - small) / (sizes[1] - sizes[0])
    return (large - middle) / (sizes[2] - sizes[1]) / before
