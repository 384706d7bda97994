"""The expressions in a workflow's texts, `{{ steps.plan.outputs.result }}`, and the steps that they name.

Nothing is evaluated: what an expression may say beyond naming steps is the consumer's.
Must never be added: which steps there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENED, CLOSED = "{{", "}}"

_MENTION: Final = re.compile(
    r"""(?<![\w.\]])steps\s*
        (?: \.\s*(?P<name>[\w-]+) | \[\s*(?P<quote>['"])(?P<quoted>[^'"]{1,200})(?P=quote)\s*\] )
        (?: \s*\.\s*outputs
            (?: \s*\.\s*(?P<output>[A-Za-z_][\w-]*) | \[\s*['"](?P<quoted_output>[^'"]{1,200})['"]\s*\] )? )?
      | '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" """,
    re.VERBOSE | re.DOTALL,
)
"""A step that is named, or text in quotes, which is passed over."""
_TOLERANT: Final = re.compile(r"\|\s*default\b|\bor\b|\?\?|\|\||\bis\s+(?:not\s+)?defined\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """A step that an expression names."""

    step: str
    output: str | None
    """What follows `outputs`, where something does."""
    is_tolerant: bool
    """Whether the expression says what to take where the step has nothing."""


def find_mentions(text: str) -> Iterator[Mention]:
    """Yield every step that the expressions of a text name, in their order."""
    for expression in _expressions(text):
        yield from mentions_of(expression)


def mentions_of(expression: str) -> Iterator[Mention]:
    """Yield every step that an expression without its braces names."""
    if "steps" not in expression:
        return
    is_tolerant = _TOLERANT.search(expression) is not None
    for match in _MENTION.finditer(expression):
        step = match["name"] or match["quoted"]
        if step is not None and not step.isdigit():
            yield Mention(step, match["output"] or match["quoted_output"], is_tolerant)


def is_unclosed(text: str) -> bool:
    """Say whether an expression begins that never ends."""
    start = text.rfind(OPENED)
    return start >= 0 and text.find(CLOSED, start) < 0


def _expressions(text: str) -> Iterator[str]:
    # By hand: a regular expression would look for the end again from every beginning.
    start = text.find(OPENED)
    while start >= 0:
        end = text.find(CLOSED, start)
        if end < 0:
            return
        yield text[start + len(OPENED) : end]
        start = text.find(OPENED, end)
