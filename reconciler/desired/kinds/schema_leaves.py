"""A shortcut for the many small parts of a schema: `{"type": "string"}` needs no validator of its own.

The library makes a validator for every field of every file; that was half of the time of a first run.
Decided here: for which subschemas a plain function knows that a value is valid. It never knows that one
is not: then the library is asked, and finds the words. Must never be added: a guess.

Spec: JSON Schema draft 2020-12, validation 6.1 to 6.3; the same in every draft that the library knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

Leaf = Callable[[object], bool]
"""Says that a value is valid; False where that is not known."""

_SILENT: Final = frozenset({"title", "description", "examples", "default", "$comment", "patternErrorMessage"})
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def leaf_of(schema: object) -> Leaf | None:
    """Return the function for a subschema; None where it says more than a function may decide."""
    if schema is True:
        return lambda _: True
    if not isinstance(schema, dict) or "type" not in schema:
        return None
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not all(isinstance(name, str) and name in _TYPES for name in names):
        return None
    # Exact types: True is no number, though Python says so.
    types = frozenset(each for name in names for each in _TYPES[name])
    tests = [_test(keyword, limit) for keyword, limit in schema.items() if keyword not in {*_SILENT, "type"}]
    if None in tests:
        return None
    if not tests:
        return lambda value: type(value) in types
    known = [test for test in tests if test is not None]
    return lambda value: type(value) in types and all(test(value) for test in known)


def _test(keyword: str, limit: Any) -> Leaf | None:
    """Return what one keyword says of a value; of values that it does not speak of, nothing is known."""
    match keyword:
        case "enum" if all(isinstance(each, str) for each in limit):
            words = frozenset(limit)
            return lambda value: type(value) is str and value in words
        case "minLength":
            return lambda value: type(value) is str and len(value) >= limit
        case "maxLength":
            return lambda value: type(value) is str and len(value) <= limit
        case "minimum":
            return lambda value: type(value) is int and value >= limit
        case "maximum":
            return lambda value: type(value) is int and value <= limit
        # A boolean in draft 4.
        case "exclusiveMinimum" if not isinstance(limit, bool):
            return lambda value: type(value) is int and value > limit
        case "exclusiveMaximum" if not isinstance(limit, bool):
            return lambda value: type(value) is int and value < limit
        case _:
            return None


def shortened(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords that look into objects and lists, with the shortcut; the rest is the library's."""
    leaves: dict[int, tuple[object, Leaf | None]] = {}

    def known(schema: object) -> Leaf | None:
        # The schema is kept with its leaf: an id is only an id while the object lives.
        found = leaves.get(id(schema))
        if found is None:
            found = leaves[id(schema)] = (schema, leaf_of(schema))
        return found[1]

    def properties(
        validator: Any, said: Mapping[str, Any], instance: object, _schema: object
    ) -> Iterator[ValidationError]:
        if not isinstance(instance, dict):
            return
        for name, schema in said.items():
            if name not in instance:
                continue
            leaf = known(schema)
            if leaf is None or not leaf(instance[name]):
                yield from validator.descend(instance[name], schema, path=name, schema_path=name)

    def items(validator: Any, said: Any, instance: object, schema: Any) -> Iterator[ValidationError]:
        leaf = known(said)
        if leaf is None or not (isinstance(instance, list) and all(map(leaf, instance))):
            yield from keywords["items"](validator, said, instance, schema)

    return {"properties": properties, "items": items}
