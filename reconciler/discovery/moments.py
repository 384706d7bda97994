"""Dates as publishers and people write them.

Spec: RFC 3339, of which a date alone is a part. Must never be added: a clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

_DATE_CHARACTERS = len("2026-01-31")


def parse_moment(text: str) -> date | datetime:
    """Read a date, or a date with a time, which then is one in UTC; without a zone it is taken for UTC.

    Raises:
        ValueError: the text is neither.
    """
    stripped = text.strip()
    try:
        if len(stripped) <= _DATE_CHARACTERS:
            return date.fromisoformat(stripped)
        moment = datetime.fromisoformat(stripped)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        shown = repr(text[:40])
        raise ValueError(f"expected a date such as 2026-01-31, got {shown}") from None


def read_moment(text: str) -> datetime | None:
    """Return when something was, in UTC; a date alone is its first moment, None what cannot be read."""
    try:
        moment = parse_moment(text)
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) else at_midnight(moment)


def at_midnight(day: date) -> datetime:
    """Return the first moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
