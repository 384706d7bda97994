"""The text of a catalog taken apart: the members of one JSON object, and the elements of one list in it.

Decided here: that each part keeps its own text. Entries of other projects are written again byte for byte,
which no JSON library gives back once it has read them. Must never be added: what a part means.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Part:
    """One value, and the text that it was read from."""

    text: str
    value: Any


class Scanner:
    """Reads one JSON text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def members(self) -> Iterator[str]:
        """Yield the keys of an object; whoever iterates reads each value before going on.

        Raises:
            ValueError: here is no object, or not all of one.
        """
        self._require("{")
        if self._take("}"):
            return
        while True:
            key = self.part().value
            if not isinstance(key, str):
                raise ValueError(f"expected a key, got {str(key)[:40]!r}")
            self._require(":")
            yield key
            if self._take("}"):
                return
            self._require(",")

    def elements(self) -> Iterator[Part]:
        """Yield the elements of a list.

        Raises:
            ValueError: here is no list, or not all of one.
        """
        self._require("[")
        if self._take("]"):
            return
        while True:
            yield self.part()
            at = self._skip()
            if self._text.startswith(",", at):
                self._at = at + 1
                continue
            if self._take("]"):
                return
            self._require(",")

    def part(self) -> Part:
        """Return the value that stands here.

        Raises:
            ValueError: it is no JSON.
        """
        start = self._skip()
        try:
            value, self._at = _DECODER.raw_decode(self._text, start)
        except RecursionError as exc:
            raise ValueError("expected JSON, got lists nested too deeply") from exc
        return Part(self._text[start : self._at], value)

    def end(self) -> None:
        """Insist that nothing follows.

        Raises:
            ValueError: something does.
        """
        if self._skip() != len(self._text):
            raise ValueError(f"expected the end, got {self._text[self._at : self._at + 40]!r}")

    def _skip(self) -> int:
        match = _BLANK.match(self._text, self._at)
        assert match is not None, "a pattern that may be empty always matches"
        self._at = match.end()
        return self._at

    def _take(self, character: str) -> bool:
        found = self._text.startswith(character, self._skip())
        self._at += found
        return found

    def _require(self, character: str) -> None:
        if not self._take(character):
            raise ValueError(f"expected {character!r}, got {self._text[self._at : self._at + 40]!r}")
