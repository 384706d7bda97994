"""Where a text stands in a JSON document, to the character.

Must never be added: a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.desired.editing.edit_splices import Splice
from reconciler.desired.reading.json_places import TOKEN

if TYPE_CHECKING:
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.reading.wording import FieldPath


def splice_string(document: Document, path: FieldPath, new: str) -> Splice:
    """Return the splice that gives a field of text another text.

    Args:
        document: as `read_document` understood it.
        path: the field, which is text.
        new: text without characters that JSON escapes, as a version is.
    """
    place = document.places([path])[path]
    assert place.path == path, "JSON has no aliases: what was read stands somewhere"
    tokens = TOKEN.finditer(document.text, _offset(document.text, place.line, place.column))
    if path and isinstance(path[-1], str):
        next(tokens), next(tokens)  # the key and its colon
    value = next(tokens)
    return Splice(value.start() + 1, value.end() - 1, new)


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1
