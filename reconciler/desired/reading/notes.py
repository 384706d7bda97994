"""What was found out about one document already, so that nobody works it out twice.

Must never be added: how it is found out, or where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.errors import Problem


@dataclass(slots=True)
class Notes:
    """Filled in by whoever checks and describes the document as files of `kind`."""

    kind: object
    """These notes are about the document as a file of this kind, and of no other."""
    problems: tuple[Problem, ...] | None = None
    """What is wrong with it, without the file's name; None where nobody has looked."""
    annotations: Mapping[str, str] | None = None
    """What the kind takes from it; None where nobody has looked."""
    asked: object = None
    """The kind that was asked for, where `kind` is one of its versions; None for `kind` itself."""
    is_recalled: bool = False
    """Whether they are of an earlier run."""
