"""YAML text as plain values, in one pass over the parser's events.

What is decided here: which YAML is accepted. Values are those of PyYAML's SafeLoader (YAML 1.1),
except that dates stay the text that was written, known as dates by their type alone, and that
everything is refused that a reader could take for something else: duplicate keys, keys that are no
text, several documents, tags of somebody's own, not-a-number. Events and not nodes, because that was
measured faster, and because PyYAML's composer recurses in C and crashes the interpreter on deeply
nested input.
Must never be added: what a field means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml import events

from reconciler.desired.reading import yaml_problems
from reconciler.desired.reading.dates import DateText
from reconciler.desired.reading.documents import PROBLEMS_MAX
from reconciler.desired.reading.wording import quote, say_value
from reconciler.desired.reading.yaml_scalars import STANDARD, ScalarError, read_scalar, tag_error
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

NESTING_MAX_LEVELS: Final = 100
"""Far above what people write, far below Python's recursion limit, which checkers run into."""
EXPANDED_MAX_NODES: Final = 100_000
"""What aliases may add to the document's own nodes; ten lines of aliases can mean 10⁹ nodes."""

LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Stop(Exception):  # noqa: N818 - not an error: the problem is already noted
    """Reading on would say nothing more."""


class _Refused:
    """Stands for a value or key that a problem was already noted for."""


_REFUSED: Final = _Refused()
_MERGE: Final = _Refused()


def load(text: str) -> tuple[object, list[Problem]]:
    """Return the value of a YAML document, and everything that is wrong with it.

    The value is only good for finding more that is wrong where each problem is a duplicate key, and means
    nothing where there is another. Problems carry no file.
    """
    builder = Builder()
    try:
        # Not yaml.parse, a generator in Python that asks for every event twice.
        builder.read(iter(LOADER(text).get_event, None))
    except _Stop:
        pass
    except yaml.YAMLError as exc:
        builder.problems.append(yaml_problems.syntax_problem(exc, text))
    return builder.value, builder.problems


class _Frame:
    """A list or an object that is still open."""

    __slots__ = ("anchor", "container", "height", "key", "lines", "merged", "nodes_before")

    def __init__(self, container: list[Any] | dict[str, Any], anchor: str | None, nodes_before: int) -> None:
        self.container = container
        self.anchor = anchor
        self.nodes_before = nodes_before
        self.key: str | _Refused | None = None
        self.lines: dict[str | _Refused, int] = {}
        self.merged: list[dict[str, Any]] = []
        self.height = 1
        """Levels from here down, this one included; aliases count as what they stand for."""

    def value(self) -> list[Any] | dict[str, Any]:
        if not self.merged:
            return self.container
        # Keys of the object itself win, and merged keys come first, as SafeLoader has it.
        result: dict[str, Any] = {}
        for other in self.merged:
            result |= other
        assert isinstance(self.container, dict)
        return result | self.container


class Builder:
    """The one pass: what is open, what was anchored, what is wrong."""

    def __init__(self) -> None:
        self.value: object = None
        self.problems: list[Problem] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[object, int, int]] = {}
        """Value, number of nodes, and levels."""
        self._documents = 0
        self._nodes = 0
        self._expanded = 0

    def read(self, stream: Iterator[Any]) -> None:
        handlers = {
            events.ScalarEvent: self._scalar,
            events.SequenceStartEvent: self._open_list,
            events.MappingStartEvent: self._open_object,
            events.SequenceEndEvent: self._close,
            events.MappingEndEvent: self._close,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._open_document,
        }
        for event in stream:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
        if self._documents == 0:
            self._note(None, "empty", "the file is empty: expected a document")

    def _note(self, event: Any, code: str, message: str, *, fix: str | None = None) -> None:
        mark = event.start_mark if event is not None else None
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        self.problems.append(Problem(code, message, line=line, column=column, fix=fix))
        if len(self.problems) >= PROBLEMS_MAX:
            raise _Stop

    def _stop(self, event: Any, code: str, message: str, *, fix: str | None = None) -> None:
        self._note(event, code, message, fix=fix)
        raise _Stop

    def _open_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "several documents in one file: expected one, got another after `---`"
            self._stop(event, "several-documents", message, fix="put each document into a file of its own")

    def _scalar(self, event: Any) -> None:
        self._nodes += 1
        frames = self._frames
        if not frames and event.implicit[0] and not event.value:
            self._stop(None, "empty", "the file is empty: expected a document, got only comments or `---`")
        if frames and event.value == "<<" and event.implicit[0] and self._wants_key(frames[-1]):
            value: object = _MERGE
        else:
            value = self._scalar_value(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = ("<<" if value is _MERGE else value, 1, 0)
        self._add(value, event)

    def _scalar_value(self, event: Any) -> object:
        try:
            return read_scalar(event.value, event.tag, is_plain=event.implicit[0])
        except ScalarError as exc:
            self._note(event, exc.code, exc.message, fix=exc.fix)
            return _REFUSED

    def _open_list(self, event: Any) -> None:
        self._open([], event)

    def _open_object(self, event: Any) -> None:
        self._open({}, event)

    def _open(self, container: list[Any] | dict[str, Any], event: Any) -> None:
        self._nodes += 1
        if len(self._frames) >= NESTING_MAX_LEVELS:
            message = f"nested too deeply: expected at most {NESTING_MAX_LEVELS} levels"
            self._stop(event, "nested-too-deeply", message)
        expected_tag = STANDARD + ("map" if isinstance(container, dict) else "seq")
        if event.tag not in (None, "!", expected_tag):
            refused = tag_error(event.tag)
            self._note(event, refused.code, refused.message, fix=refused.fix)
        if event.anchor is not None:
            # An alias to it before it is closed would make a value that contains itself.
            self._anchors[event.anchor] = (_REFUSED, 0, 0)
        self._frames.append(_Frame(container, event.anchor, self._nodes - 1))

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        value = frame.value()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (value, self._nodes - frame.nodes_before, frame.height)
        self._grow(frame.height)
        self._add(value, event)

    def _grow(self, height: int) -> None:
        """Note how many levels what now ends adds below the frame around it."""
        if self._frames:
            frame = self._frames[-1]
            frame.height = max(frame.height, height + 1)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            self._stop(
                event, "unknown-alias", f"unknown alias: expected an anchor above, got *{event.anchor[:40]}"
            )
        value, nodes, height = self._anchors[event.anchor]
        if nodes == 0:
            self._stop(
                event,
                "recursive-alias",
                f"alias *{event.anchor[:40]} contains itself: expected a finite document",
            )
        if len(self._frames) + height > NESTING_MAX_LEVELS:
            message = f"nested too deeply: expected at most {NESTING_MAX_LEVELS} levels, aliases counted"
            self._stop(event, "nested-too-deeply", message)
        self._grow(height)
        self._nodes += nodes
        self._expanded += nodes
        if self._expanded > EXPANDED_MAX_NODES:
            message = f"aliases expand to too much: expected at most {EXPANDED_MAX_NODES:,} more nodes"
            self._stop(
                event,
                "alias-bomb",
                message,
                fix="write out what the aliases stand for, or publish it with kind files",
            )
        self._add(value, event)

    @staticmethod
    def _wants_key(frame: _Frame) -> bool:
        return isinstance(frame.container, dict) and frame.key is None

    def _add(self, value: object, event: Any) -> None:
        if not self._frames:
            self.value = value
            return
        frame = self._frames[-1]
        container = frame.container
        if isinstance(container, list):
            container.append(value)
        elif frame.key is None:
            self._set_key(frame, value, event)
        else:
            if frame.key is _MERGE:
                self._merge(frame, value, event)
            elif isinstance(frame.key, str):
                container[frame.key] = value
            frame.key = None

    def _set_key(self, frame: _Frame, value: object, event: Any) -> None:
        key = value if isinstance(value, str | _Refused) else _REFUSED
        if key is not value or isinstance(value, DateText):
            self._note_key(value, event)
        line = event.start_mark.line + 1
        first = frame.lines.get(key)
        if first is None:
            frame.lines[key] = line
        else:
            self._note_duplicate(key, first, line, event)
            if isinstance(key, str):
                key = _REFUSED  # the first one counts, for whoever looks what else is wrong
        frame.key = key

    def _note_key(self, value: object, event: Any) -> None:
        written = getattr(event, "value", None)
        message, fix = f"expected a key of text, got {say_value(value)}", "write a key of plain text"
        if isinstance(written, str):
            fix = "quote it"
            message += "" if message.endswith(f" {written}") else f" (written {quote(written)[1:-1]})"
        self._note(event, "key-not-text", message, fix=fix)

    def _note_duplicate(self, key: str | _Refused, first: int, line: int, event: Any) -> None:
        if key is _MERGE:
            message = f"duplicate key '<<': in line {first} and again in line {line}"
            self._note(event, "duplicate-key", message, fix="merge several with one key: `<<: [*a, *b]`")
        elif isinstance(key, str):
            message = f"duplicate key {quote(key)}: in line {first} and again in line {line}"
            self._note(event, "duplicate-key", message, fix="keep one of the two")

    def _merge(self, frame: _Frame, value: object, event: Any) -> None:
        others = list(reversed(value)) if isinstance(value, list) else [value]
        for other in others:
            if isinstance(other, dict):
                self._nodes += len(other)
                frame.merged.append(other)
            elif other is not _REFUSED:
                message = (
                    f"expected an object or a list of objects to merge with `<<`, got {say_value(other)}"
                )
                self._note(event, "invalid-merge", message)
