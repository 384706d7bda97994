"""What is asked of a workflow, and how one entry is held against it. Pure.

Decided here: a workflow fits where its skills include all that are asked for, every required condition holds,
its version may be chosen, and it needs no more memory than there is. Where a context is given, it scores 10
for the language, 5 for the environment and 3 for fitting the memory, and one that scores nothing does not
fit; without a context nobody scores, and nobody is left out for it. A need of memory that cannot be read
is not known to fit: it scores nothing, and is left out where memory is asked for.
Must never be added: which of several that fit is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from reconciler.discovery.current import Eligible
from reconciler.discovery.workflow_facts import (
    ENVIRONMENT,
    LANGUAGE,
    MEMORY,
    MEMORY_ASSUMED_BYTES,
    SKILLS,
    is_workflow,
    items_of,
    memory_known_bytes_of,
    read_items,
    shown,
    skills_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.discovery.conditions import Condition
    from reconciler.discovery.entries import Entry

LANGUAGE_WEIGHT: Final = 10
ENVIRONMENT_WEIGHT: Final = 5
MEMORY_WEIGHT: Final = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a workflow."""

    skills: tuple[str, ...] = ()
    """All of them."""
    language: str | None = None
    environment: str | None = None
    memory_bytes: int | None = None
    """How much there is."""
    required: tuple[Condition, ...] = ()
    """All of them."""
    repositories: tuple[str, ...] = ()
    """Globs, of which one matches; none for every repository."""
    eligible: Eligible = field(default_factory=Eligible)

    @property
    def has_context(self) -> bool:
        """Whether candidates score at all."""
        return not (self.language is None and self.environment is None and self.memory_bytes is None)


@dataclass(frozen=True, slots=True)
class Score:
    """What a candidate gets for the context; 0 where something was not asked."""

    language: int = 0
    environment: int = 0
    memory: int = 0

    @property
    def total(self) -> int:
        return self.language + self.environment + self.memory


def is_meant(entry: Entry, wish: Wish) -> bool:
    """Say whether an entry is a candidate at all: a workflow in one of the repositories."""
    globs = wish.repositories
    named = not globs or any(fnmatchcase(entry.repository, glob) for glob in globs)
    return named and is_workflow(entry)


def score_of(entry: Entry, wish: Wish, notes: list[str] | None = None) -> Score:
    """Return what an entry scores for the context."""
    there = wish.memory_bytes
    return Score(
        language=LANGUAGE_WEIGHT if _has(entry, LANGUAGE, wish.language) else 0,
        environment=ENVIRONMENT_WEIGHT if _has(entry, ENVIRONMENT, wish.environment) else 0,
        memory=0 if there is None or memory_excess_of(entry, there, notes) else MEMORY_WEIGHT,
    )


def memory_excess_of(entry: Entry, there_bytes: int | None, notes: list[str] | None = None) -> float:
    """Return how many bytes an entry needs beyond what there is: 0 where it fits or nothing was asked,
    infinitely many where what it says cannot be read."""
    if there_bytes is None:
        return 0
    needed = memory_known_bytes_of(entry, notes)
    return math.inf if needed is None else max(0, needed - there_bytes)


def fits(entry: Entry, wish: Wish, notes: list[str] | None = None) -> bool:
    """Say whether an entry meets every requirement, which is where `failures_of` yields nothing.

    Args:
        entry: of which `is_meant` says that it is.
        wish: what is asked.
        notes: where it is noted what could not be read.
    """
    return (
        not _lacking(entry, wish)
        and wish.eligible.allows(entry)
        and all(condition.test(entry, notes) for condition in wish.required)
        and not _misfits(entry, wish, notes)
    )


def count_failures(entry: Entry, wish: Wish, notes: list[str] | None = None) -> int:
    """Return how many requirements an entry does not meet: as many as `failures_of` yields."""
    return (
        len(_lacking(entry, wish))
        + (not wish.eligible.allows(entry))
        + sum(not condition.test(entry, notes) for condition in wish.required)
        + _misfits(entry, wish, notes)
    )


def failures_of(entry: Entry, wish: Wish) -> Iterator[str]:
    """Yield which requirements an entry does not meet, and what it has instead."""
    lacking = _lacking(entry, wish)
    if lacking:
        own = skills_of(entry)
        got = shown(", ".join(own)) if own else "none"
        yield from (f"skill {skill}: expected among its skills, got {got}" for skill in lacking)
    if not wish.eligible.allows(entry):
        yield f"version: expected {_expected(wish.eligible)}, got {_version(entry)}"
    for condition in wish.required:
        if not condition.test(entry):
            yield f"{condition.text}: expected it to hold, got {_said(entry, condition)}"
    if _misfits(entry, wish, None):
        if wish.memory_bytes is not None:
            yield f"memory: expected at most {wish.memory_bytes} bytes, got {_memory(entry)}"
        else:
            yield f"context: expected {_context(wish)}, got {_own_context(entry, wish)}"


def _lacking(entry: Entry, wish: Wish) -> list[str]:
    """Return the skills that are asked for and that an entry does not have."""
    if not wish.skills:
        return []
    text = entry.annotations.get(SKILLS, "")
    lacking = [skill for skill in wish.skills if skill not in text]
    if lacking and len(lacking) == len(wish.skills):
        return lacking  # most entries end here, without their list being taken apart
    own = read_items(text)
    return [skill for skill in wish.skills if skill not in own]


def _misfits(entry: Entry, wish: Wish, notes: list[str] | None) -> bool:
    """Say whether an entry does not fit the context: it needs too much, or scores nothing."""
    if wish.memory_bytes is not None:
        return memory_excess_of(entry, wish.memory_bytes, notes) > 0
    return wish.has_context and score_of(entry, wish).total == 0


def _expected(eligible: Eligible) -> str:
    if eligible.constraint is not None:
        return f"{eligible.constraint}{' or a pre-release of it' if eligible.prereleases else ''}"
    return "any version" if eligible.prereleases else "a stable one"


def _version(entry: Entry) -> str:
    return f"the tag {entry.tag}" if entry.version is None else entry.version.text


def _said(entry: Entry, condition: Condition) -> str:
    if condition.key == "version":
        return _version(entry)
    if condition.key == "size":
        return f"{entry.size_bytes} bytes"
    text = entry.annotations.get(condition.key)
    return "nothing said" if text is None else shown(text)


def _memory(entry: Entry) -> str:
    """Return a need of memory as it was written."""
    text = entry.annotations.get(MEMORY, "").strip()
    return shown(text) if text else f"nothing said, which counts as {MEMORY_ASSUMED_BYTES} bytes"


def _has(entry: Entry, key: str, wanted: str | None) -> bool:
    text = entry.annotations.get(key)
    return wanted is not None and text is not None and _is_among(wanted, text)


@lru_cache(maxsize=1024)
def _is_among(wanted: str, text: str) -> bool:
    """Say whether a comma list has an item, upper and lower case alike; many entries say the same."""
    return wanted.strip().casefold() in (item.casefold() for item in read_items(text))


def _context(wish: Wish) -> str:
    asked = (("language", wish.language), ("environment", wish.environment))
    return " or ".join(f"{word} {value}" for word, value in asked if value is not None)


def _own_context(entry: Entry, wish: Wish) -> str:
    asked = ((LANGUAGE, wish.language), (ENVIRONMENT, wish.environment))
    own = [item for key, value in asked if value is not None for item in items_of(entry, key)]
    return shown(", ".join(own)) if own else "nothing said"
