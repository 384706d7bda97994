"""What publishers wrote, as far as a terminal may see it."""

from __future__ import annotations

import pytest

from reconciler.reports.printable import one_line, printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain – text", "plain – text"),
        ("\x1b[31mred\x07", "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"),
        ("a\u202eb\nc", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"),
    ],
)
def test_nothing_is_obeyed(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "–"),
        (" \n\t", "–"),
        ("\n first \nsecond", "first"),
        ("x" * 11, "x" * 9 + "…"),
        ("x" * 10, "x" * 10),
    ],
)
def test_line_is_the_first_and_short(text: str | None, expected: str) -> None:
    assert one_line(text, max_characters=10) == expected
