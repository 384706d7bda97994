"""A field of a document as text: where pallet.toml says that a version or a time stands there.

Must never be added: what the field means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.desired.paths import find_field
from reconciler.desired.wording import FieldPath, say_value
from reconciler.errors import Problem

if TYPE_CHECKING:
    from reconciler.desired.documents import Document


class FieldValueError(ValueError):
    """A field is absent or is not what it should be; knows its place in the file."""

    def __init__(self, document: Document, field: str, message: str, *, path: FieldPath = ()) -> None:
        super().__init__(f"{field}: {message}")
        self.document, self.field, self.message, self.path = document, field, message, path

    def problem(self, code: str) -> Problem:
        place = self.document.position(self.path)
        return Problem(code, self.message, self.document.file, place.line, place.column, path=self.field)


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
    raise FieldValueError(document, field, f"expected text, got {say_value(value)}{as_written}", path=path)
