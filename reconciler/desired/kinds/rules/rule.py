"""What a named rule is: its code, what it says, and the pure function that looks for it.

A code is never given to another rule, and never changes what it means: people switch rules off by it.
Must never be added: a rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reconciler.desired.kinds.violations import Spot
    from reconciler.desired.reading.wording import FieldPath
    from reconciler.errors import Severity

CODE: Final = re.compile(r"PLT[0-9]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """What documentation and reports say of a rule."""

    code: str
    """PLT and three digits."""
    name: str
    """A few words with hyphens."""
    severity: Severity
    summary: str
    """What is wrong, in one sentence for somebody who never saw it."""
    bad: str
    """The smallest piece of a file in which it is found."""
    good: str
    """The same piece, put right."""


class TooManyError(ValueError):
    """A document means more than anybody would wait for; says what, and how much was expected at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule found something."""

    path: FieldPath
    message: str
    fix: str | None = None
    spot: Spot | None = None
    """Which words in the text of the field are meant; None for all of it."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and the function that looks for it in what `RuleSet.survey` returns."""

    rule: Rule
    find: Callable[[Any], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules about one sort of document."""

    title: str
    """Whom the rules are about, in the plural."""
    survey: Callable[[object], Any]
    """Reads a document once for all rules; copes with documents that their schema refuses."""
    checks: tuple[Check, ...]
    format: str = "yaml"
    """What the examples are written in."""

    def apply(self, value: object) -> Iterator[Violation]:
        """Yield everything that the rules find in a document."""
        try:
            surveyed = self.survey(value)
        except TooManyError as exc:
            yield Violation((), "too-many", str(exc))
            return
        for check in self.checks:
            rule = check.rule
            for found in check.find(surveyed):
                yield Violation(
                    found.path, rule.code, found.message, found.fix, severity=rule.severity, spot=found.spot
                )


def piece(text: str) -> str:
    """Return an example with one line end behind it."""
    return text.strip("\n") + "\n"
