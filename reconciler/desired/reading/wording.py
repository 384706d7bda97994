"""How fields and values are said in messages: short, on one line, safe to print.

Must never be added: what is right or wrong about a value.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from reconciler.desired.reading.dates import DateText

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FieldPath: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys of objects and indexes of lists, from the top."""

SHOWN_MAX_CHARACTERS = 60
"""Enough to recognise a value by; a message stays on one line of a terminal."""
_SHOWN_MAX_BITS = 256


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands in its file, and how its scalar was written there."""

    path: FieldPath
    line: int
    """1 for the first line; for a field of an object, the line of its key."""
    column: int
    """1 for the first character."""
    written: str | None
    """The scalar as the file has it, such as `1.10`; None for lists and objects."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where what a field says was written, which aliases and merges of YAML may use elsewhere."""

    place: Place
    key: tuple[int, int]
    """Line and column of the field itself; those of `place` where no alias is its value."""
    used: tuple[int, int] | None = None
    """Line and column of the alias or merge that brings it there; None where it was written there."""
    span: tuple[int, int] | None = None
    """Where a scalar of several lines begins and ends in the file, in characters from 0."""


def say_path(path: FieldPath) -> str:
    """Return a path as people write it: `steps[0].timeout`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if part and "." not in part and part.isprintable() else quote(part)
            text += f".{name}" if text else name
    return text


def quote(text: str) -> str:
    """Return text in quotes, control characters escaped, cut where it is long."""
    cut = text[:SHOWN_MAX_CHARACTERS]
    return repr(cut) if len(text) <= SHOWN_MAX_CHARACTERS else f"{cut!r}…"


def say_value(value: object) -> str:
    """Return a value as a message names it, with its type: `the number 1.1`, `a list of 3`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() if value.bit_length() > _SHOWN_MAX_BITS:
            return f"a number of {value.bit_length()} bits"
        case int() | float():
            return f"the number {value}"
        case DateText():
            return f"the date {value[:SHOWN_MAX_CHARACTERS]}"
        case str():
            return f"the text {quote(value)}" if value else "empty text"
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case dict():
            return f"an object with {_count(len(value), 'key')}" if value else "an empty object"
        case _:
            # Dates and times, which TOML has and JSON has not.
            return f"the {type(value).__name__} {value}"


def near_key(text: object, known: Iterable[str], *, closeness: float = 0.7) -> str | None:
    """Return the known word that a text is probably a misspelling of; None where it is not near any.

    Args:
        text: what was written.
        known: what could have been meant.
        closeness: from 0 to 1; 0.85 still takes two letters swapped in a word of seven.
    """
    if not isinstance(text, str) or len(text) > SHOWN_MAX_CHARACTERS:
        return None
    return next(iter(difflib.get_close_matches(text, known, 1, closeness)), None)


def say_choices(choices: Sequence[object]) -> str:
    """Return allowed values as a list: `low, medium, high`; at most twenty of them."""
    shown = [_say_literal(choice)[:SHOWN_MAX_CHARACTERS] for choice in choices[:20]]
    return ", ".join(shown) + (", …" if len(choices) > 20 else "")


def _say_literal(value: object) -> str:
    match value:
        case str():
            return value if value.isprintable() and value else quote(value)
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return say_value(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
