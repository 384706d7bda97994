"""Where the fields of a JSON document stand, found by scanning it again.

The scanner trusts that the text is JSON: it runs only over what the standard library accepted, and
only where there is a problem to report. (A YAML parser cannot be asked: tabs are legal in JSON.)
Must never be added: values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.desired.reading.wording import FieldPath, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the document, as it was met."""

    place: Place
    is_bare: bool
    """A number or a word: no text, list or object."""
    earlier_line: int | None
    """Where its object had the same key before."""


class _Open:
    """A list or an object that is still open."""

    __slots__ = ("earlier_line", "key", "lines", "mark", "path")

    def __init__(self, path: FieldPath, *, is_list: bool) -> None:
        self.path = path
        self.key: str | int | None = 0 if is_list else None
        self.mark: tuple[int, int] | None = None
        self.lines: dict[str, int] = {}
        self.earlier_line: int | None = None

    def take_key(self, key: str, mark: tuple[int, int]) -> None:
        self.key, self.mark = key, mark
        self.earlier_line = self.lines.get(key)
        self.lines.setdefault(key, mark[0])

    def advance(self) -> None:
        self.key = self.key + 1 if isinstance(self.key, int) else None


def walk(text: str) -> Iterator[Place]:
    """Yield the place of every field, in document order."""
    for field in scan(text):
        yield field.place


def scan(text: str) -> Iterator[Field]:
    """Yield every field, in document order."""
    stack: list[_Open] = []
    for piece, mark in _pieces(text):
        top = stack[-1] if stack else None
        if piece in "]}":
            stack.pop()
        elif piece == ",":
            assert top is not None
            top.advance()
        elif top is not None and top.key is None:
            top.take_key(json.loads(piece), mark)
        elif piece != ":":
            field = _field(top, piece, mark)
            yield field
            if piece in "[{":
                stack.append(_Open(field.place.path, is_list=piece == "["))


def _field(top: _Open | None, piece: str, mark: tuple[int, int]) -> Field:
    path: FieldPath = ()
    earlier_line = None
    if top is not None and top.key is not None:
        path, mark, earlier_line = (*top.path, top.key), top.mark or mark, top.earlier_line
    is_bare = piece[0] not in '"[{'
    written = None if piece in "[{" else piece if is_bare else json.loads(piece)
    return Field(Place(path, mark[0], mark[1], written), is_bare, earlier_line)


def _pieces(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    line, line_start, last = 1, 0, 0
    for match in TOKEN.finditer(text):
        start = match.start()
        newlines = text.count("\n", last, start)
        if newlines:
            line, line_start = line + newlines, text.rfind("\n", 0, start) + 1
        last = start
        yield match[0], (line, start - line_start + 1)
