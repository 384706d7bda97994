"""Violations as problems in a file: each at the text that is wrong, told once, and not without end.

Decided here: what is said where an alias or a merge of YAML uses a text elsewhere; which line of a text
counts; how many problems of one sort are worth reading. Must never be added: what is wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.rules.ignoring import Comments
from reconciler.desired.reading.wording import quote, say_path
from reconciler.desired.reading.yaml_lines import EditorLines
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.desired.kinds.violations import Spot, Violation
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.reading.wording import FieldPath, Origin

PROBLEMS_MAX: Final = 100
"""Of one code in one file: nobody reads more, and a hostile file has millions."""
_USES_MAX: Final = 3
_OF_KEYS: Final = frozenset({"unknown-key", "invalid-key"})
"""Codes that are about a key, wherever its value was written."""


def report(document: Document, violations: Sequence[Violation]) -> list[Problem]:
    """Return violations with their places in the file, in the order of its lines.

    Comments in the file are heeded; of equal problems of one text that is used several times, one is told.
    """
    if not violations:
        return []
    found = _Placing(document, violations).run()
    found.sort(key=lambda each: each.position)
    return [each.problem for each in _capped(found)]


@dataclass(slots=True)
class _Placed:
    """A problem, and the lines in which its text is used by an alias or a merge."""

    problem: Problem
    position: tuple[int, int]
    uses: list[int]


class _Placing:
    """All violations of one document."""

    def __init__(self, document: Document, violations: Sequence[Violation]) -> None:
        self._document, self._violations = document, violations
        self._origins = document.origins(violation.path for violation in violations)
        self._comments = Comments(document)
        self._spots = _Spots(document)

    def run(self) -> list[_Placed]:
        placed: dict[tuple[object, ...], _Placed] = {}
        for violation in self._violations:
            origin = self._origins[violation.path]
            home = (origin.place.line, origin.place.column)
            if violation.code in _OF_KEYS:
                home = origin.key
            used = [] if origin.used is None or origin.used == home else [origin.used[0]]
            if self._comments.ignore(violation.code, [home[0], origin.key[0], *used]):
                continue
            position = self._spots.find(violation, origin) or home
            # The same words of one text are one mistake, whoever reads them.
            said = violation.spot or (violation.message, violation.fix, violation.severity)
            key = (violation.code, position, said)
            known = placed.get(key)
            if known is None:
                placed[key] = _Placed(self._problem(violation, origin, position), position, used)
            elif len(known.uses) <= _USES_MAX:
                known.uses += [line for line in used if line not in known.uses]
        return [_with_uses(each) for each in placed.values()]

    def _problem(self, violation: Violation, origin: Origin, position: tuple[int, int]) -> Problem:
        message, place = violation.message, origin.place
        if violation.wants_text:
            is_here = place.written is not None and place.path == violation.path
            written = quote(place.written or "")[1:-1] if is_here else ""
            # A number may be shown as it was written.
            message += f" (written {written})" if written and not message.endswith(f" {written}") else ""
        return Problem(
            code=violation.code,
            message=message,
            file=self._document.file,
            line=position[0],
            column=position[1],
            path=say_path(violation.path) or None,
            fix=violation.fix,
            severity=violation.severity,
        )


def _with_uses(placed: _Placed) -> _Placed:
    if placed.uses:
        shown = [str(line) for line in placed.uses[:_USES_MAX]]
        more = ", …" if len(placed.uses) > _USES_MAX else ""
        lines = f"line {shown[0]}" if len(shown) == 1 else f"lines {', '.join(shown)}{more}"
        problem = placed.problem
        placed.problem = replace(problem, message=f"{problem.message} (used in {lines})")
    return placed


def _capped(found: Sequence[_Placed]) -> Iterator[_Placed]:
    """Yield the first problems of each code, and instead of the others of it how many there are."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.problem.code] = counts.get(each.problem.code, 0) + 1
    shown = dict.fromkeys(counts, 0)
    for each in found:
        code = each.problem.code
        shown[code] += 1
        if shown[code] <= PROBLEMS_MAX:
            yield each
        elif shown[code] == PROBLEMS_MAX + 1:
            message = f"and {counts[code] - PROBLEMS_MAX:,} more of this sort, which are not shown"
            each.problem = replace(each.problem, message=message, path=None, fix=None)
            yield each


class _Spots:
    """Words in texts of several lines, as the file has them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines: EditorLines | None = None
        self._known: dict[tuple[tuple[int, int], str], tuple[list[int], list[int]]] = {}

    def find(self, violation: Violation, origin: Origin) -> tuple[int, int] | None:
        """Return line and column of the words; None where the text has one line, or spells them otherwise."""
        spot, span = violation.spot, origin.span
        if spot is None or span is None or origin.place.path != violation.path:
            return None
        key = (span, spot.word)
        if key not in self._known:
            text = _value_at(self._document.value, violation.path)
            source = list(_offsets(self._document.text[span[0] : span[1]], spot.word))
            self._known[key] = (list(_offsets(text, spot.word)), source)
        return self._position(self._known[key], spot, span[0])

    def _position(self, known: tuple[list[int], list[int]], spot: Spot, start: int) -> tuple[int, int] | None:
        in_text, in_source = known
        number = bisect_left(in_text, spot.offset)
        if len(in_text) != len(in_source) or number >= len(in_text) or in_text[number] != spot.offset:
            return None
        if self._lines is None:
            self._lines = EditorLines(self._document.text)
        return self._lines.position(start + in_source[number])


def _value_at(value: Any, path: FieldPath) -> str:
    for part in path:
        value = value[part]
    return value if isinstance(value, str) else ""


def _offsets(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))
