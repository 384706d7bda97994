"""How much is measured: the whole, or little enough for a minute.

Must never be added: what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of artifacts and repetitions; everything is bounded by these."""

    artifacts: int = 1000
    """How many are pushed and checked at once."""
    repetitions: int = 5
    """Of what is compared; medians and spread are over these."""
    tool_artifacts: int = 50
    """For tools that start a process for each artifact."""
    connections: tuple[int, ...] = (16, 32, 64)
    """Among these the raw client finds the registry's limit."""
    jobs: tuple[int, ...] = (1, 4, 8, 16, 32, 64)
    jobs_repetitions: int = 3
    blob_bytes: int = 1024 * 1024 * 1024
    """Of the one large blob."""
    starts: int = 15
    """Repetitions of what takes a fraction of a second."""

    @property
    def growth(self) -> tuple[int, ...]:
        """Sizes of projects, each ten times the one before."""
        return (max(1, self.artifacts // 10), self.artifacts, self.artifacts * 10)


def quick(artifacts: int) -> Scale:
    """Return a scale for less than a minute, for looking at the benchmarks rather than at pallet."""
    return Scale(
        artifacts=artifacts,
        repetitions=2,
        tool_artifacts=5,
        connections=(16, 32),
        jobs=(4, 16),
        jobs_repetitions=1,
        blob_bytes=128 * 1024 * 1024,
        starts=3,
    )
