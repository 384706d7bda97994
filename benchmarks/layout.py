"""The embedded store: first push, and the second run that finds everything in sync.

Must never be added: a registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Figure, Table

if TYPE_CHECKING:
    from benchmarks.lab import Lab


def measure(lab: Lab) -> Table:
    """Sync twice into a fresh directory, several times."""
    count = lab.scale.artifacts
    first, second = [], []
    for _ in range(lab.scale.repetitions):
        folder = lab.project(count)
        first.append(count / lab.pallet(folder, "sync", "--target", "local").wall_s)
        second.append(count / lab.pallet(folder, "sync", "--target", "local").wall_s)
    return Table(
        f"Embedded store, {count} workflows",
        [
            Figure("first pallet sync", "artifacts/s", tuple(first), "whole command, synced to the disk"),
            Figure("second pallet sync", "artifacts/s", tuple(second), "whole command, nothing to do"),
        ],
    )
