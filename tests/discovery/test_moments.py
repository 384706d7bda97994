"""Dates as publishers and people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reconciler.discovery.moments import parse_moment, read_moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T10:00:00+02:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        (" 2026-01-31T10:00:00.5 ", datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_dates_are_read(text: str, expected: date) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "0001-01-01T00:00:00+14:00", "\x1b[31m"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a date such as 2026-01-31, got '[ -~]*'$"):
        parse_moment(text)


def test_moment_of_a_day_is_its_first() -> None:
    assert read_moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert read_moment("soon") is None
