"""Regular expressions that somebody else wrote, bounded: a search ends, whatever the expression is.

Decided here: what is harmless is given to Python's own engine, everything else to one that has a time
limit (docs/adr/0013). An expression that gave no answer once gets a hundredth of the time from then on,
after many times none, and all that is slow together has a limit too.
Must never be added: an expression of pallet's own.
"""

from __future__ import annotations

import functools
import re
import time
import warnings
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEARCH_MAX_S: Final = 1.0
"""For one search in one text; what people write takes microseconds."""
SLOW_MIN_S: Final = 0.01
"""What takes longer is slow, and counts towards `SLOW_MAX_S`."""
SLOW_MAX_S: Final = 10.0
"""For all slow searches of a process together; after that each of them gets `SLOW_MIN_S`."""
SLOW_TIMES_MAX: Final = 100
"""So often an expression may give no answer; after that it is not asked in this process any more."""
PATTERN_MAX_CHARACTERS: Final = 10_000
_ECMA: Final = re.compile(
    r"\\u\{0*(?P<code>[0-9a-fA-F]{1,6})\}|\\c(?P<control>[A-Za-z])|\\k<(?P<name>\w+)>|\\.|\[\^?\]",
    re.DOTALL,
)
"""What ECMA-262 has, whose expressions JSON Schema uses, and Python's engines have not."""
_REPEATED_GROUP: Final = re.compile(r"\)[*+{?]")
_OPTIONAL_MAX: Final = 4
"""Each `?` may double the work where there are no other repeats."""


class PatternError(ValueError):
    """An expression that is none, or gives no answer in time; `code` is for programs."""

    def __init__(self, code: str, pattern: str, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.code, self.pattern, self.fix = code, pattern, fix
        self.text: str | None = None
        """What was searched in."""


def check_pattern(pattern: str) -> None:
    """Refuse what is no regular expression.

    Raises:
        PatternError: it is none, or longer than anybody can read.
    """
    _compile(pattern)


class Searches:
    """Searches with expressions of others, and which of them are too slow.

    Args:
        search_max_s: for one search, in seconds.
        slow_max_s: for all slow ones together, in seconds.
        clock: seconds from anywhere.
    """

    def __init__(
        self,
        *,
        search_max_s: float = SEARCH_MAX_S,
        slow_max_s: float = SLOW_MAX_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._search_max_s, self._slow_max_s, self._clock = search_max_s, slow_max_s, clock
        self.slow: dict[str, int] = {}
        """How often an expression gave no answer in time."""
        self.bounded = 0
        """How many searches were made with a time limit."""
        self.slow_s = 0.0
        """How long the slow ones took together."""

    def is_found(self, pattern: str, text: str) -> bool:
        """Say whether an expression is found anywhere in a text.

        Raises:
            PatternError: it is none, or gives no answer in time, now or earlier.
        """
        try:
            compiled = _compile(pattern)
            if isinstance(compiled, re.Pattern):
                return compiled.search(text) is not None
            if self.slow.get(pattern, 0) >= SLOW_TIMES_MAX:
                raise self._too_slow(pattern)
            return self._search(compiled, pattern, text)
        except PatternError as exc:
            exc.text = text
            raise

    def _search(self, compiled: Any, pattern: str, text: str) -> bool:
        self.bounded += 1
        # What was slow for one text may still be quick for others.
        left_s = SLOW_MIN_S if pattern in self.slow else max(self._slow_max_s - self.slow_s, SLOW_MIN_S)
        timeout_s = min(self._search_max_s, left_s)
        before_s = self._clock()
        try:
            return compiled.search(text, timeout=timeout_s) is not None
        except TimeoutError as exc:
            self.slow[pattern] = self.slow.get(pattern, 0) + 1
            raise self._too_slow(pattern) from exc
        finally:
            took_s = self._clock() - before_s
            self.slow_s += took_s if took_s >= SLOW_MIN_S else 0

    def _too_slow(self, pattern: str) -> PatternError:
        message = (
            f"expected a regular expression that answers within {self._search_max_s:g} s, got a slower one"
        )
        fix = "write it without a repeat of something that holds a repeat itself"
        return PatternError("slow-pattern", pattern, message, fix)


_SEARCHES: Final = Searches()


def is_found(pattern: str, text: str) -> bool:
    """Say whether an expression is found anywhere in a text.

    Raises:
        PatternError: it is none, or gives no answer within `SEARCH_MAX_S`; knows the text.
    """
    return _SEARCHES.is_found(pattern, text)


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
    reasons: list[Exception] = []
    for engine, text in _ways(pattern):
        try:
            with warnings.catch_warnings():
                # Such as about `[[`, which later versions of the engines may read in another way.
                warnings.simplefilter("ignore")
                return engine.compile(text)
        except (engine.error, ValueError, OverflowError, RecursionError) as exc:
            # `regex` says with a bare ValueError that flags clash.
            reasons.append(exc)
    # The first reason speaks of what was written.
    message = f"expected a regular expression: {reasons[0]}"
    raise PatternError("invalid-pattern", pattern, message) from reasons[0]


def _ways(pattern: str) -> Iterator[tuple[Any, str]]:
    """Yield the engines in the order in which they are asked, each with what it is asked for."""
    if not set("*+{") & set(pattern) and pattern.count("?") <= _OPTIONAL_MAX:
        yield re, pattern
    import regex  # slow to import, and rarely needed

    yield regex, pattern
    # Some things neither of them has.
    yield regex, _ECMA.sub(_from_ecma, pattern)


def _from_ecma(match: re.Match[str]) -> str:
    """Return what Python's engines have for what only ECMAScript's has."""
    if match["code"]:
        return f"\\U{int(match['code'], 16):08x}"
    if match["control"]:
        return f"\\x{ord(match['control']) % 32:02x}"
    if match["name"]:
        return f"(?P={match['name']})"
    return {"[^]": r"[\s\S]", "[]": "(?!)"}.get(match[0], match[0])
