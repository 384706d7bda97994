"""Which `--jobs` is best: the same pushes and checks with more and more at once.

On loopback the registry's processor decides. Remote registries answer in tens of milliseconds, so
that more at once is faster there: of numbers that are equal here, the larger is the better default.
Must never be added: the default itself, which is the command line's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Figure, Table

if TYPE_CHECKING:
    from benchmarks.lab import Lab


def measure(lab: Lab) -> Table:
    """Push and check with every number of jobs, by turns; half the artifacts, since the levels are many."""
    count, levels = lab.scale.artifacts // 2, lab.scale.jobs
    pushes: dict[int, list[float]] = {jobs: [] for jobs in levels}
    checks: dict[int, list[float]] = {jobs: [] for jobs in levels}
    for _ in range(lab.scale.jobs_repetitions):
        for jobs in levels:
            folder = lab.fresh_project(count)
            pushes[jobs].append(count / lab.stretch("pallet-push", folder, jobs).seconds)
            checks[jobs].append(count / lab.stretch("pallet-check", folder, jobs).seconds)
    return Table(
        f"--jobs, for {count} workflows",
        [
            *(Figure(f"push, --jobs {jobs}", "artifacts/s", tuple(rates)) for jobs, rates in pushes.items()),
            *(Figure(f"check, --jobs {jobs}", "artifacts/s", tuple(rates)) for jobs, rates in checks.items()),
        ],
    )
