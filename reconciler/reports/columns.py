"""Plain tables: columns of texts, for a terminal or a log.

Decided here: nothing is cut. Where a terminal is too narrow, the last column is folded below itself as long
as that is readable; otherwise the terminal folds lines, so that digests can be copied whole.
Must never be added: what stands in them.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_GAP = "  "
_LAST_MIN_CHARACTERS = 24
"""Below this a column of prose is a column of words."""


def render_columns(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None, color: bool
) -> str:
    """Return a table.

    Args:
        columns: what stands above them.
        rows: printable texts, one for each column.
        width: columns of the terminal; None where there is none, and nothing is to be folded.
        color: whether to write escape sequences.
    """
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    offset = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    room = None if width is None or width - offset < _LAST_MIN_CHARACTERS else width - offset
    head = next(_lines(columns, widths, None))
    lines = [f"{_DIM}{head}{_PLAIN}" if color else head]
    lines.extend(line for row in rows for line in _lines(row, widths, room))
    return "".join(f"{line}\n" for line in lines)


def _lines(row: Sequence[str], widths: Sequence[int], room: int | None) -> Iterator[str]:
    *cells, last = row
    start = "".join(f"{cell:<{width}}{_GAP}" for cell, width in zip(cells, widths, strict=False))
    first, *others = (wrap(last, room) if room is not None else None) or [last]
    yield (start + first).rstrip()
    yield from (" " * len(start) + other for other in others)
