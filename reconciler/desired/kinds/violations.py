"""A way in which a value is not what its schema says, apart from the library that finds it.

Must never be added: jsonschema, or how a violation is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import Severity

if TYPE_CHECKING:
    from reconciler.desired.reading.wording import FieldPath


@dataclass(frozen=True, slots=True)
class Spot:
    """Words in a text, for texts of several lines."""

    word: str
    """What stands there; it is no longer in the file than in the text."""
    offset: int
    """Where in the text, in characters from 0."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value is not what its schema says."""

    path: FieldPath
    """The field; for a key that is missing, the object that misses it."""
    code: str
    """A stable word, such as `unknown-key`, `missing-key`, `wrong-type`, `not-allowed`."""
    message: str
    """Expected X, got Y; without the path."""
    fix: str | None = None
    wants_text: bool = False
    """Text was expected and something else read: how it was written is worth saying."""
    severity: Severity = Severity.ERROR
    spot: Spot | None = None
    """Which words in the text of the field are meant; None for all of it."""
