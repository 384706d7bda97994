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
