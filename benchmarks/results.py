"""Figures as values: every repetition is kept, and the median speaks.

Must never be added: how they are measured or printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table."""

    what: str
    unit: str
    values: tuple[float, ...]
    """One per repetition, in the order in which they were measured."""
    note: str = ""

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Goal:
    """What has to be reached: the median of `values` no less, or no more, than `bound`."""

    what: str
    values: tuple[float, ...]
    bound: float
    at_most: bool = False

    @property
    def got(self) -> float:
        return median(self.values)

    @property
    def is_reached(self) -> bool:
        return self.got <= self.bound if self.at_most else self.got >= self.bound


@dataclass(frozen=True, slots=True)
class Table:
    """What one benchmark found."""

    title: str
    figures: Sequence[Figure]
    goals: Sequence[Goal] = ()
    remarks: Sequence[str] = ()
    """What a reader has to know: the commands, or what is not installed."""


def ratios(figure: Figure, reference: Figure) -> tuple[float, ...]:
    """Return one figure divided by the other, repetition by repetition.

    Pairs that were measured one after the other are compared, since a noisy machine is noisy for both.
    """
    return tuple(a / b for a, b in zip(figure.values, reference.values, strict=True))
