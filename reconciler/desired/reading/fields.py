"""A field of a document as text: where pallet.toml says that a version or a time stands there.

Must never be added: what the field means.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.desired.reading.paths import find_field
from reconciler.desired.reading.wording import quote, say_value
from reconciler.errors import Problem

if TYPE_CHECKING:
    from reconciler.desired.reading.documents import Document


_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)


class FieldValueError(ValueError):
    """A field is absent or is not what it should be; knows its place in the file."""

    def __init__(self, document: Document, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.document, self.field, self.message = document, field, message

    def problem(self, code: str) -> Problem:
        place = self.document.position(find_field(self.document.value, self.field)[0] or ())
        return Problem(code, self.message, self.document.file, place.line, place.column, path=self.field)


def check_time(text: str) -> str:
    """Return a time as it is written.

    Raises:
        ValueError: it is none, or has no offset from UTC. Spec: RFC 3339, section 5.6.
    """
    try:
        if _TIME.fullmatch(text) and datetime.fromisoformat(text.upper()).tzinfo is not None:
            return text
    except ValueError:
        pass
    raise ValueError(f"not a time: expected RFC 3339 such as 2026-01-31T12:00:00Z, got {quote(text)}")


def read_time_field(document: Document, field: str) -> str:
    """Return the time that stands in a field, as it is written.

    Raises:
        FieldValueError: it is absent, or no time.
    """
    text = read_text_field(document, field)
    try:
        return check_time(text)
    except ValueError as exc:
        raise FieldValueError(document, field, str(exc)) from exc


def read_text_field(document: Document, field: str) -> str:
    """Return the text that stands in a field such as `metadata.version`.

    Raises:
        FieldValueError: it is absent, or a number, a truth value or a list.
    """
    path, value = find_field(document.value, field)
    if path is None:
        raise FieldValueError(document, field, "expected text, got no such field")
    if isinstance(value, str):
        return value
    written = document.written(path)
    as_written = f" (written {written}): quote it" if written is not None else ""
    raise FieldValueError(document, field, f"expected text, got {say_value(value)}{as_written}")
