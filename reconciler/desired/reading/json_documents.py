"""JSON text as plain values, and where its fields stand.

What is decided here: which JSON is accepted: RFC 8259 without duplicate keys, numbers that are none,
lone surrogates and bottomless nesting. Positions come from a scanner of our own, which runs only
over text that the standard library accepted, and only where there is a problem to report.
Must never be added: what a field means.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Final

from reconciler.desired.reading.documents import PROBLEMS_MAX
from reconciler.desired.reading.json_places import TOKEN, scan
from reconciler.desired.reading.wording import SHOWN_MAX_CHARACTERS, Place, quote
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NESTING_MAX_LEVELS: Final = 100
"""The same as for YAML."""

_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DIGITS: Final = re.compile(r"\d{4000,}")


class _Found:
    """What the hooks met; json.loads gives them no position."""

    def __init__(self) -> None:
        self.strange = False

    def take_object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self.strange = True
            return dict(reversed(pairs))  # the first one counts, as its place is the one that is found
        return value

    def take_constant(self, _text: str) -> None:
        self.strange = True

    def take_float(self, text: str) -> float:
        value = float(text)
        self.strange = self.strange or not math.isfinite(value)
        return value


def load(text: str) -> tuple[object, list[Problem]]:
    """Return the value of a JSON document, and everything that is wrong with it.

    The value is only good for finding more that is wrong where each problem is a duplicate key, and means
    nothing where there is another. Problems carry no file.
    """
    if not text.strip():
        return None, [Problem("empty", "the file is empty: expected a JSON document", line=1, column=1)]
    found = _Found()
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=found.take_object,
            parse_constant=found.take_constant,
            parse_float=found.take_float,
        )
    except json.JSONDecodeError as exc:
        return None, [_syntax_problem(exc)]
    except RecursionError:
        return None, [_nesting_problem(text)]
    except ValueError:
        return None, [_digits_problem(text)]
    if _is_too_deep(value, text):
        return None, [_nesting_problem(text)]
    look_again = found.strange or _SURROGATE_ESCAPE.search(text) is not None
    return value, list(itertools.islice(_field_problems(text), PROBLEMS_MAX)) if look_again else []


def _is_too_deep(value: object, text: str) -> bool:
    if text.count("[") + text.count("{") <= NESTING_MAX_LEVELS:
        return False
    level = [value]
    for _ in range(NESTING_MAX_LEVELS):
        level = [child for node in level if isinstance(node, dict | list) for child in _children(node)]
    return any(isinstance(node, dict | list) for node in level)


def _children(node: dict[str, object] | list[object]) -> Iterable[object]:
    return node.values() if isinstance(node, dict) else node


def _syntax_problem(exc: json.JSONDecodeError) -> Problem:
    message = f"not JSON: {exc.msg[:1].lower()}{exc.msg[1:]}".removesuffix(" at")
    line = exc.doc.split("\n")[exc.lineno - 1]
    got = line[exc.colno - 1 : exc.colno + 29].strip()
    message += f", got {quote(got)}" if got else ", got the end of the line"
    return Problem("not-json", message, line=exc.lineno, column=exc.colno)


def _digits_problem(text: str) -> Problem:
    match = _DIGITS.search(text)
    start = match.start() if match else 0
    digits = len(match[0]) if match else 0
    return _at(
        text, start, "number-too-large", f"number too large: got a number of {digits} digits", "quote it"
    )


def _nesting_problem(text: str) -> Problem:
    message = f"nested too deeply: expected at most {NESTING_MAX_LEVELS} levels"
    levels = 0
    for match in TOKEN.finditer(text):
        levels += (match[0] in "[{") - (match[0] in "]}")
        if levels > NESTING_MAX_LEVELS:
            return _at(text, match.start(), "nested-too-deeply", message)
    return _at(text, 0, "nested-too-deeply", message)


def _at(text: str, offset: int, code: str, message: str, fix: str | None = None) -> Problem:
    line = text.count("\n", 0, offset) + 1
    return Problem(code, message, line=line, column=offset - text.rfind("\n", 0, offset), fix=fix)


def _field_problems(text: str) -> Iterator[Problem]:
    for field in scan(text):
        place, key = field.place, field.place.path[-1] if field.place.path else 0
        if field.earlier_line is not None:
            lines = f"in line {field.earlier_line} and again in line {place.line}"
            yield _of_field(
                place, "duplicate-key", f"duplicate key {quote(str(key))}: {lines}", "keep one of the two"
            )
        if field.is_bare and place.written is not None and not _is_finite(place.written):
            message = f"expected a finite number, got {place.written[:SHOWN_MAX_CHARACTERS]}"
            yield _of_field(place, "not-finite", message, "quote it to mean text")
        if any(isinstance(text, str) and _SURROGATE.search(text) for text in (key, place.written)):
            message = "expected Unicode text, got half of a surrogate pair"
            yield _of_field(place, "lone-surrogate", message, "write the character itself, or both halves")


def _is_finite(token: str) -> bool:
    return token in ("true", "false", "null") or math.isfinite(float(token.replace("Infinity", "inf")))


def _of_field(place: Place, code: str, message: str, fix: str) -> Problem:
    return Problem(code, message, line=place.line, column=place.column, fix=fix)
