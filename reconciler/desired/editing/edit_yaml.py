"""Where a scalar stands in a YAML text, to the character.

What stands behind an alias or comes in by a merge stands somewhere else, for others too: it is refused.
Must never be added: a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml import events

from reconciler.desired.editing.edit_splices import Splice
from reconciler.desired.reading import yaml_places
from reconciler.desired.reading.wording import say_path
from reconciler.desired.reading.yaml_documents import LOADER
from reconciler.errors import DocumentError, Problem

if TYPE_CHECKING:
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.reading.wording import FieldPath, Place

_PROPERTIES = re.compile(r"(?:[&!]\S*+(?:\s++|#[^\n]*+)*)*")
"""Anchor and tag, which a scalar's place includes."""


def splice_scalar(document: Document, path: FieldPath, new: str) -> Splice:
    """Return the splice that gives a field of plain or quoted text another text; its quotes stay.

    Args:
        document: as `read_document` understood it.
        path: the field, which is text.
        new: text that means itself in every style of YAML, as a version does.

    Raises:
        DocumentError: the text stands behind an alias, or in a style that cannot be edited.
    """
    place = document.places([path])[path]
    # As YAML counts lines, which is not always as editors do, where problems are shown.
    own = next((found for found in yaml_places.walk(document.text) if found.path == path), None)
    event = None if own is None else _find_event(document.text, own)
    if not isinstance(event, events.ScalarEvent):
        message = "expected the version itself, got one that comes in by an alias or a merge"
        raise _refuse(document, place, path, "behind-alias", message, "write the version out there")
    span = _inner(document.text, event)
    if span is None:
        message = "expected the version in quotes or without, on one line, got another style of YAML"
        raise _refuse(document, place, path, "not-editable", message, "put it in quotes")
    return Splice(*span, new)


def _find_event(text: str, place: Place) -> Any:
    """Return the event of the value: what comes after the key, or is itself at the place in a list."""
    is_next = False
    for event in yaml.parse(text, Loader=LOADER):
        if is_next and isinstance(event, events.NodeEvent):
            return event
        if isinstance(event, events.NodeEvent):
            mark: Any = event.start_mark
            if (mark.line + 1, mark.column + 1) != (place.line, place.column):
                continue
            if place.path and isinstance(place.path[-1], int):
                return event
            # An object begins where its first key does.
            is_next = isinstance(event, events.ScalarEvent) and event.value == place.path[-1]
    return None


def _inner(text: str, event: Any) -> tuple[int, int] | None:
    start, end = event.start_mark.index, event.end_mark.index
    if event.style in ("'", '"'):
        properties = _PROPERTIES.match(text, start)
        assert properties is not None
        return properties.end() + 1, end - 1
    first = end - len(event.value)
    is_plain = event.style in (None, "") and first >= start and text[first:end] == event.value
    return (first, end) if is_plain else None


def _refuse(
    document: Document, place: Place, path: FieldPath, code: str, message: str, fix: str
) -> DocumentError:
    where = say_path(path)
    return DocumentError([Problem(code, message, document.file, place.line, place.column, where, fix)])
