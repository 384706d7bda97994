"""The expressions in a workflow's texts, `{{ steps.plan.outputs.result }}`, and the steps that they name.

Texts are read as Jinja reads them: `{{ … }}` and `{% … %}` are code, `{# … #}` and `{% raw %}` are not, and
neither is text in quotes. Nothing is evaluated: what code may say beyond naming steps is the consumer's.
Every text is read in linear time, whatever is in it. Must never be added: which steps there are.

Spec: Jinja 3.1, "Template Designer Documentation".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENED, CLOSED = "{{", "}}"
STEPS: Final = "steps"

# Quoted text ends with its quote or with the code that it stands in: what never fails never goes back.
_MENTION: Final = re.compile(
    r"""(?<![\w.\]])steps\s*
        (?: \.\s*get\s*\(\s*(?P<get_quote>['"])(?P<asked>[^'"]{1,200})(?P=get_quote)
          | \.\s*(?P<called>[\w-]+)\s*\(
          | \.\s*(?P<name>[\w-]+)
          | \[\s*(?P<quote>['"])(?P<quoted>[^'"]{1,200})(?P=quote)\s*\] )
        (?: \s*\.\s*outputs
            (?: \s*\.\s*(?P<output>[A-Za-z_][\w-]*) | \[\s*['"](?P<quoted_output>[^'"]{1,200})['"]\s*\] )? )?
      | '[^'\\]*(?:\\.[^'\\]*)*\\?(?:'|\Z) | "[^"\\]*(?:\\.[^"\\]*)*\\?(?:"|\Z) """,
    re.VERBOSE | re.DOTALL,
)
"""A step that is named, or text in quotes, which is passed over. A call such as `steps.keys()` names none."""
_TOLERANT: Final = re.compile(r"\|\s*default\b|\bor\b|\?\?|\|\||\bis\s+(?:not\s+)?defined\b")
_BEGIN: Final = re.compile(r"\{[{%#]")
_ENDS: Final = {OPENED: CLOSED, "{%": "%}", "{#": "#}"}
_RAW: Final = re.compile(r"[-+]?\s*raw\s*[-+]?\Z")
_RAW_END: Final = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_TOKEN: Final = re.compile(r"""['"{}]|%\}""")
_QUOTED: Final = {
    "'": re.compile(r"[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL),
    '"': re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A step that an expression names."""

    step: str
    output: str | None
    """What follows `outputs`, where something does."""
    is_tolerant: bool
    """Whether the expression says what to take where the step has nothing."""
    offset: int = 0
    """Where in the text it begins."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says in its expressions."""

    mentions: tuple[Mention, ...] = ()
    """Each once, in the order of the text."""
    unclosed: int | None = None
    """Where an expression begins that never ends; None where all do."""


NOTHING: Final = Reading()


def read_text(text: str, *, is_code: bool = False) -> Reading:
    """Return what the expressions of a text say.

    Args:
        text: any text.
        is_code: whether text without braces is an expression itself, as conditions may be.
    """
    if "{{" not in text and "{%" not in text:
        return Reading(_unique(_mentions(text, 0))) if is_code and STEPS in text else NOTHING
    scanner = _Scanner(text)
    return Reading(_unique(scanner.mentions()), scanner.unclosed)


def has_expression(text: str) -> bool:
    """Say whether a text is only known when something ran: whether it has an expression or a statement."""
    return ("{{" in text or "{%" in text) and any(True for _ in _Scanner(text).code())


def _unique(mentions: Iterator[Mention]) -> tuple[Mention, ...]:
    first: dict[Mention, Mention] = {}
    for mention in mentions:
        first.setdefault(replace(mention, offset=0), mention)
    return tuple(first.values())


def _mentions(code: str, start: int) -> Iterator[Mention]:
    if STEPS not in code:
        return
    is_tolerant = _TOLERANT.search(code) is not None
    for match in _MENTION.finditer(code):
        step = match["name"] or match["quoted"] or match["asked"]
        if step is not None and not step.isdigit():
            output = match["output"] or match["quoted_output"]
            tolerant = is_tolerant or match["asked"] is not None
            yield Mention(step, output, tolerant, start + match.start())


class _Scanner:
    """One pass over a text: what is code in it, from where to where."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._never_closed = ""
        """Quotes after which none of the kind follows: all later ones of it are escaped, or stand alone."""
        self._is_plain = False
        """Whether quotes and braces say nothing, since an expression had no end while they did."""
        self._missing: set[str] = set()
        """Ends that are not found any more, so that nobody looks for them again."""
        self.unclosed: int | None = None

    def mentions(self) -> Iterator[Mention]:
        for start, end in self.code():
            yield from _mentions(self._text[start:end], start)

    def code(self) -> Iterator[tuple[int, int]]:
        """Yield where each expression and statement begins and ends, without its braces."""
        text = self._text
        found = _BEGIN.search(text)
        while found is not None:
            start = found.end()
            closed = _ENDS[found[0]]
            end = self._find("#}", start) if closed == "#}" else self._end(start, closed)
            if end < 0 and closed == CLOSED:
                self.unclosed = found.start()
                return
            if end >= 0 and closed != "#}":
                yield start, end
            after = start if end < 0 else self._after(start, end, closed)
            found = _BEGIN.search(text, after)

    def _after(self, start: int, end: int, closed: str) -> int:
        """Return where text goes on: after `{% raw %}`, behind all that stands there as it is."""
        if closed == "%}" and "endraw" not in self._missing and _RAW.match(self._text, start, end):
            found = _RAW_END.search(self._text, end + 2)
            if found is not None:
                return found.end()
            self._missing.add("endraw")
        return end + 2

    def _end(self, start: int, closed: str) -> int:
        if not self._is_plain:
            end = self._end_of_code(start, closed)
            if end >= 0:
                return end
            self._is_plain = True
        return self._find(closed, start)

    def _find(self, mark: str, start: int) -> int:
        end = -1 if mark in self._missing else self._text.find(mark, start)
        if end < 0:
            self._missing.add(mark)
        return end

    def _end_of_code(self, start: int, closed: str) -> int:
        """Return where code ends; -1 where it does not. Quoted text and inner braces belong to it."""
        depth, token = 0, _TOKEN.search(self._text, start)
        while token is not None:
            mark, after = token[0], token.end()
            if mark in _QUOTED:
                after = self._after_quoted(mark, after)
            elif mark == "{":
                depth += 1
            elif mark == "%}":
                if closed == "%}":
                    return token.start()
            elif depth:
                depth -= 1
            elif closed == CLOSED and self._text.startswith(CLOSED, token.start()):
                return token.start()
            token = _TOKEN.search(self._text, after)
        return -1

    def _after_quoted(self, quote: str, at: int) -> int:
        if quote in self._never_closed:
            return at
        found = _QUOTED[quote].match(self._text, at)
        if found is not None:
            return found.end()
        self._never_closed += quote
        return at
