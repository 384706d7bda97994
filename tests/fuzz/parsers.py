"""What is fed: each parser with valid inputs to begin from, what it may raise, and what holds of what it returns.

Must never be added: a failure that is allowed because it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.fuzz.mutations import Mutate, by_bytes


@dataclass(frozen=True, slots=True)
class Parser:
    """One reader of foreign text."""

    name: str
    read: Callable[[bytes], object]
    """Reads one input; an assertion in it says what holds of the result."""
    seeds: Sequence[bytes]
    raises: tuple[type[Exception], ...] = ()
    """What its documentation allows; nothing, where it never fails."""
    words: Sequence[bytes] = ()
    """Of its grammar."""
    mutate: Mutate = by_bytes
    share: int = 10
    """Of the inputs, beside the others'."""


def all_parsers() -> tuple[Parser, ...]:
    """Return every parser, sorted by name."""
    from tests.fuzz import archives, documents, headers, names

    found = (*archives.PARSERS, *headers.PARSERS, *names.PARSERS, *documents.PARSERS)
    return tuple(sorted(found, key=lambda parser: parser.name))
