"""The keywords of JSON Schema that search with regular expressions, bounded: for schemas of a project.

Those that come with pallet are known to end, and keep the quicker keywords of the library.
Must never be added: another reading of a keyword than the specification's.

Spec: JSON Schema draft 2020-12, core 10.3.2 (properties) and validation 6.3.3 (pattern).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jsonschema import ValidationError

from reconciler.desired.kinds.patterns import is_found, is_simple
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.wording import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.desired.reading.wording import FieldPath


def _pattern(validator: Any, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not is_found(pattern, str(instance)):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: object, _schema: object
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for key, value in instance.items():
            if is_found(pattern, key):
                yield from validator.descend(value, schema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extras = [
        key
        for key in instance
        if key not in known and not any(is_found(pattern, key) for pattern in patterns)
    ]
    if isinstance(allowed, dict):
        for key in extras:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extras:
        named = ", ".join(map(repr, extras))
        yield ValidationError(f"Additional properties are not allowed ({named})")


KEYWORDS: Final = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}


def find_unbounded(schema: object) -> list[Violation]:
    """Return the expressions of a schema that the library itself would search with, and perhaps never end.

    Beside `unevaluatedProperties` it does so for `patternProperties`; one repeated character is harmless.
    """
    places = list(_walk((), schema))
    if not any("unevaluatedProperties" in found for _, found in places):
        return []
    message = (
        "beside unevaluatedProperties, expected an expression that repeats one character at most, got {}"
    )
    fix = "write additionalProperties instead, or an expression with fewer * + {}"
    return [
        Violation((*path, "patternProperties", pattern), "slow-pattern", message.format(quote(pattern)), fix)
        for path, found in places
        if isinstance(patterns := found.get("patternProperties"), dict)
        for pattern in patterns
        if not is_simple(pattern)
    ]


def _walk(path: FieldPath, value: object) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    """Yield every object of a document, which is at most a hundred levels deep."""
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            yield from _walk((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk((*path, index), item)
