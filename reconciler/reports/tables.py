"""Rows laid out for a terminal or a log, by rich.

Must never be added: a word about what happened, which is `rows`'.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.reports.rows import Row

LOG_WIDTH = 200
"""Columns where there is no terminal: long lines are for the reader's pager to fold."""

_STYLES = {
    "=": "dim",
    "+": "green",
    "~": "cyan",
    "!": "bold red",
    "?": "yellow",
    "x": "bold red",
    "-": "yellow",
}


def render_rows(rows: Sequence[Row], *, width: int | None, color: bool) -> str:
    """Return the rows as a table.

    Args:
        rows: what to show.
        width: columns of the terminal; None where there is none, and nothing is to be cut.
        color: whether to write escape sequences.
    """
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("artifact", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("registry → wanted", no_wrap=True)
    table.add_column("why, and what next", overflow="fold", ratio=1 if width else None)
    for row in rows:
        style = _STYLES[row.mark]
        why = row.why if row.next is None else f"{row.why}\n→ {row.next}"
        table.add_row(Text(row.mark, style), row.what, Text(row.verdict, style), Text(row.change, "dim"), why)
    return print_to_text(table, width=width, color=color)


def print_to_text(renderable: object, *, width: int | None, color: bool) -> str:
    """Return what rich would print, without trailing blanks."""
    buffer = StringIO()
    Console(
        file=buffer,
        width=width or LOG_WIDTH,
        force_terminal=color,
        no_color=not color,
        highlight=False,
        markup=False,
        color_system="standard" if color else None,
        legacy_windows=False,
    ).print(renderable)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
