"""What can be asked of an entry in one term: `type=parallel`, `timeout<=600`, `created>2026-01-01`. Pure.

Decided here: the grammar of a term, which key means which annotation, and how texts are compared. A key
without a dot is one of `org.pallet.workflow.*` or of the few words below, or is meant as it stands. What
readers assume (priority 0, cost low, memory 1GB, a release is stable) is compared where nobody says;
everything else that nobody says satisfies no comparison but `!=`. A text that cannot be read as what it
should be satisfies none, and is a note. Must never be added: a request.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.build import PROJECT
from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.wanted import STABLE
from reconciler.discovery import workflow_facts as facts
from reconciler.discovery.current import is_stable
from reconciler.discovery.moments import at_midnight, parse_moment
from reconciler.discovery.statements import CREATED, truth_of
from reconciler.discovery.workflow_facts import PREFIX, name_of, shown

if TYPE_CHECKING:
    from reconciler.discovery.entries import Entry

_TERM = re.compile(
    r"(?P<key>[A-Za-z0-9][A-Za-z0-9._/-]*)\s*(?P<sign><=|>=|!=|==|<|>|=)(?P<value>.*)", re.DOTALL
)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*", re.ASCII)
_Comparison = Callable[[Any, Any], bool]
_ORDERS: Final[Mapping[str, _Comparison]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_OCI: Final = "org.opencontainers.image."
_RELEASE: Final = "org.pallet.release."
_WORDS: Final = {
    **{word: _OCI + word for word in ("title", "description", "created", "licenses", "source", "revision")},
    **{word: _OCI + word for word in ("authors", "documentation", "url", "vendor")},
    "stable": STABLE,
    "notes": f"{_RELEASE}notes",
    "project": PROJECT,
    "memory": facts.MEMORY,
    "environment": facts.ENVIRONMENT,
    "skill": facts.SKILLS,
}
"""Short keys that are no `org.pallet.workflow.*`, or another word for one."""
_LISTS: Final = frozenset({facts.SKILLS, facts.LANGUAGE, facts.ENVIRONMENT})
"""Comma lists: equal where one of the items is."""
_CASELESS: Final = frozenset({facts.LANGUAGE, facts.ENVIRONMENT})
_ASSUMED: Final = {facts.PRIORITY: "0", facts.COST: "low", facts.MEMORY: "1GB"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One term, ready to be held against entries."""

    text: str
    """As it was written."""
    key: str
    """The annotation in question; `version` and `size` are no annotations."""
    holds: Callable[[Entry], bool]
    """Raises a ValueError where the entry's own text cannot be read."""

    def test(self, entry: Entry, notes: list[str] | None = None) -> bool:
        """Say whether an entry satisfies it; what cannot be read does not, and is a note."""
        try:
            return self.holds(entry)
        except ValueError as exc:
            if notes is not None:
                notes.append(f"{name_of(entry)}: {self.key}: {exc}")
            return False


def looks_like_term(text: str) -> bool:
    """Say whether a word is meant as a term: it has a key, a sign and a value."""
    return _TERM.fullmatch(text) is not None


def parse_condition(text: str) -> Condition:
    """Read `KEY=VALUE`, `KEY!=VALUE`, `KEY<VALUE` and so on; a KEY alone asks that somebody says it.

    Raises:
        ValueError: it is none, or the value is not what the key is compared with.
    """
    match = _TERM.fullmatch(text.strip())
    if match is None:
        if _KEY.fullmatch(text.strip()) is None:
            raise ValueError(f"expected KEY=VALUE, or such as timeout<=600, got {shown(text)}")
        key = _annotation(text.strip())
        return Condition(text, key, lambda entry: _said(entry, key) is not None)
    sign, value = match["sign"].replace("==", "="), match["value"].strip()
    if not value:
        raise ValueError(f"expected a value after {match['key']}{match['sign']}, got none")
    return _condition(text, match["key"], sign, value)


def _condition(text: str, word: str, sign: str, value: str) -> Condition:
    if word == "version":
        return Condition(text, word, _version_test(sign, value))
    if word == "size":
        wanted = facts.read_memory(value)
        compare = _comparison(sign)
        return Condition(text, word, lambda entry: compare(entry.size_bytes, wanted))
    key = _annotation(word)
    if word == "stable":
        return Condition(text, key, _stable_test(sign, value))
    test = _typed_test(key, sign, value)
    if test is None:
        test = _text_test(key, sign, value) if sign in ("=", "!=") else _number_test(key, sign, value)
    return Condition(text, key, test)


def _said(entry: Entry, key: str) -> str | None:
    """Return what is said under a key; whose an image is that was copied whole, the catalog says."""
    return entry.project if key == PROJECT else entry.annotations.get(key)


def _annotation(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    return word if "." in word else PREFIX + word


def _typed_test(key: str, sign: str, value: str) -> Callable[[Entry], bool] | None:
    """Return the test of a key whose texts mean amounts; None for a key of plain text."""
    match key:
        case facts.TIMEOUT:
            return _amount_test(key, sign, facts.read_seconds(value), facts.read_seconds)
        case facts.PRIORITY:
            return _amount_test(key, sign, facts.read_integer(value), facts.read_integer)
        case facts.MEMORY:
            return _amount_test(key, sign, facts.read_memory(value), facts.read_memory)
        case facts.COST:
            return _amount_test(
                key, sign, facts.read_cost(value).rank, lambda text: facts.read_cost(text).rank
            )
        case _ if key == CREATED:
            return _created_test(sign, value)
        case _:
            return None


def _amount_test(key: str, sign: str, wanted: float, read: Callable[[str], float]) -> Callable[[Entry], bool]:
    compare, assumed = _comparison(sign), _ASSUMED.get(key, "")

    def holds(entry: Entry) -> bool:
        text = entry.annotations.get(key, "").strip() or assumed
        return compare(read(text), wanted) if text else sign == "!="

    return holds


def _number_test(key: str, sign: str, value: str) -> Callable[[Entry], bool]:
    """An annotation that nobody here knows: it is compared as a number where it is one."""
    return _amount_test(key, sign, _number(value), _number)


def _text_test(key: str, sign: str, value: str) -> Callable[[Entry], bool]:
    wanted = value.casefold() if key in _CASELESS else value

    def equals(entry: Entry) -> bool:
        text = _said(entry, key)
        if text is None:
            return False
        text = text.casefold() if key in _CASELESS else text
        return text == wanted or (key in _LISTS and wanted in (item.strip() for item in text.split(",")))

    return equals if sign == "=" else lambda entry: not equals(entry)


def _version_test(sign: str, value: str) -> Callable[[Entry], bool]:
    """`version>=2` is a constraint; `version=^1.2` too."""
    constraint = Constraint(f"{sign if sign in _ORDERS else ''}{value}")

    def holds(entry: Entry) -> bool:
        if entry.version is None:
            return sign == "!="
        return constraint.allows(entry.version, prereleases=True) is (sign != "!=")

    return holds


def _stable_test(sign: str, value: str) -> Callable[[Entry], bool]:
    """A release is stable unless its publisher says otherwise; a pre-release never is."""
    wanted, is_equal = _truth(value), sign != "!="
    if sign not in ("=", "!="):
        raise ValueError(f"stable: expected = or !=, got {sign}")

    def holds(entry: Entry) -> bool:
        text = entry.annotations.get(STABLE, "").strip()
        if text:
            _truth(text)
        return (is_stable(entry) is wanted) is is_equal

    return holds


def _truth(text: str) -> bool:
    truth = truth_of(text)
    if truth is None:
        raise ValueError(f"expected true or false, got {shown(text)}")
    return truth


def _created_test(sign: str, value: str) -> Callable[[Entry], bool]:
    """A date without a time means the whole day, in UTC."""
    wanted, compare = parse_moment(value), _comparison(sign)
    is_day = not isinstance(wanted, datetime)

    def holds(entry: Entry) -> bool:
        text = entry.annotations.get(CREATED, "").strip()
        if not text:
            return sign == "!="
        got = parse_moment(text)
        if is_day and isinstance(got, datetime):
            got = got.date()
        elif not is_day and not isinstance(got, datetime):
            got = at_midnight(got)
        return compare(got, wanted)

    return holds


def _number(text: str) -> float:
    try:
        number = float(text) if len(text) <= 40 and text.isascii() else None
    except ValueError:
        number = None
    if number is None or math.isnan(number):
        raise ValueError(f"expected a number, got {shown(text)}")
    return number


def _comparison(sign: str) -> _Comparison:
    if sign == "=":
        return operator.eq
    return operator.ne if sign == "!=" else _ORDERS[sign]
