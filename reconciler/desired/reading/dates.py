"""Text that a reader of YAML 1.1 takes for a date: kept as it was written, and known for what it is.

Must never be added: reading a date, or where one may stand.
"""

from __future__ import annotations


class DateText(str):
    """A date or a time as a file has it, without quotes; text for everything but the check of its type."""

    __slots__ = ()
