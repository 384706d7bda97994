"""Pieces of a text replaced, and not a character beside them.

Must never be added: what the text means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_INDENT = re.compile(r"[ \t]*+")


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """`text[start:end]` becomes `new`; an insertion where both are the same."""

    start: int
    end: int
    new: str


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with every splice made; they may come in any order, and must not overlap."""
    pieces: list[str] = []
    at = 0
    for splice in sorted(splices):
        assert at <= splice.start <= splice.end, "splices overlap"
        pieces += (text[at : splice.start], splice.new)
        at = splice.end
    return "".join((*pieces, text[at:]))


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that a splice touched, from 0: which they were, and which they became."""

    before: range
    after: range


def touched_lines(text: str, splices: Iterable[Splice]) -> list[Region]:
    """Return the lines that the splices touch, in order; two splices of one line are one region."""
    regions: list[Region] = []
    at = line = shift = 0
    for splice in sorted(splices):
        line += text.count("\n", at, splice.start)
        first = line
        line += text.count("\n", splice.start, splice.end)
        at = splice.end
        start = first + shift
        if regions and first < regions[-1].before.stop:
            first, start = regions[-1].before.start, regions.pop().after.start
        shift += splice.new.count("\n") - text.count("\n", splice.start, splice.end)
        regions.append(Region(range(first, line + 1), range(start, line + 1 + shift)))
    return regions


def line_break_after(text: str, at: int) -> tuple[int, str]:
    """Return where the line ends that `at` is in, and how: as its neighbours do, where it is the last one."""
    end = text.find("\n", at)
    if end < 0:
        return len(text), "\r\n" if "\r\n" in text else "\n"
    return (end - 1, "\r\n") if end > at and text[end - 1] == "\r" else (end, "\n")


def indent_of(text: str, at: int) -> str:
    """Return the white space that the line begins with that `at` is in."""
    match = _INDENT.match(text, text.rfind("\n", 0, at) + 1)
    return match[0] if match else ""
