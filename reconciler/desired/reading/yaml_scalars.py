"""YAML scalars as values: YAML 1.1 as PyYAML's SafeLoader reads it, without tags of one's own.

A date stays the text that was written, marked as one: what is published never depends on how dates are read.

Must never be added: lists, objects, and where a scalar stands.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor

from reconciler.desired.reading.dates import DateText
from reconciler.desired.reading.wording import quote, say_value

STANDARD: Final = "tag:yaml.org,2002:"
NUMBER_MAX_CHARACTERS: Final = 4_000
"""Python refuses to print numbers of more than 4,300 digits, and `1:1:1:…` takes quadratic time."""
_NUMBER_MAX_BITS: Final = 14_000

_IMPLICIT: Final[dict[str, list[tuple[str, re.Pattern[str]]]]] = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCTOR: Final[Any] = SafeConstructor()
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TEXT_TAGS: Final = frozenset(STANDARD + name for name in ("str", "value", "merge"))
_DATE_TAG: Final = STANDARD + "timestamp"
_CONSTRUCT: Final = {
    STANDARD + "null": _CONSTRUCTOR.construct_yaml_null,
    STANDARD + "bool": _CONSTRUCTOR.construct_yaml_bool,
    STANDARD + "int": _CONSTRUCTOR.construct_yaml_int,
    STANDARD + "float": _CONSTRUCTOR.construct_yaml_float,
}


class ScalarError(ValueError):
    """A scalar that is refused: `code` for programs, the text for people, `fix` what to do."""

    def __init__(self, code: str, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


def read_scalar(text: str, tag: str | None, *, is_plain: bool) -> object:
    """Return the value of a scalar.

    Args:
        text: without quotes, escapes resolved.
        tag: as the document says; None where it says nothing.
        is_plain: written without quotes and tag, so that `1` is a number.

    Raises:
        ScalarError: it is refused.
    """
    if is_plain:
        for implicit_tag, pattern in _IMPLICIT.get(text[:1], ()):
            if pattern.match(text):
                return _construct(implicit_tag, text)
        return text
    if not text.isascii() and _SURROGATE.search(text):
        # libyaml refuses such escapes itself, the pure parser lets them through.
        raise ScalarError("lone-surrogate", "expected Unicode text, got half of a surrogate pair")
    return text if tag is None or tag == "!" else _construct(tag, text)


def tag_error(tag: str) -> ScalarError:
    """Return what to say about a tag that is not one of YAML's plain ones."""
    message = f"tag not allowed: expected plain YAML, got {quote(tag.replace(STANDARD, '!!'))}"
    return ScalarError("custom-tag", message, "write the value as text, a number, a list or an object")


def _construct(tag: str, text: str) -> object:
    if tag in _TEXT_TAGS:
        return text
    if tag == _DATE_TAG:
        return DateText(text)
    construct = _CONSTRUCT.get(tag)
    if construct is None:
        raise tag_error(tag)
    if len(text) > NUMBER_MAX_CHARACTERS:
        message = f"number too large: expected at most {NUMBER_MAX_CHARACTERS:,} digits, got {len(text):,}"
        raise ScalarError("number-too-large", message, "quote it to mean text")
    try:
        value: object = construct(yaml.ScalarNode(tag, text))
    except (ValueError, KeyError, IndexError, OverflowError) as exc:
        kind = tag.removeprefix(STANDARD)
        raise ScalarError(
            "invalid-scalar", f"not a value of type {kind}: got {quote(text)}", "quote it"
        ) from exc
    _check_number(value, text)
    return value


def _check_number(value: object, text: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        message = f"expected a finite number, got {quote(text)}"
        raise ScalarError("not-finite", message, "quote it to mean text")
    if isinstance(value, int) and value.bit_length() > _NUMBER_MAX_BITS:
        message = f"number too large: got {say_value(value)}"
        raise ScalarError("number-too-large", message, "quote it to mean text")
