"""Annotations from a document: pure rules, and all of them in this file.

What `extract` returns is part of every published digest (rules of build numbers 1 and 3). Whoever changes
what it returns for any document adds a number and keeps the old rules: a released version must not
get another digest from a newer pallet. Which fields become annotations is the kind's (schemas/kinds);
what the functions do is decided here. Must never be added: a clock, a file, a word about one kind.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from reconciler.desired.kinds.kind import Extraction, Function, Kind
from reconciler.desired.kinds.rules.expressions import has_expression
from reconciler.desired.reading.paths import Found, find_fields
from reconciler.desired.reading.wording import FieldPath, quote, say_path, say_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class ExtractionError(ValueError):
    """A field that should become an annotation cannot be one; `path` says where it is."""

    def __init__(self, path: FieldPath, message: str) -> None:
        super().__init__(f"{say_path(path)}: {message}")
        self.path, self.message = path, message


def extract(kind: Kind, value: object, *, is_literal: bool = True) -> dict[str, str]:
    """Return the annotations that a kind takes from a document, sorted by key.

    Args:
        kind: says which fields.
        value: the document.
        is_literal: whether ways that are literal pass over texts with expressions, as since rules 3.

    Raises:
        ExtractionError: a field is of a type that its function cannot take.
    """
    annotations = {}
    for key, ways in kind.annotations:
        text = next(
            (text for way in ways if (text := _apply(way, value, is_literal=is_literal)) is not None), None
        )
        if text is not None:
            annotations[key] = text
    return annotations


def may_have_expressions(kind: Kind, annotations: Mapping[str, str]) -> bool:
    """Say whether ways that are literal may have taken a text with an expression."""
    return any(
        not _keeps_texts(way) or "{{" in annotations.get(key, "") or "{%" in annotations.get(key, "")
        for key, ways in kind.annotations
        for way in ways
        if way.literal
    )


def _keeps_texts(way: Extraction) -> bool:
    """Say whether what a field says can be found in its annotation; a count, for instance, hides it."""
    return way.function in {Function.TEXT, Function.LIST, Function.UNIQUE} and not way.alias


def _apply(way: Extraction, value: object, *, is_literal: bool) -> str | None:
    found = list(find_fields(value, way.path, skip=way.skip))
    if way.literal and is_literal:
        found = [item for item in _flatten(found) if not _is_expression(item[1])]
    text = _evaluate(way, found) if found else None
    return way.default if text is None else text


def _is_expression(value: object) -> bool:
    return isinstance(value, str) and has_expression(value)


def _evaluate(way: Extraction, found: Sequence[Found]) -> str | None:
    match way.function:
        case Function.TEXT:
            return _join(way, _flatten(found))
        case Function.LIST:
            return _join(way, _split(_flatten(found)))
        case Function.UNIQUE:
            unique = {_text(way, path, value): (path, value) for path, value in _split(_flatten(found))}
            return _join(way, unique.values())
        case Function.COUNT:
            return str(sum(1 for _ in _flatten(found)))
        case Function.SUM:
            return _say_number(sum(_number(path, value) for path, value in _flatten(found)))
        case Function.MAX:
            numbers = [_number(path, value) for path, value in _flatten(found)]
            return _say_number(max(numbers)) if numbers else None
        case Function.STRONGEST:
            return _strongest(way, found)
        case Function.DURATION:
            duration = _longest_of(found)
            return None if duration is None else _say_number(duration)


def _flatten(found: Iterable[Found]) -> Iterator[Found]:
    """Lists count as their items."""
    for path, value in found:
        if isinstance(value, list):
            yield from (((*path, index), item) for index, item in enumerate(value) if item is not None)
        else:
            yield path, value


def _split(found: Iterable[Found]) -> Iterator[Found]:
    """Text with commas counts as its parts, without the spaces around them."""
    for path, value in found:
        if isinstance(value, str):
            yield from ((path, part.strip()) for part in value.split(",") if part.strip())
        else:
            yield path, value


def _join(way: Extraction, found: Iterable[Found]) -> str | None:
    items = list(found)
    texts = [_text(way, path, value) for path, value in items]
    if len(texts) > 1:
        for (path, _), text in zip(items, texts, strict=True):
            if way.join and way.join in text:
                # A reader would take it for two.
                raise ExtractionError(path, f"expected an item without {quote(way.join)}, got {quote(text)}")
    return way.join.join(texts) if texts else None


def _text(way: Extraction, path: FieldPath, value: object) -> str:
    match value:
        case str():
            return (way.alias or {}).get(value, value)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _say_number(value)
        case _:
            raise ExtractionError(path, f"expected text, a number, or a list of them, got {say_value(value)}")


def _number(path: FieldPath, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExtractionError(path, f"expected a number, got {say_value(value)}")
    return value


def _say_number(value: int | float) -> str:
    """Whole numbers without a point: 300, not 300.0."""
    return (
        str(int(value))
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53
        else str(value)
    )


def _strongest(way: Extraction, found: Sequence[Found]) -> str:
    strongest = -1
    for path, value in _flatten(found):
        text = _text(way, path, value)
        if text not in way.order:
            raise ExtractionError(path, f"expected one of {', '.join(way.order)}, got {quote(text)}")
        strongest = max(strongest, way.order.index(text))
    return way.order[max(strongest, 0)]


# How long a workflow may take, in seconds. Steps in a list run one after another; branches run
# side by side, or only one of them runs, and in both cases the longest counts. A step that says
# its own timeout is not looked into: it bounds everything below it.


def _longest_of(found: Iterable[Found]) -> float | None:
    return _maximum(_one_after_another(path, value) for path, value in found)


def _one_after_another(path: FieldPath, value: object) -> float | None:
    """The duration of a list of steps, or of a single one."""
    if isinstance(value, list):
        return _total(_of_step((*path, index), step) for index, step in enumerate(value))
    return _of_step(path, value)


def _of_step(path: FieldPath, step: object) -> float | None:
    if isinstance(step, list):
        return _one_after_another(path, step)
    if not isinstance(step, dict):
        return None
    if step.get("timeout") is not None:
        return _number((*path, "timeout"), step["timeout"])
    is_parallel = step.get("step_type") == "parallel"
    inside = [_of_steps((*path, "steps"), step.get("steps"), is_parallel=is_parallel)]
    inside.append(_of_branches((*path, "branches"), step.get("branches"), is_parallel=is_parallel))
    return _total(inside)


def _of_steps(path: FieldPath, steps: object, *, is_parallel: bool) -> float | None:
    """Steps directly below a parallel step are branches of their own."""
    if is_parallel and isinstance(steps, list):
        return _maximum(_of_step((*path, index), step) for index, step in enumerate(steps))
    return _one_after_another(path, steps)


def _of_branches(path: FieldPath, branches: object, *, is_parallel: bool) -> float | None:
    if isinstance(branches, list):
        return _maximum(_one_after_another((*path, index), branch) for index, branch in enumerate(branches))
    if not isinstance(branches, dict):
        return None
    if branches.keys() == {"steps"}:
        return _of_steps((*path, "steps"), branches["steps"], is_parallel=is_parallel)
    return _maximum(_one_after_another((*path, name), branch) for name, branch in branches.items())


def longest_step(value: object) -> float | None:
    """Return the longest time that any step says it may take, in seconds; None where none says one.

    What stands below a step that says its own is bounded by it. For warnings: it is part of no digest.
    """
    if isinstance(value, list):
        return _maximum(longest_step(item) for item in value)
    if not isinstance(value, dict):
        return None
    own = value.get("timeout")
    if isinstance(own, int | float) and not isinstance(own, bool):
        return own
    named = value.get("branches")
    branches = list(named.values()) if isinstance(named, dict) else named
    return _maximum(map(longest_step, (value.get("steps"), branches)))


def _total(durations: Iterable[float | None]) -> float | None:
    known = [duration for duration in durations if duration is not None]
    return sum(known) if known else None


def _maximum(durations: Iterable[float | None]) -> float | None:
    return max(chain(duration for duration in durations if duration is not None), default=None)
