"""Constraints on versions: which versions `^1.2`, `>=1.0 <2.0` or `latest` allow.

Spec: the ranges of npm (node-semver 7, README, "Ranges" and "Prerelease Tags"), and the comma of Cargo
("Specifying Dependencies"), which means that both sides must hold. A version without an operator is
that version alone, as in npm. Precedence is that of `versions`.

The library's own ranges are not used: held against npm's fixtures, its NpmSpec takes 1.2.3 for
`1.2.3-beta` and `<=1.2.3-beta`, takes 1.2.3-beta for `<1.2.3`, refuses 1.2.5 for `~1.2.0-beta`, and
cannot read `>= 1`, `~v1.2` or `1.0.0 - x`. So every constraint is rewritten here into comparators, in
npm's own way, and these are compared by the library's precedence.

Decided here, where npm's rules are silent or its parser lenient: a whole version as the lower end is
compared by precedence, pre-releases wanted or not (`^0.1.2` and `0.1.2 - 1.0.0` never allow 0.1.2-beta);
nothing may follow a wildcard but wildcards (`1.x.3`, `1.x-beta` are refused). `latest` is the newest
stable version: any release, never a pre-release. Must never be added: what a store holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.desired.versions.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

LATEST = "latest"
CONSTRAINT_MAX_CHARACTERS = 1000
"""Nobody writes more; it bounds what a foreign document can make us compare."""

_PART = r"(?:[xX*]|0|[1-9][0-9]*)"
_PARTIAL = rf"v?{_PART}(?:\.{_PART}(?:\.{_PART}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)?)?"
_HYPHEN = re.compile(rf"(?P<low>{_PARTIAL})\s+-\s+(?P<high>{_PARTIAL})", re.ASCII)
_SIMPLE = re.compile(rf"(?P<operator>~>|>=|<=|[~^><=])?(?P<partial>{_PARTIAL})", re.ASCII)
_SPACE_AFTER_OPERATOR = re.compile(r"(~>|>=|<=|[~^><=])\s+", re.ASCII)
_EXPECTED = "expected ^1.2, ~1.2.3, >=1.0.0 <2.0.0, 1.x, 1.0 - 2.0, 1.2.3 || 2.x, latest or the like"


class Constraint:
    """Which versions somebody can use; equal to another with the same text.

    Raises:
        ValueError: the text is no constraint; the message says which part, and what was expected.
    """

    __slots__ = ("_alternatives", "_is_latest", "text")

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._is_latest = self.text == LATEST
        self._alternatives = () if self._is_latest else _parse(self.text)

    def allows(self, version: Version, *, prereleases: bool = False) -> bool:
        """Say whether a version satisfies the constraint; build metadata is ignored.

        Args:
            version: the version in question.
            prereleases: whether every pre-release within the range is wanted. Otherwise one satisfies
                only where a comparator of the same alternative names a pre-release of the very same
                MAJOR.MINOR.PATCH.
        """
        if self._is_latest:
            return not version.is_prerelease
        return any(_satisfies(version, terms, prereleases=prereleases) for terms in self._alternatives)

    @property
    def exact(self) -> Version | None:
        """The one version that is asked for, build metadata included; None for every real range."""
        terms = self._alternatives[0] if len(self._alternatives) == 1 else ()
        return terms[0].bound if len(terms) == 1 and terms[0].operator == "=" else None

    @property
    def bounds(self) -> tuple[Version, ...]:
        """The versions that the text names, missing parts read as 0; none for `*` and `latest`."""
        return tuple(term.written for terms in self._alternatives for term in terms if term.written)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constraint) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Constraint({self.text!r})"


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparator: an operator of `= > >= < <=`, and what is compared with."""

    operator: str
    bound: Version
    written: Version | None = None
    """The version in the text that the bound comes from; None where another term has it."""
    is_floor: bool = False
    """A lower end of which parts were left out: with pre-releases wanted, its own are within."""

    def holds(self, version: Version, *, prereleases: bool) -> bool:
        bound = _below(self.bound) if self.is_floor and prereleases else self.bound
        this, that = version.precedence, bound.precedence
        match self.operator:
            case "=":
                return this == that
            case ">":
                return this > that
            case ">=":
                return this >= that
            case "<":
                return this < that
            case _:
                return this <= that


_Terms = tuple[_Term, ...]


def _satisfies(version: Version, terms: _Terms, *, prereleases: bool) -> bool:
    if version.is_prerelease and not prereleases and not _names_prerelease(version, terms):
        return False
    return all(term.holds(version, prereleases=prereleases) for term in terms)


def _names_prerelease(version: Version, terms: _Terms) -> bool:
    named = (term.written for term in terms if term.written is not None and term.written.is_prerelease)
    return any(written.core == version.core for written in named)


def _parse(text: str) -> tuple[_Terms, ...]:
    if len(text) > CONSTRAINT_MAX_CHARACTERS:
        limit = f"at most {CONSTRAINT_MAX_CHARACTERS} characters"
        raise ValueError(f"not a version constraint: expected {limit}, got {len(text)}")
    try:
        return tuple(tuple(_read_alternative(part.strip())) for part in text.split("||"))
    except ValueError as exc:
        raise ValueError(
            f"not a version constraint: {_EXPECTED}, got {_cut(text)!r}, where {exc} is not understood"
        ) from exc


def _read_alternative(text: str) -> Iterator[_Term]:
    """Yield the terms of `a b, c`, all of which must hold; an empty one is `*`, as in npm."""
    parts = [part.strip() for part in text.split(",")] if "," in text else [text or "*"]
    for part in parts:
        if not part:
            raise ValueError("an empty part beside a comma")
        hyphen = _HYPHEN.fullmatch(part)
        if hyphen is not None:
            yield from _read_simple(">=", _read_partial(hyphen["low"]))
            yield from _read_simple("<=", _read_partial(hyphen["high"]))
            continue
        for word in _SPACE_AFTER_OPERATOR.sub(r"\1", part).split():
            simple = _SIMPLE.fullmatch(word)
            if simple is None:
                raise ValueError(repr(_cut(word)))
            yield from _read_simple(simple["operator"] or "=", _read_partial(simple["partial"]))


@dataclass(frozen=True, slots=True)
class _Partial:
    """A version of which the last parts may be open: `1`, `1.2`, `1.2.x` or whole."""

    numbers: tuple[int, ...]
    """The parts that are given, none to three."""
    whole: Version | None = None

    @property
    def lowest(self) -> Version:
        return self.whole or _version(*self.numbers)

    def following(self, place: int) -> Version:
        """Return the version that is one higher at a place, 0 for MAJOR, and 0 after it."""
        numbers = self.lowest.core[: place + 1]
        return _version(*numbers[:-1], numbers[-1] + 1)


def _read_partial(text: str) -> _Partial:
    text = text.removeprefix("v")
    parts = re.split(r"[-+]", text, maxsplit=1)[0].split(".")
    numbers = [int(part) for part in parts if part.isdigit()]
    if len(numbers) == 3:
        try:
            return _Partial(tuple(numbers), Version(text))
        except ValueError as exc:
            raise ValueError(repr(_cut(text))) from exc
    # `1.x.3` and `1.x-beta` say two things at once.
    if parts[len(numbers) :] != [part for part in parts if not part.isdigit()] or "-" in text or "+" in text:
        raise ValueError(repr(_cut(text)))
    return _Partial(tuple(numbers))


def _read_simple(operator: str, partial: _Partial) -> tuple[_Term, ...]:
    """Rewrite one operator and its version into comparators (README, "Advanced Range Syntax")."""
    given, lowest = len(partial.numbers), partial.lowest
    if given == 0:
        return (_NOTHING,) if operator in ("<", ">") else (_ANYTHING,)
    match operator:
        case "^":
            return _between(partial, _first_breaking(partial))
        case "~" | "~>":
            return _between(partial, min(given - 1, 1))
        case _ if partial.whole is not None:
            return (_Term(operator, lowest, lowest),)
        case "=":
            return _between(partial, given - 1)
        case ">=":
            return (_Term(">=", lowest, lowest, is_floor=True),)
        case ">":
            return (_Term(">=", partial.following(given - 1), lowest, is_floor=True),)
        case "<":
            return (_Term("<", _below(lowest), lowest),)
        case _:
            return (_Term("<", _below(partial.following(given - 1)), lowest),)


def _between(partial: _Partial, place: int) -> tuple[_Term, ...]:
    """From the partial version on, and below everything that is higher at a place."""
    low = _Term(">=", partial.lowest, partial.lowest, is_floor=partial.whole is None)
    return low, _Term("<", _below(partial.following(place)))


def _first_breaking(partial: _Partial) -> int:
    """Return the place whose change breaks: the first that is not 0, else the last that is given."""
    nonzero = (place for place, number in enumerate(partial.numbers) if number)
    return next(nonzero, len(partial.numbers) - 1)


@lru_cache(maxsize=1024)
def _below(version: Version) -> Version:
    """Return the lowest pre-release of a version, which is below all others of it."""
    return Version(".".join(map(str, version.core)) + "-0")


def _version(*numbers: int) -> Version:
    return Version(".".join(map(str, (*numbers, 0, 0, 0)[:3])))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"


_ANYTHING = _Term(">=", _version(0), is_floor=True)
_NOTHING = _Term("<", _below(_version(0)))
