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

NARROW_COLUMNS = 60
"""Below this a table would break names apart: plain lines are folded by the terminal instead."""

_HEADER = ("", "artifact", "verdict", "registry → wanted")
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
    if (width is None and not color) or (width is not None and width < NARROW_COLUMNS):
        return _render_plain(rows)
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


def _render_plain(rows: Sequence[Row]) -> str:
    """Return the same columns for a log: nothing is cut or folded, and 10,000 rows cost little."""
    cells = [_HEADER, *((row.mark, row.what, row.verdict, row.change) for row in rows)]
    whys = ["why, and what next", *(row.why for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    indent = " " * (sum(widths) + 2 * len(widths))
    lines = []
    for texts, why, row in zip(cells, whys, [None, *rows], strict=True):
        columns = "".join(f"{text:<{width}}  " for text, width in zip(texts, widths, strict=True))
        first, *rest = why.split("\n")
        lines.extend([columns + first, *(indent + more for more in rest)])
        if row is not None and row.next is not None:
            lines.append(f"{indent}→ {row.next}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


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
