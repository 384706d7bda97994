"""What is wrong with a JSON Schema though the metaschema allows it.

Nothing is fetched: references to other documents are left alone.
Must never be added: what the metaschema says already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from reconciler.desired.kinds.patterns import PatternError, check_pattern
from reconciler.desired.kinds.rules.rule import Check, Finding, Rule, RuleSet
from reconciler.desired.reading.suggesting import Suggestions
from reconciler.desired.reading.wording import FieldPath, quote
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMED: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords below which the keys are names, and the values schemas."""
_DRAFTS: Final = ("https://json-schema.org/", "http://json-schema.org/")
_VALUES: Final = frozenset({"const", "enum", "examples", "default", "required", "type"})
"""Keywords below which nothing is a schema."""


@dataclass(slots=True)
class Schemas:
    """Every schema of a document, with its place."""

    document: object
    found: list[tuple[FieldPath, Mapping[str, Any]]] = field(default_factory=list)
    _suggestions: dict[int, Suggestions] = field(default_factory=dict)

    @property
    def is_simple(self) -> bool:
        """Whether `#` means the document everywhere: no other schema below it has an `$id` of its own."""
        return not any(path and "$id" in schema and not _own_names(schema) for path, schema in self.found)

    @property
    def anchors(self) -> set[str]:
        """Names of places in the document: `#name` means the one that is called so."""
        return {name for _, schema in self.found for name in _own_names(schema)}

    def near(self, name: str, known: Mapping[str, Any]) -> str | None:
        """Return what was probably meant instead of a name; every object is asked a few times at most."""
        # Objects of the document live as long as it does, and so do their ids.
        return self._suggestions.setdefault(id(known), Suggestions(known)).near(name)


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


def _own_names(schema: Mapping[str, Any]) -> list[str]:
    """Return the names that a schema gives its own place; drafts before 2019-09 do so with `$id` or `id`."""
    names = [schema.get(key) for key in ("$anchor", "$dynamicAnchor")]
    earlier = [schema.get(key) for key in ("$id", "id")]
    return [
        *(name for name in names if isinstance(name, str)),
        *(name[1:] for name in earlier if isinstance(name, str) and name.startswith("#")),
    ]


def find_dangling(schemas: Schemas) -> Iterator[Finding]:
    """Yield every `$ref` within the document that names nothing; those to other documents are left alone."""
    if not schemas.is_simple:
        return
    anchors = schemas.anchors
    known: dict[str, tuple[str, str | None] | None] = {}
    for path, schema in schemas.found:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            continue
        if reference not in known:
            # Once: aliases may put one long reference into a hundred thousand places.
            known[reference] = _missing(schemas, anchors, reference)
        missing = known[reference]
        if missing is not None:
            part, near = missing
            message = f"$ref {quote(reference)}: expected something there, got no {quote(part)}"
            yield Finding((*path, "$ref"), message, f"did you mean {quote(near)}?" if near else None)


def _missing(schemas: Schemas, anchors: set[str], reference: str) -> tuple[str, str | None] | None:
    """Return the first part of a reference that is not there, and what may have been meant; None if all is.

    Spec: RFC 6901, sections 4 and 6.
    """
    document = schemas.document
    own = document.get("$id") if isinstance(document, dict) else None
    address, mark, fragment = reference.partition("#")
    if not mark or (address and address != (own.rstrip("#") if isinstance(own, str) else None)):
        return None
    if fragment and not fragment.startswith("/"):
        return None if unquote(fragment) in anchors else (unquote(fragment), None)
    value = document
    for raw in unquote(fragment).split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(value):
            value = value[int(part[:9])]
        else:
            return part, schemas.near(part, value) if isinstance(value, dict) else None
    return None


def find_foreign(schemas: Schemas) -> Iterator[Finding]:
    """Yield every `$ref` to another document, for schemas that are read where there is no other one."""
    document = schemas.document
    own = document.get("$id") if isinstance(document, dict) else None
    if isinstance(own, str) or not schemas.is_simple:
        return  # which others it means, only who knows its address can say
    for path, schema in schemas.found:
        reference = schema.get("$ref")
        if isinstance(reference, str) and not reference.startswith(("#", *_DRAFTS)):
            message = f"expected a reference within the schema, got {quote(reference)}"
            yield Finding((*path, "$ref"), message, "copy what it refers to below $defs")


def find_impossible_patterns(schemas: Schemas) -> Iterator[Finding]:
    """Yield every regular expression that is none."""
    for path, schema in schemas.found:
        patterns = schema.get("patternProperties")
        keys = [(("patternProperties", key), key) for key in patterns] if isinstance(patterns, dict) else []
        for where, pattern in [(("pattern",), schema.get("pattern")), *keys]:
            if isinstance(pattern, str):
                try:
                    check_pattern(pattern)
                except PatternError as exc:
                    yield Finding((*path, *where), f"{exc}: {quote(pattern)}", exc.fix)


def _impossible(schemas: Schemas) -> Iterator[Finding]:
    for path, schema in schemas.found:
        properties, required = schema.get("properties", {}), schema.get("required")
        is_closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
        if not is_closed or not isinstance(properties, dict) or not isinstance(required, list):
            continue
        for index, name in enumerate(required):
            if isinstance(name, str) and name not in properties:
                near = schemas.near(name, properties)
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
        find_dangling,
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
    Check(
        Rule(
            "PLT042",
            "impossible-expression",
            Severity.ERROR,
            "A pattern, or a key of patternProperties, is no regular expression.",
            bad='"pattern": "^(a|b$"\n',
            good='"pattern": "^(a|b)$"\n',
        ),
        find_impossible_patterns,
    ),
)


def example(text: str) -> str:
    """Return the document that an example of these rules is a piece of."""
    return f'{{ "$schema": "https://json-schema.org/draft/2020-12/schema", {text} }}'


JSON_SCHEMA: Final = RuleSet("JSON Schemas", survey, CHECKS, "json")
