"""Tables for a terminal, for docs/benchmarks.md, and as JSON.

Must never be added: names of hosts or paths; what is printed is published.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as Grid

from benchmarks.results import Figure, Goal, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.scale import Scale

_COLUMNS = ("what", "median", "lowest to highest", "unit", "remark")
_GIGABYTE = 1_000_000_000
_WIDTH = 130
"""Columns where nobody says how many there are."""


def show(table: Table) -> None:
    """Print one table to stdout."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    grid = Grid(title=table.title, title_justify="left")
    for index, column in enumerate(_COLUMNS):
        grid.add_column(column, justify="right" if index in (1, 2) else "left")
    for figure in table.figures:
        grid.add_row(*_cells(figure))
    console.print(grid)
    for sentence in (*map(_sentence, table.goals), *table.remarks):
        console.print(f"  {sentence}")


def as_json(tables: Sequence[Table], scale: Scale) -> str:
    """Return everything that was measured, every repetition included."""
    document = {"machine": machine(), "scale": asdict(scale), "tables": [asdict(table) for table in tables]}
    return json.dumps(document, indent=2) + "\n"


def as_markdown(tables: Sequence[Table], command: str) -> str:
    """Return docs/benchmarks.md."""
    return "\n".join(_markdown(tables, command)) + "\n"


def machine() -> str:
    """Say in words what the figures were measured on."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return (
        f"{len(os.sched_getaffinity(0))} cores and {memory_bytes / _GIGABYTE:.0f} GB of memory, "
        f"shared by pallet and the registry, {platform.system()}, Python {platform.python_version()}"
    )


def _markdown(tables: Sequence[Table], command: str) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"Written by `{command}`; do not edit it."
    yield f"One run on one machine: {machine()}."
    yield ""
    yield "The registry is a docker-registry (distribution 2.8) on loopback, its storage on the local disk."
    yield "Rates are from the first request to the last answer. Figures of different runs do not compare."
    for table in tables:
        yield ""
        yield f"## {table.title}"
        yield ""
        yield f"| {' | '.join(_COLUMNS)} |"
        yield "|---|--:|--:|---|---|"
        for figure in table.figures:
            yield f"| {' | '.join(_cells(figure))} |"
        if table.goals or table.remarks:
            yield ""
        yield from (f"- {sentence}" for sentence in (*map(_sentence, table.goals), *table.remarks))


def _cells(figure: Figure) -> tuple[str, ...]:
    shown = _spread(figure.values) if len(figure.values) > 1 else ""
    return (figure.what, _number(figure.median), shown, figure.unit, figure.note)


def _sentence(goal: Goal) -> str:
    word = "at most" if goal.at_most else "at least"
    verdict = "reached" if goal.is_reached else "missed"
    spread = f" ({_spread(goal.values)})" if len(goal.values) > 1 else ""
    return (
        f"{verdict}: {goal.what}: {word} {_number(goal.bound)} needed, {_number(goal.got)} measured{spread}"
    )


def _spread(values: Sequence[float]) -> str:
    return f"{_number(min(values))} to {_number(max(values))}"


def _number(value: float) -> str:
    """Three digits that count, no more: the rest is noise."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
