"""Where the fields of a YAML document stand, found by reading it again.

Positions are needed only where there is a problem to report; keeping them while reading
would cost every good file. Must never be added: values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from yaml import events

from reconciler.desired.reading.wording import FieldPath, Place
from reconciler.desired.reading.yaml_documents import LOADER

if TYPE_CHECKING:
    from collections.abc import Iterator


def walk(text: str) -> Iterator[Place]:
    """Yield every field of a document that `load` accepted, in document order.

    What stands behind an alias is not entered: the alias itself is its place.
    """
    # One entry for each open container: its path, the key or index of the next child, the key's mark.
    stack: list[list[Any]] = []
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, events.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, events.NodeEvent):
            mark: Any = event.start_mark
            path: FieldPath = ()
            if stack:
                top = stack[-1]
                if top[1] is None:
                    top[1], top[2] = getattr(event, "value", ""), mark
                    continue
                path, mark = (*top[0], top[1]), top[2] or mark
                top[1] = None if top[2] else top[1] + 1
            written = event.value if isinstance(event, events.ScalarEvent) else None
            yield Place(path, mark.line + 1, mark.column + 1, written)
            if isinstance(event, events.CollectionStartEvent):
                stack.append([path, None if isinstance(event, events.MappingStartEvent) else 0, None])
