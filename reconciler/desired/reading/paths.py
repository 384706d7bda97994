"""The small language that says where in a document something stands.

    a.b       field b of field a
    a[0]      the first item of the list a; a[-1] the last
    a[*].b    field b of every item of the list a
    a..b      every field b at any depth below a, in the order of the document
    a."b.c"   a field whose name has dots in it

What a path finds becomes annotations and versions, so its order is part of every published digest.
Must never be added: conditions and expressions; who needs them writes another field.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.desired.reading.wording import FieldPath, quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Found: TypeAlias = tuple[FieldPath, object]
"""Where something stands, and what."""

_TOKEN: Final = re.compile(
    r'(?P<deep>\.\.)?(?P<dot>\.)?(?:\[(?P<index>-?\d{1,6}|\*)\]|"(?P<quoted>[^"]+)"|(?P<name>[^.\[\]"*\s]+))'
)


class Deep(str):
    """A field name that is searched for at any depth."""

    __slots__ = ()


class Every:
    """All items of a list."""

    __slots__ = ()


Step: TypeAlias = str | Deep | int | Every


@functools.lru_cache(maxsize=1024)
def parse_path(text: str) -> tuple[Step, ...]:
    """Return the steps of a path.

    Raises:
        ValueError: the text is no path.
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or not _joins(match, first=at == 0):
            raise ValueError(
                f"not a path: expected fields such as metadata.version or steps[*].id, got {quote(text)}"
            )
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise ValueError("not a path: expected fields such as metadata.version, got empty text")
    return tuple(steps)


def _joins(match: re.Match[str], *, first: bool) -> bool:
    """A name follows a dot, an index follows directly, and the first name needs neither."""
    if match["index"] is not None:
        return match["dot"] is None and match["deep"] is None
    if match["deep"] is not None:
        return match["dot"] is None
    return (match["dot"] is None) == first


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return Every() if match["index"] == "*" else int(match["index"])
    name = match["quoted"] or match["name"]
    return Deep(name) if match["deep"] else name


def find_field(value: object, text: str) -> tuple[FieldPath | None, object]:
    """Return the place and value of the first field that a path finds; (None, None) where there is none.

    Raises:
        ValueError: the text is no path.
    """
    return next(find_fields(value, text), (None, None))


def find_fields(value: object, text: str, *, skip: Collection[str] = ()) -> Iterator[Found]:
    """Yield every field that a path finds, in document order; a null counts as absent.

    Args:
        value: plain Python values.
        text: the path.
        skip: names of fields that `..` does not look into.

    Raises:
        ValueError: the text is no path.
    """
    found: Iterator[Found] = iter([((), value)])
    for step in parse_path(text):
        found = _follow(found, step, skip)
    return (item for item in found if item[1] is not None)


def _follow(found: Iterator[Found], step: Step, skip: Collection[str]) -> Iterator[Found]:
    for path, value in found:
        match step:
            case Deep():
                yield from _search(path, value, step, skip)
            case str() if isinstance(value, dict):
                if step in value:
                    yield (*path, step), value[step]
            case int() if isinstance(value, list) and -len(value) <= step < len(value):
                yield (*path, step % len(value)), value[step]
            case Every() if isinstance(value, list):
                yield from (((*path, index), item) for index, item in enumerate(value))
            case _:
                pass


def _search(path: FieldPath, value: object, name: Deep, skip: Collection[str]) -> Iterator[Found]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _search((*path, index), item, name, skip)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield (*path, key), item
            if key not in skip:
                yield from _search((*path, key), item, name, skip)
