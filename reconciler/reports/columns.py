"""Plain tables: columns of texts, for a terminal or a log.

Must never be added: what stands in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def render_columns(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None, color: bool
) -> str:
    """Return a table; rows that are too wide for a terminal are folded in their last column.

    Args:
        columns: what stands above them.
        rows: printable texts, one for each column.
        width: columns of the terminal; None where there is none, and nothing is to be folded.
        color: whether to write escape sequences.
    """
    if width is None and not color:
        return _plain(columns, rows)
    # Here, not above: rich takes longer to import than a small answer.
    from rich.table import Table
    from rich.text import Text

    from reconciler.reports.tables import print_to_text

    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for number, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=0 < number < len(columns) - 1)
    for row in rows:
        table.add_row(*map(Text, row))
    return print_to_text(table, width=width, color=color)


def _plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    lines = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (columns, *rows)
    )
    return "".join(f"{line}\n" for line in lines)
