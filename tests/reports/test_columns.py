"""Tables in which nothing is cut."""

from __future__ import annotations

import pytest

from reconciler.reports.columns import render_columns

ROWS = [("a", "one two three four five six"), ("bcd", "")]


@pytest.mark.parametrize("width", [None, 10, 200])
def test_lines_are_not_folded(width: int | None) -> None:
    text = render_columns(("x", "why"), ROWS, width=width, color=False)

    assert text == "x    why\na    one two three four five six\nbcd\n"


def test_last_column_is_folded_below_itself() -> None:
    text = render_columns(("x", "why"), ROWS, width=29, color=False)

    assert text == "x    why\na    one two three four five\n     six\nbcd\n"


def test_only_the_head_is_coloured() -> None:
    head, *rows = render_columns(("x", "why"), ROWS, width=None, color=True).splitlines()

    assert head == "\x1b[2mx    why\x1b[0m"
    assert not any("\x1b" in row for row in rows)
