"""What can be said of a place that should take artifacts: one finding for each question.

Must never be added: a question; those of registries and of directories stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How much a finding weighs."""

    GOOD = "good"
    NOTE = "note"
    """Worth knowing: pallet works without it."""
    BAD = "bad"
    UNKNOWN = "unknown"
    """It could not be found out, or not without leaving something behind."""


@dataclass(frozen=True, slots=True)
class Check:
    """The answer to one question."""

    name: str
    """A stable word for programs, such as `push`."""
    health: Health
    said: str
    fix: str | None = None
    exit_code: int = 0
    """Of what went wrong; 0 where nothing did."""
