"""Where what a YAML document says was written, through aliases and merges, and where it is used by them.

The text is read once more, as for `yaml_places`; what is kept are the fields that somebody asks for, and
what is anchored. Must never be added: values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from yaml import events

from reconciler.desired.reading.wording import Origin, Place
from reconciler.desired.reading.yaml_documents import LOADER
from reconciler.desired.reading.yaml_lines import editor_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from reconciler.desired.reading.wording import FieldPath


class _Merge(str):
    """The key that merges other objects into its own; one that somebody quoted is a key like any other."""

    __slots__ = ()


_MERGE: Final = _Merge("<<")
_Mark: TypeAlias = tuple[int, int]
"""Line and column as YAML counts them, from 1."""


def find_origins(text: str, paths: Iterable[FieldPath]) -> Iterator[tuple[FieldPath, Origin]]:
    """Yield where each path of a document that `load` accepted, or the nearest above it, was written."""
    wanted = list(paths)
    prefixes = {path[:length] for path in wanted for length in range(len(path) + 1)}
    root = _Builder(prefixes).build(text)
    count = editor_count(text)
    search = _Search()
    for path in wanted:
        found, node, used, key = search.follow(root, path)
        yield (
            path,
            Origin(
                place=Place(path[:found], *count(*node.home), node.written),
                key=count(*key),
                used=None if used is None else count(*used),
                span=node.span,
            ),
        )


class _Node:
    """A value, as it was written."""

    __slots__ = ("children", "home", "merged", "span", "written")

    def __init__(self, event: Any, home: _Mark) -> None:
        self.home = home
        """Its key in an object, its first character in a list."""
        is_scalar = isinstance(event, events.ScalarEvent)
        self.written: str | None = event.value if is_scalar else None
        start, end = event.start_mark, event.end_mark
        self.span = (start.index, end.index) if is_scalar and start.line != end.line else None
        self.children: dict[str | int, _Child] = {}
        self.merged: list[_Child] = []


@dataclass(frozen=True, slots=True)
class _Child:
    """A value where it is used."""

    node: _Node
    mark: _Mark
    is_alias: bool


class _Open:
    """A list or an object that is still open."""

    __slots__ = ("is_inside", "key", "mark", "node", "path")

    def __init__(self, path: FieldPath, node: _Node | None, *, is_list: bool, is_inside: bool) -> None:
        self.path, self.node, self.is_inside = path, node, is_inside
        self.key: str | int | None = 0 if is_list else None
        self.mark: _Mark | None = None

    def child(self, mark: _Mark) -> tuple[str | int, _Mark]:
        """Return the key and the place of the next value, and go on."""
        assert self.key is not None
        key, place = self.key, self.mark or mark
        self.key = key + 1 if isinstance(key, int) else None
        return key, place


class _Builder:
    """One pass over the events."""

    def __init__(self, prefixes: Collection[FieldPath]) -> None:
        self._prefixes = prefixes
        self._anchors: dict[str, _Node] = {}
        self._stack: list[_Open] = []
        self._root: _Node | None = None

    def build(self, text: str) -> _Node:
        for event in iter(LOADER(text).get_event, None):
            if isinstance(event, events.CollectionEndEvent):
                self._stack.pop()
            elif isinstance(event, events.NodeEvent):
                top = self._stack[-1] if self._stack else None
                if top is not None and top.key is None:
                    self._take_key(top, event)
                else:
                    self._take_value(top, event)
        assert self._root is not None, "a document that was accepted has a value"
        return self._root

    def _take_key(self, top: _Open, event: Any) -> None:
        key: str
        if isinstance(event, events.ScalarEvent):
            key = _MERGE if event.value == "<<" and event.implicit[0] else event.value
            if event.anchor is not None:
                self._anchors[event.anchor] = _Node(event, _mark_of(event))
        else:
            node = self._anchors.get(getattr(event, "anchor", None) or "")
            key = (node.written if node is not None else None) or ""
        top.key, top.mark = key, _mark_of(event)

    def _take_value(self, top: _Open | None, event: Any) -> None:
        key, mark = top.child(_mark_of(event)) if top is not None else ("", _mark_of(event))
        is_merge = key is _MERGE
        path: FieldPath = (*top.path, key) if top is not None else ()
        if isinstance(event, events.AliasEvent):
            _attach(top, key, _Child(self._anchors[str(event.anchor)], mark, is_alias=True))
            return
        is_inside = event.anchor is not None or is_merge or (top is not None and top.is_inside)
        node = _Node(event, mark) if is_inside or path in self._prefixes else None
        if node is not None:
            _attach(top, key, _Child(node, mark, is_alias=False))
            if event.anchor is not None:
                self._anchors[event.anchor] = node
        if top is None:
            self._root = node
        if isinstance(event, events.CollectionStartEvent):
            is_list = isinstance(event, events.SequenceStartEvent)
            self._stack.append(_Open(path, node, is_list=is_list, is_inside=is_inside))


def _mark_of(event: Any) -> _Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _attach(top: _Open | None, key: str | int, child: _Child) -> None:
    if top is None or top.node is None:
        return
    if key is _MERGE:
        top.node.merged.append(child)
    else:
        # Of two equal keys, which are refused, the first counts: so does its value while more is looked for.
        top.node.children.setdefault(key, child)


class _Search:
    """Many searches in one document; what was looked for in vain is not looked for again."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str | int], tuple[_Child, _Mark | None] | None] = {}

    def follow(self, root: _Node, path: FieldPath) -> tuple[int, _Node, _Mark | None, _Mark]:
        """Return how much of a path is there, the value, by which alias it is used, and its key."""
        node, key = root, root.home
        used: _Mark | None = None
        for index, part in enumerate(path):
            step = self._step(node, part)
            if step is None:
                return index, node, used, key
            child, merged = step
            node, key = child.node, child.mark
            used = used or merged or (child.mark if child.is_alias else None)
        return len(path), node, used, key

    def _step(self, node: _Node, part: str | int) -> tuple[_Child, _Mark | None] | None:
        """Return a field of a value, and the `<<` by which an alias brings it along."""
        known = (id(node), part)
        if known not in self._known:
            own = node.children.get(part)
            self._known[known] = (own, None) if own is not None else self._merged(node, part)
        return self._known[known]

    def _merged(self, node: _Node, part: str | int) -> tuple[_Child, _Mark | None] | None:
        for merge in node.merged:
            # One object, or a list of them, of which the first wins.
            sources = [merge, *merge.node.children.values()] if 0 in merge.node.children else [merge]
            for source in sources:
                found = self._step(source.node, part) if isinstance(part, str) else None
                if found is not None:
                    is_used = merge.is_alias or source.is_alias
                    return found[0], merge.mark if is_used else found[1]
        return None
