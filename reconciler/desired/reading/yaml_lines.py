"""Lines as editors and git count them, where YAML counts more: it ends lines at U+0085, U+2028 and U+2029.

Spec: YAML 1.1, section 5.4 (which libyaml follows); YAML 1.2 took these out.
Must never be added: what stands in a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reconciler.desired.reading.wording import Place
    from reconciler.errors import Problem

_OF_YAML: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_OF_EDITORS: Final = re.compile("\r\n|[\r\n]")
_DISPUTED: Final = re.compile("[\x85\u2028\u2029]")


def as_editors_count(places: Iterable[Place], text: str) -> Iterator[Place]:
    """Yield places with lines and columns as editors have them."""
    if not _DISPUTED.search(text):
        yield from places
        return
    count = _Count(text)
    for place in places:
        line, column = count.convert(place.line, place.column)
        yield replace(place, line=line, column=column)


def as_editors_see(problem: Problem, text: str) -> Problem:
    """Return a problem with the line and column that editors have."""
    if problem.line is None or problem.column is None or not _DISPUTED.search(text):
        return problem
    line, column = _Count(text).convert(problem.line, problem.column)
    return replace(problem, line=line, column=column)


def editor_count(text: str) -> Callable[[int, int], tuple[int, int]]:
    """Return what turns a line and a column of YAML into those of editors."""
    return _Count(text).convert if _DISPUTED.search(text) else lambda line, column: (line, column)


class EditorLines:
    """The beginnings of lines, as editors count them."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _OF_EDITORS.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, from 1, of a character, from 0."""
        number = bisect_right(self._starts, offset)
        return number, offset - self._starts[number - 1] + 1


class _Count:
    """The beginnings of lines, counted in both ways."""

    def __init__(self, text: str) -> None:
        self._yaml = [0, *(match.end() for match in _OF_YAML.finditer(text))]
        self._editor = EditorLines(text)

    def convert(self, line: int, column: int) -> tuple[int, int]:
        offset = self._yaml[min(line, len(self._yaml)) - 1] + column - 1
        return self._editor.position(offset)
