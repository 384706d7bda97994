"""What a validator found, in the words of all other messages: expected X, got Y.

Must never be added: what is right or wrong; that is the schema's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeGuard

from jsonschema import ValidationError
from yaml.constructor import SafeConstructor

from reconciler.desired.kinds.schema_unique import first_repeated
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.dates import DateText
from reconciler.desired.reading.wording import (
    SHOWN_MAX_CHARACTERS,
    FieldPath,
    near_key,
    quote,
    say_choices,
    say_value,
)

_TYPES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)

_KEYS_MAX: Final = 1_000
"""Of one object, which are looked at to say which of them are unknown."""
_Words = Callable[[ValidationError], tuple[str, str]]
"""Code and message of a violation."""


def _limit(error: ValidationError) -> Any:
    return error.validator_value


def _value(error: ValidationError) -> Any:
    return error.instance


def explain(error: ValidationError) -> list[Violation]:
    """Return what one error of the validator means: at least one violation, sometimes several."""
    return list(_explain(error)) or [Violation(tuple(error.absolute_path), *_other(error))]


def _explain(error: ValidationError) -> Iterator[Violation]:
    path = tuple(error.absolute_path)
    if "propertyNames" in list(error.schema_path)[-3:-1] and isinstance(_value(error), str):
        yield _explain_name(error, path)
        return
    match error.validator:
        case "required" | "dependentRequired" | "dependencies":
            yield from _explain_missing(error, path)
        case "additionalProperties" | "unevaluatedProperties" if isinstance(_value(error), dict):
            yield from _explain_unknown(error, path)
        case "x-near-keys":
            yield _unknown_key(path, str(path[-1]), list(_limit(error)))
        case "anyOf" | "oneOf":
            yield from _explain_branches(error, path)
        case "type":
            yield _explain_type(path, error)
        case "enum":
            yield _explain_enum(path, error)
        case _:
            code, message = _WORDS.get(str(error.validator), _other)(error)
            yield Violation(path, code, _own_words(error) or message)


def _explain_type(path: FieldPath, error: ValidationError) -> Violation:
    expected = _limit(error)
    types = [expected] if isinstance(expected, str) else list(expected)
    got = _value(error)
    wants_text = "string" in types and (
        isinstance(got, DateText) or (_is_unquoted(got) and "number" not in types)
    )
    names = " or ".join(_TYPES.get(name, name) for name in types)
    message = f"expected {names}, got {say_value(got)}"
    fix = "quote it" if wants_text else "write it without quotes" if _means_other(got, types) else None
    return Violation(path, "wrong-type", message, fix, wants_text=wants_text)


def _is_unquoted(value: object) -> TypeGuard[bool | int | float]:
    return isinstance(value, int | float)


def _means_other(value: object, types: Sequence[str]) -> bool:
    """Say whether a text would be of the wanted type without its quotes, as in YAML and in JSON."""
    if not isinstance(value, str) or len(value) > SHOWN_MAX_CHARACTERS:
        return False
    if "boolean" in types and value in ("true", "false"):
        return True
    return bool(
        ("integer" in types and _INTEGER.fullmatch(value)) or ("number" in types and _NUMBER.fullmatch(value))
    )


def _explain_enum(path: FieldPath, error: ValidationError) -> Violation:
    choices, got = list(_limit(error)), _value(error)
    texts = [choice for choice in choices if isinstance(choice, str)]
    near = near_key(got, texts)
    hint = f": did you mean {quote(near)}?" if near else ""
    message = f"expected one of {say_choices(choices)}, got {say_value(got)}{hint}"
    if not _is_unquoted(got) or len(texts) < len(choices):
        return Violation(path, "not-allowed", message, f"write {near}" if near else None)
    fix = "quote it" if _spelt(got) & set(texts) else f"write one of {say_choices(choices)}"
    return Violation(path, "not-allowed", message, fix, wants_text=True)


def _spelt(value: bool | int | float) -> set[str]:  # noqa: FBT001 (any scalar)
    """Return how a value may have been written without quotes."""
    if isinstance(value, bool):
        return {word for word, meant in SafeConstructor.bool_values.items() if meant is value}
    return {str(value)}


def _explain_missing(error: ValidationError, path: FieldPath) -> Iterator[Violation]:
    # One error for each key, which only the text of the message names.
    wanted = _limit(error)
    lists = wanted.values() if isinstance(wanted, dict) else [wanted]
    names = [name for names in lists if isinstance(names, list) for name in names]
    for name in dict.fromkeys(names):
        if error.message.startswith(f"{name!r} is a "):
            yield Violation(path, "missing-key", f"missing key {quote(name)}", f"add {name}")


def _explain_unknown(error: ValidationError, path: FieldPath) -> Iterator[Violation]:
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    properties = schema.get("properties", {})
    known = list(properties)
    absent = [name for name in known if name not in _value(error)]
    # Some keys will do: every look into the message takes as long as it is, and it names them all.
    others = (key for key in _value(error) if key not in properties)
    for key in itertools.islice(others, _KEYS_MAX):
        # Which keys are meant, only the text of the message says.
        if repr(key) in error.message:
            yield _unknown_key((*path, key), key, absent, known)


def _unknown_key(path: FieldPath, key: str, absent: Sequence[str], known: Sequence[str] = ()) -> Violation:
    near = near_key(key, absent) or near_key(key, known)
    if near is not None:
        hint = f"did you mean {quote(near)}?"
        return Violation(path, "unknown-key", f"unknown key {quote(key)}: {hint}", fix=f"write {near}")
    hint = f"expected one of {say_choices(sorted(known))}" if known else "expected no keys"
    return Violation(path, "unknown-key", f"unknown key {quote(key)}: {hint}")


def _explain_name(error: ValidationError, path: FieldPath) -> Violation:
    _, message = _WORDS.get(str(error.validator), _other)(error)
    key = _value(error)
    return Violation((*path, key), "invalid-key", f"key {quote(key)}: {_own_words(error) or message}")


def _explain_branches(error: ValidationError, path: FieldPath) -> Iterator[Violation]:
    """Explain the branch that comes nearest: what the author probably meant."""
    own = _own_words(error)
    branches: dict[int, list[ValidationError]] = {}
    for cause in error.context or ():
        branches.setdefault(int(cause.schema_path[0]), []).append(cause)
    meant = {number: causes for number, causes in branches.items() if not _is_other_type(causes)}
    if own is not None or not meant:
        yield Violation(path, "no-form-matches", own or _say_types(error, branches))
        return
    for cause in min(meant.values(), key=_distance):
        yield from explain(cause)


def _is_other_type(causes: Sequence[ValidationError]) -> bool:
    return any(cause.validator == "type" and not cause.path for cause in causes)


def _distance(causes: Sequence[ValidationError]) -> tuple[int, int]:
    """Fewer errors are nearer; of as many, deeper ones are, since more was understood before."""
    return len(causes), -max(len(cause.path) for cause in causes)


def _say_types(error: ValidationError, branches: Mapping[int, Sequence[ValidationError]]) -> str:
    if not branches:
        return f"expected exactly one form to match, got {say_value(_value(error))}, which several do"
    types: list[str] = []
    for causes in branches.values():
        for cause in causes:
            if cause.validator == "type" and not cause.path:
                value = _limit(cause)
                types += [value] if isinstance(value, str) else value
    names = " or ".join(dict.fromkeys(_TYPES.get(name, name) for name in types))
    return f"expected {names}, got {say_value(_value(error))}"


def _own_words(error: ValidationError) -> str | None:
    """The schema's own words, in the keyword that editors show too: `patternErrorMessage`."""
    if not isinstance(error.schema, dict) or error.validator not in (
        "pattern",
        "format",
        "not",
        "anyOf",
        "oneOf",
    ):
        return None
    text = error.schema.get("patternErrorMessage")
    if not isinstance(text, str) or error.validator in ("anyOf", "oneOf"):
        return text if isinstance(text, str) else None
    return f"{text}, got {say_value(_value(error))}"


def _const(error: ValidationError) -> tuple[str, str]:
    return "not-allowed", f"expected {say_choices([_limit(error)])}, got {say_value(_value(error))}"


def _pattern(error: ValidationError) -> tuple[str, str]:
    return "no-match", f"expected text that matches {_limit(error)}, got {say_value(_value(error))}"


def _at_least(noun: str) -> _Words:
    def words(error: ValidationError) -> tuple[str, str]:
        return (
            "too-small",
            f"expected at least {_limit(error)}{noun}, got {_measure(_value(error), noun)}",
        )

    return words


def _at_most(noun: str) -> _Words:
    def words(error: ValidationError) -> tuple[str, str]:
        return (
            "too-large",
            f"expected at most {_limit(error)}{noun}, got {_measure(_value(error), noun)}",
        )

    return words


def _measure(value: Any, noun: str) -> str:
    return str(len(value)) if noun else say_value(value)


def _more_than(error: ValidationError) -> tuple[str, str]:
    return "too-small", f"expected more than {_limit(error)}, got {say_value(_value(error))}"


def _less_than(error: ValidationError) -> tuple[str, str]:
    return "too-large", f"expected less than {_limit(error)}, got {say_value(_value(error))}"


def _unique(error: ValidationError) -> tuple[str, str]:
    repeated = first_repeated(_value(error))
    got = "" if repeated is None else f", got {say_value(_value(error)[repeated])} again"
    return "not-unique", f"expected every item once{got}"


def _never(error: ValidationError) -> tuple[str, str]:
    return "not-allowed", f"expected nothing here, got {say_value(_value(error))}"


def _other(error: ValidationError) -> tuple[str, str]:
    got = say_value(_value(error))
    return "invalid", f"expected what the schema says with {error.validator}, got {got}"


_WORDS: Final[Mapping[str, _Words]] = {
    "const": _const,
    "pattern": _pattern,
    "minLength": _at_least(" characters"),
    "maxLength": _at_most(" characters"),
    "minItems": _at_least(" items"),
    "maxItems": _at_most(" items"),
    "minProperties": _at_least(" keys"),
    "maxProperties": _at_most(" keys"),
    "minimum": _at_least(""),
    "maximum": _at_most(""),
    "exclusiveMinimum": _more_than,
    "exclusiveMaximum": _less_than,
    "uniqueItems": _unique,
    "None": _never,
}
