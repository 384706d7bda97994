"""What a publisher says of a workflow, as typed values.

Decided here: what the texts of annotations mean, and what readers assume where nobody says: priority 0, cost
`low`, memory `1GB`. Who publishes may write anything: a text that cannot be read is a note, the default
stands in its place, and nothing is raised. The older `dependencies` count like `requires`, both together.
Every fact is read on its own, since whoever chooses among thousands asks few questions of most of them.
Must never be added: a choice, or a request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from reconciler.desired.reading.amounts import parse_bytes, parse_seconds
from reconciler.desired.requirements import REQUIRES, Requirement, parse_requires

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.discovery.entries import Entry

PREFIX: Final = "org.pallet.workflow."
TYPE: Final = f"{PREFIX}type"
SKILLS: Final = f"{PREFIX}skills"
TIMEOUT: Final = f"{PREFIX}timeout"
PRIORITY: Final = f"{PREFIX}priority"
COST: Final = f"{PREFIX}cost"
LANGUAGE: Final = f"{PREFIX}language"
ENVIRONMENT: Final = f"{PREFIX}env"
MEMORY: Final = f"{PREFIX}max-memory"
DEPENDENCIES: Final = f"{PREFIX}dependencies"
"""What older publishers wrote instead of `requires`: read, never written."""

MEMORY_ASSUMED_BYTES: Final = 10**9
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_SHOWN_MAX_CHARACTERS = 80

_Fact = TypeVar("_Fact")


class Cost(StrEnum):
    """What a run costs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return _RANKS[self]


_RANKS: Final = {cost: rank for rank, cost in enumerate(Cost)}


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """Everything that is said of one workflow."""

    type: str | None
    """`sequential`, `parallel` or `conditional`, as it was written."""
    skills: tuple[str, ...]
    timeout_s: float | None
    priority: int
    cost: Cost
    language: tuple[str, ...]
    environment: tuple[str, ...]
    memory_bytes: int
    requires: tuple[Requirement, ...]
    notes: tuple[str, ...]
    """What could not be read, with the artifact in front."""


def read_facts(entry: Entry) -> WorkflowFacts:
    """Return what an entry's annotations say; what lies about its type is a note."""
    notes: list[str] = []
    return WorkflowFacts(
        type=entry.annotations.get(TYPE, "").strip() or None,
        skills=skills_of(entry),
        timeout_s=timeout_s_of(entry, notes),
        priority=priority_of(entry, notes),
        cost=cost_of(entry, notes),
        language=items_of(entry, LANGUAGE),
        environment=items_of(entry, ENVIRONMENT),
        memory_bytes=memory_bytes_of(entry, notes),
        requires=requires_of(entry, notes),
        notes=tuple(notes),
    )


def is_workflow(entry: Entry) -> bool:
    """Say whether something is a workflow: by its type, or because its publisher speaks of it as of one.

    Other tools push the same files under types of their own; `breaking-change` alone stands on anything.
    """
    of_type = entry.artifact_type.startswith("application/vnd.pallet.workflow.")
    return of_type or SKILLS in entry.annotations or TYPE in entry.annotations


def name_of(entry: Entry) -> str:
    """Return how an entry is called in a note, such as `workflows/plan:1.0.0`."""
    return f"{entry.repository}:{entry.tag}"


def items_of(entry: Entry, key: str) -> tuple[str, ...]:
    """Return the items of a comma list, in order, each once."""
    return read_items(entry.annotations.get(key, ""))


def skills_of(entry: Entry) -> tuple[str, ...]:
    """Return what a workflow can do."""
    return items_of(entry, SKILLS)


def timeout_s_of(entry: Entry, notes: list[str] | None = None) -> float | None:
    """Return after how many seconds it gives up; None where nobody says."""
    return _told(entry, TIMEOUT, read_seconds, None, notes, unread=None)


def priority_of(entry: Entry, notes: list[str] | None = None) -> int:
    """Return how much its publisher wants it chosen."""
    return _told(entry, PRIORITY, read_integer, 0, notes, unread=0)


def cost_of(entry: Entry, notes: list[str] | None = None) -> Cost:
    """Return what a run costs."""
    return _told(entry, COST, read_cost, Cost.LOW, notes, unread=Cost.LOW)


def memory_bytes_of(entry: Entry, notes: list[str] | None = None) -> int:
    """Return how much memory it needs at most."""
    return _told(entry, MEMORY, read_memory, MEMORY_ASSUMED_BYTES, notes, unread=MEMORY_ASSUMED_BYTES)


def memory_known_bytes_of(entry: Entry, notes: list[str] | None = None) -> int | None:
    """Return how much memory it needs at most; None where what it says cannot be read."""
    return _told(entry, MEMORY, read_memory, MEMORY_ASSUMED_BYTES, notes, unread=None)


def requires_of(entry: Entry, notes: list[str] | None = None) -> tuple[Requirement, ...]:
    """Return what it requires, by both annotations, each requirement once; bad items are left out."""
    found: dict[Requirement, None] = {}
    for key in (REQUIRES, DEPENDENCIES):
        for item in items_of(entry, key):
            try:
                found.update(dict.fromkeys(parse_requires(item, of=entry.repository)))
            except ValueError as exc:
                _note(entry, key, exc, notes)
    return tuple(found)


@lru_cache(maxsize=4096)
def read_items(text: str) -> tuple[str, ...]:
    """Return the items of a comma list, in order, each once."""
    return tuple(dict.fromkeys(item for part in text.split(",") if (item := part.strip())))


@lru_cache(maxsize=1024)
def read_memory(text: str) -> int:
    """Return a number of bytes: `1GB` is 10⁹, `512MiB` is 512 · 2²⁰, a bare number is bytes.

    Raises:
        ValueError: the text is no amount.
    """
    amount = parse_bytes(text)
    if amount is None:
        raise ValueError(f"expected an amount such as 512MiB or 2GB, got {shown(text)}")
    return amount


@lru_cache(maxsize=1024)
def read_seconds(text: str) -> float:
    """Return a number of seconds.

    Raises:
        ValueError: the text is none.
    """
    seconds = parse_seconds(text)
    if seconds is None:
        raise ValueError(f"expected seconds such as 600, got {shown(text)}")
    return seconds


@lru_cache(maxsize=1024)
def read_integer(text: str) -> int:
    """Return a whole number.

    Raises:
        ValueError: the text is none.
    """
    if _INTEGER.fullmatch(text.strip()) is None:
        raise ValueError(f"expected a whole number, got {shown(text)}")
    return int(text)


@lru_cache(maxsize=1024)
def read_cost(text: str) -> Cost:
    """Return a cost by its word.

    Raises:
        ValueError: the text is none.
    """
    try:
        return Cost(text.strip().lower())
    except ValueError:
        raise ValueError(f"expected one of {', '.join(Cost)}, got {shown(text)}") from None


def shown(text: str) -> str:
    """Return a foreign text quoted, cut, and without what a terminal would obey."""
    return repr(text if len(text) <= _SHOWN_MAX_CHARACTERS else f"{text[:_SHOWN_MAX_CHARACTERS]}…")


def _told(
    entry: Entry,
    key: str,
    read: Callable[[str], _Fact],
    assumed: _Fact,
    notes: list[str] | None,
    *,
    unread: _Fact,
) -> _Fact:
    """Return what one annotation says: `assumed` where it is absent or empty, `unread` where it cannot be."""
    text = entry.annotations.get(key)
    if text is None or not text.strip():
        return assumed
    try:
        return read(text)
    except ValueError as exc:
        _note(entry, key, exc, notes)
        return unread


def _note(entry: Entry, key: str, exc: ValueError, notes: list[str] | None) -> None:
    if notes is not None:
        notes.append(f"{name_of(entry)}: {key}: {exc}")
