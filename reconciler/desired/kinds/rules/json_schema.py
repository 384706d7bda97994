"""What is wrong with a JSON Schema though the metaschema allows it.

Nothing is fetched: references to other documents are left alone.
Must never be added: what the metaschema says already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from reconciler.desired.kinds.rules.rule import Check, Finding, Rule, RuleSet
from reconciler.desired.reading.wording import FieldPath, near_key, quote
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMED: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords below which the keys are names, and the values schemas."""
_VALUES: Final = frozenset({"const", "enum", "examples", "default", "required", "type"})
"""Keywords below which nothing is a schema."""


@dataclass(slots=True)
class Schemas:
    """Every schema of a document, with its place."""

    document: object
    found: list[tuple[FieldPath, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def is_simple(self) -> bool:
        """Whether `#` means the document everywhere: no other schema below it has an `$id`."""
        return not any(path and "$id" in schema for path, schema in self.found)


def survey(value: object) -> Schemas:
    """Return every schema of a document."""
    return Schemas(value, list(_schemas((), value)))


def _schemas(path: FieldPath, value: object) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _schemas((*path, index), item)
    elif isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            if key in _NAMED and isinstance(item, dict):
                for name, each in item.items():
                    yield from _schemas((*path, key, name), each)
            elif key not in _VALUES and isinstance(item, dict | list):
                yield from _schemas((*path, key), item)


def _dangling(schemas: Schemas) -> Iterator[Finding]:
    if not schemas.is_simple:
        return
    for path, schema in schemas.found:
        reference = schema.get("$ref")
        if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
            missing = _missing(schemas.document, reference)
            if missing is not None:
                part, near = missing
                message = f"$ref {quote(reference)}: expected something there, got no {quote(part)}"
                yield Finding((*path, "$ref"), message, f"did you mean {quote(near)}?" if near else None)


def _missing(document: object, reference: str) -> tuple[str, str | None] | None:
    """Return the first part of a pointer that is not there, and what may have been meant; None where all is.

    Spec: RFC 6901, sections 4 and 6.
    """
    value = document
    for raw in unquote(reference).split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(value):
            value = value[int(part[:9])]
        else:
            return part, near_key(part, value) if isinstance(value, dict) else None
    return None


def _impossible(schemas: Schemas) -> Iterator[Finding]:
    for path, schema in schemas.found:
        properties, required = schema.get("properties", {}), schema.get("required")
        is_closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
        if not is_closed or not isinstance(properties, dict) or not isinstance(required, list):
            continue
        for index, name in enumerate(required):
            if isinstance(name, str) and name not in properties:
                near = near_key(name, properties)
                message = f"{quote(name)} is required, and additionalProperties forbids it"
                fix = f"did you mean {quote(near)}?" if near else "describe it below properties"
                yield Finding((*path, "required", index), message, fix)


CHECKS: Final = (
    Check(
        Rule(
            "PLT040",
            "dangling-reference",
            Severity.ERROR,
            "A $ref names a place in the schema itself where nothing stands.",
            bad='"$ref": "#/$defs/nmae", "$defs": { "name": { "type": "string" } }\n',
            good='"$ref": "#/$defs/name", "$defs": { "name": { "type": "string" } }\n',
        ),
        _dangling,
    ),
    Check(
        Rule(
            "PLT041",
            "impossible-property",
            Severity.WARNING,
            "A property is required that additionalProperties: false forbids: nothing satisfies the schema.",
            bad='"properties": { "name": {} }, "required": ["nmae"], "additionalProperties": false\n',
            good='"properties": { "name": {} }, "required": ["name"], "additionalProperties": false\n',
        ),
        _impossible,
    ),
)


def example(text: str) -> str:
    """Return the document that an example of these rules is a piece of."""
    return f'{{ "$schema": "https://json-schema.org/draft/2020-12/schema", {text} }}'


JSON_SCHEMA: Final = RuleSet("JSON Schemas", survey, CHECKS, "json")
