"""Whether the items of a list are all different, in linear time: the library compares each with each.

Must never be added: another keyword.

Spec: JSON Schema draft 2020-12, core 4.2.2 (equality) and validation 6.4.3 (uniqueItems).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import ValidationError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence


def first_repeated(items: Sequence[object]) -> int | None:
    """Return the index of the first item that an earlier one is equal to; None where all are different."""
    seen: set[Hashable] = set()
    for index, item in enumerate(items):
        frozen = _frozen(item)
        if frozen in seen:
            return index
        seen.add(frozen)
    return None


def unique_items(
    _validator: Any, is_wanted: object, instance: object, _schema: object
) -> Iterator[ValidationError]:
    """Yield what the keyword `uniqueItems` has against a value."""
    if is_wanted is True and isinstance(instance, list) and first_repeated(instance) is not None:
        yield ValidationError("has non-unique elements")


def _frozen(value: object) -> Hashable:
    """Return something equal for equal values alone: 1 is 1.0, but not true."""
    match value:
        case dict():
            return "object", frozenset((key, _frozen(item)) for key, item in value.items())
        case list():
            return "list", tuple(map(_frozen, value))
        case bool():
            return "boolean", value
        case str() | int() | float() | None:
            return value
        case _:
            return "other", str(value)
