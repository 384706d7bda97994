"""Rows laid out for a terminal or a log."""

from __future__ import annotations

import pytest

from reconciler.reports.rows import Row
from reconciler.reports.tables import print_to_text, render_rows

ROWS = [
    Row(
        "+",
        "notes/create:1.0.0, latest",
        "create",
        "– → 5efdd4ae95dc",
        "not in the registry yet",
        None,
        False,
    ),
    Row(
        "!",
        "notes/edited:1.0.0",
        "edited",
        "d9298a10d1b0 → 501ae3c9faf5",
        "you changed it",
        "bump [it]",
        False,
    ),
]

LOG = """\
   artifact                    verdict  registry → wanted            why, and what next
+  notes/create:1.0.0, latest  create   – → 5efdd4ae95dc             not in the registry yet
!  notes/edited:1.0.0          edited   d9298a10d1b0 → 501ae3c9faf5  you changed it
                                                                     → bump [it]
"""


def test_log_shows_exactly_this() -> None:
    assert render_rows(ROWS, width=None, color=False) == LOG


def test_colours_come_only_where_they_are_wanted() -> None:
    assert "\x1b[" not in render_rows(ROWS, width=80, color=False)
    assert "\x1b[32m" in render_rows(ROWS, width=80, color=True)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_terminal_is_never_wider_than_it_is(width: int) -> None:
    assert max(map(len, render_rows(ROWS, width=width, color=False).splitlines())) <= width


def test_square_brackets_are_no_markup() -> None:
    assert print_to_text("[bold]x[/bold] [red]", width=None, color=False) == "[bold]x[/bold] [red]\n"


def test_lines_have_no_trailing_blanks() -> None:
    lines = render_rows(ROWS, width=None, color=False).splitlines()
    assert all(line == line.rstrip() for line in lines)


def test_environment_never_changes_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COLUMNS", "40"), ("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    assert render_rows(ROWS, width=None, color=False) == LOG
