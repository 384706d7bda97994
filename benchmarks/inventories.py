"""What looking around costs: `list` over many repositories, with a catalog and without, first time and again.

Must never be added: what is done with an inventory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.lab import Lab

WITH_CATALOG_MAX_S = 1.0
"""For 1,000 repositories, the start of the interpreter included."""
_CATALOG = '\n[catalog]\nrepository = "catalog"\n'


def measure(lab: Lab) -> Table:
    """List everything that a project has published to the reference registry."""
    count = lab.scale.artifacts
    lab.clear_registry()
    folder = lab.fresh_project(count)
    with (folder / "pallet.toml").open("a", encoding="utf-8") as config:
        config.write(_CATALOG)
    lab.pallet(folder, "sync", "--target", "registry", "--quiet")
    figures = [
        Figure(f"list, {count} repositories, {what}", "s", _list(lab, folder, *flags, warm=warm))
        for what, flags, warm in (
            ("catalog, first time", (), False),
            ("catalog, again", (), True),
            ("no catalog, first time", ("--no-catalog",), False),
            ("no catalog, again", ("--no-catalog",), True),
        )
    ]
    goals = [
        Goal(f"{figure.what}: seconds", figure.values, WITH_CATALOG_MAX_S, at_most=True)
        for figure in figures[:2]
    ]
    return Table("Looking around", figures, goals, ["`pallet list --format json`, a process each time"])


def _list(lab: Lab, folder: Path, *flags: str, warm: bool) -> tuple[float, ...]:
    """Return seconds of each repetition; a cold one begins without a cache."""
    values = []
    if warm:
        _run(lab, folder, *flags)
    for _ in range(lab.scale.repetitions):
        if not warm:
            lab.forget()
        values.append(_run(lab, folder, *flags))
    return tuple(values)


def _run(lab: Lab, folder: Path, *flags: str) -> float:
    finished = lab.pallet(folder, "list", "--target", "registry", "--format", "json", "--quiet", *flags)
    if '"repository": "' not in finished.output:
        raise RuntimeError(f"expected a list of repositories, got {finished.output[:200]!r}")
    return finished.wall_s
