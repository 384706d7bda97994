"""What a file says at its top, as far as that can be made out, however broken it is.

Decided here: what is made of what no strict reader accepts: of two equal keys the first counts, of several
documents the first, keys are what was written, aliases stand for their first level, and where a text stops
being YAML its unindented keys count. Good for telling what somebody meant a file to be, and for nothing else.
Must never be added: a problem, or a value that is published.
"""

from __future__ import annotations

import itertools
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml import events

from reconciler.desired.reading.documents import Format
from reconciler.desired.reading.encodings import narrowed
from reconciler.desired.reading.yaml_documents import LOADER
from reconciler.desired.reading.yaml_scalars import ScalarError, read_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

PIECES_MAX: Final = 50_000
"""Of a larger file the rest is not looked at, but for its unindented keys."""
LEVELS_MAX: Final = 20
"""What lies deeper is left out: nobody is known by it."""

_UNREADABLE: Final = "\ufffd"
_JSON_PIECE: Final = re.compile(
    r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[{}\[\],:]|//[^\n]*|/\*[^*]*\*?/?|[^\s{}\[\],:"]+|"[^\n]*'
    # Comments, which many programs write, are no JSON; the last is a text without its end.
)
_KEY: Final = re.compile(
    r"""^(?:"([^"\n]{1,100})"|'([^'\n]{1,100})'|([A-Za-z_$@][^\s:#]{0,100}))[ \t]*:(?:[ \t]([^\n]*))?$""",
    re.MULTILINE,
)
_SECOND_DOCUMENT: Final = re.compile(r"(?<=\n)(?:---|\.\.\.)(?=\s)")


def sketch(content: bytes, written_as: Format) -> object:
    """Return what can be made out of a file: plain values, and None where that is nothing."""
    text = narrowed(content).decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    pieces = _JsonPieces() if written_as is Format.JSON else _YamlPieces()
    value = pieces.read(text)
    if written_as is Format.YAML and not pieces.is_whole and isinstance(value, dict | None):
        return _unindented(text) | (value or {})
    return value


class _Pieces:
    """Values in the making: each stands in its container as soon as it is opened."""

    def __init__(self) -> None:
        self.value: object = None
        self.is_whole = False
        """Whether nothing was left out at the end."""
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str | None] = []

    def read(self, text: str) -> object:
        raise NotImplementedError

    @property
    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], dict) and self._keys[-1] is None

    def _enter(self, container: dict[str, Any] | list[Any]) -> None:
        if self._wants_key:
            self._keys[-1] = _UNREADABLE
        self._put(container)
        self._open.append(container)
        self._keys.append(None)

    def _leave(self) -> None:
        if self._open:
            self._open.pop()
            self._keys.pop()

    def _put(self, value: object) -> None:
        """Take in a value, whose key is known where it needs one."""
        if not self._open:
            self.value = value if self.value is None else self.value
        elif len(self._open) <= LEVELS_MAX:
            container = self._open[-1]
            if isinstance(container, list):
                container.append(value)
            else:
                container.setdefault(str(self._keys[-1]), value)
        if self._open:
            self._keys[-1] = None


class _JsonPieces(_Pieces):
    def read(self, text: str) -> object:
        for match in itertools.islice(_JSON_PIECE.finditer(text), PIECES_MAX):
            piece = match[0]
            if piece.startswith("/"):
                continue
            if piece in "{[":
                self._enter({} if piece == "{" else [])
            elif piece in "}]":
                self._leave()
            elif piece == ",":
                # A key without a value says nothing; the next one begins afresh.
                if self._open:
                    self._keys[-1] = None
            elif self._wants_key and piece != ":":
                self._keys[-1] = str(_json_scalar(piece))
            elif piece != ":":
                self._put(_json_scalar(piece))
        return self.value


def _json_scalar(piece: str) -> object:
    try:
        value: object = json.loads(piece)
    except ValueError:
        return piece.strip('"')
    return value


class _YamlPieces(_Pieces):
    def __init__(self) -> None:
        super().__init__()
        self._anchors: dict[str, object] = {}

    def read(self, text: str) -> object:
        with suppress(yaml.YAMLError):
            self._take(itertools.islice(iter(LOADER(text).get_event, None), PIECES_MAX))
        return self.value

    def _take(self, stream: Iterable[Any]) -> None:
        for event in stream:
            match event:
                case events.ScalarEvent():
                    self._scalar(event)
                case events.MappingStartEvent():
                    self._start(event, {})
                case events.SequenceStartEvent():
                    self._start(event, [])
                case events.MappingEndEvent() | events.SequenceEndEvent():
                    self._leave()
                case events.AliasEvent():
                    self._value_or_key(self._anchors.get(str(event.anchor)))
                case events.DocumentEndEvent():
                    self.is_whole = True
                    return
                case _:
                    pass

    def _scalar(self, event: Any) -> None:
        value: object = event.value
        if not self._wants_key:
            with suppress(ScalarError):
                value = read_scalar(event.value, event.tag, is_plain=event.implicit[0])
        self._remember(event, value)
        self._value_or_key(value)

    def _start(self, event: Any, container: dict[str, Any] | list[Any]) -> None:
        self._enter(container)
        self._remember(event, container)

    def _remember(self, event: Any, value: object) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = value

    def _value_or_key(self, value: object) -> None:
        if self._wants_key:
            self._keys[-1] = str(value)
            return
        # One level and no more: what aliases stand for can be as large as they like.
        value = _first_level(value)
        if self._keys and self._keys[-1] == "<<" and isinstance(value, dict):
            container = self._open[-1]
            if isinstance(container, dict) and len(self._open) <= LEVELS_MAX:
                self._keys[-1] = None
                container.update({key: item for key, item in value.items() if key not in container})
                return
        self._put(value)


def _first_level(value: object) -> object:
    if isinstance(value, dict):
        return {key: type(item)() if isinstance(item, dict | list) else item for key, item in value.items()}
    return [] if isinstance(value, list) else value


def _unindented(text: str) -> dict[str, object]:
    """Return the keys at the left edge of the first document, and what seems to follow each."""
    body = text.removeprefix("---\n")
    end = _SECOND_DOCUMENT.search(body)
    body = body[: end.start()] if end else body
    found: dict[str, object] = {}
    for match in itertools.islice(_KEY.finditer(body), PIECES_MAX):
        key = match[1] or match[2] or match[3]
        found.setdefault(key, _following(body, match))
    return found


def _following(text: str, match: re.Match[str]) -> object:
    written = (match[4] or "").strip()
    if written and written[0] not in "#&!":
        return {"[": [], "{": {}}.get(written[0], written.strip("'\""))
    below = text[match.end() : match.end() + 1_000].lstrip("\n")
    line = next((each for each in below.split("\n") if each.strip() and each.lstrip()[0] != "#"), "")
    if line.lstrip().startswith("-"):
        return []
    return {} if line[:1] in (" ", "\t") else None
