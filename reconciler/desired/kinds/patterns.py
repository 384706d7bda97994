"""Regular expressions that somebody else wrote, bounded: a search ends, whatever the expression is.

Decided here: what is harmless is given to Python's own engine, everything else to one that has a time
limit (docs/adr/0013). Must never be added: an expression of pallet's own.
"""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any, Final

SEARCH_MAX_S: Final = 1.0
"""For one search in one text; what people write takes microseconds."""
PATTERN_MAX_CHARACTERS: Final = 10_000
_REPEATED_GROUP: Final = re.compile(r"\)[*+{?]")
_OPTIONAL_MAX: Final = 4
"""Each `?` may double the work where there are no other repeats."""


class PatternError(ValueError):
    """An expression that is none, or gives no answer in time; `code` is for programs."""

    def __init__(self, code: str, pattern: str, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.code, self.pattern, self.fix = code, pattern, fix


def check_pattern(pattern: str) -> None:
    """Refuse what is no regular expression.

    Raises:
        PatternError: it is none, or longer than anybody can read.
    """
    _compile(pattern)


def is_found(pattern: str, text: str) -> bool:
    """Say whether an expression is found anywhere in a text.

    Raises:
        PatternError: it is none, or gives no answer within `SEARCH_MAX_S`.
    """
    compiled = _compile(pattern)
    if isinstance(compiled, re.Pattern):
        return compiled.search(text) is not None
    try:
        return compiled.search(text, timeout=SEARCH_MAX_S) is not None
    except TimeoutError as exc:
        message = f"expected a regular expression that answers within {SEARCH_MAX_S:g} s, got a slower one"
        fix = "write it without a repeat of something that holds a repeat itself"
        raise PatternError("slow-pattern", pattern, message, fix) from exc


def is_simple(pattern: str) -> bool:
    """Say whether an expression repeats one character at most, so that any engine searches in linear time."""
    repeats = sum(pattern.count(mark) for mark in "*+{")
    return repeats <= 1 and not _REPEATED_GROUP.search(pattern) and pattern.count("?") <= _OPTIONAL_MAX


@functools.lru_cache(maxsize=1024)
def _compile(pattern: str) -> Any:
    if len(pattern) > PATTERN_MAX_CHARACTERS:
        message = (
            f"expected a regular expression of at most {PATTERN_MAX_CHARACTERS:,} characters, "
            f"got {len(pattern):,}"
        )
        raise PatternError("invalid-pattern", pattern, message)
    is_harmless = not set("*+{") & set(pattern) and pattern.count("?") <= _OPTIONAL_MAX
    engine: Any = re if is_harmless else _bounded_engine()
    try:
        with warnings.catch_warnings():
            # Such as about `[[`, which later versions of the engines may read in another way.
            warnings.simplefilter("ignore")
            return engine.compile(pattern)
    except (engine.error, OverflowError, RecursionError) as exc:
        raise PatternError("invalid-pattern", pattern, f"expected a regular expression: {exc}") from exc


def _bounded_engine() -> Any:
    import regex  # slow to import, and rarely needed

    return regex
