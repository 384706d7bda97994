"""The text of a catalog taken apart: the members of one JSON object, and the elements of one list in it.

Decided here: that each part keeps its own text. Entries of other projects are written again byte for byte,
which no JSON library gives back once it has read them; whoever only reads them need not wait for that.
Must never be added: what a part means.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
PIECE_BYTES: Final = 1024 * 1024
_UNSURE_CHARACTERS: Final = 3
"""At the end of a piece a number may be cut: `1`, `1.` and `1e+` all go on."""

Part = tuple[Any, str]
"""One value, and the text that it was read from."""


class Scanner:
    """Reads one JSON text from its beginning to its end, decoding a piece of its bytes at a time.

    One letter beyond ASCII among the words of 100,000 artifacts makes a text of all of them two or four
    times as large as its bytes.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self._decoded_bytes = content, 0
        self._text, self._at = "", 0
        self._singly_until = 0

    def members(self) -> Iterator[tuple[str, str]]:
        """Yield the keys of an object, each with its text; whoever iterates reads each value before going on.

        Raises:
            ValueError: here is no object, or not all of one.
        """
        self._require("{")
        if self._take("}"):
            return
        while True:
            key, text = self.part()
            if not isinstance(key, str):
                raise ValueError(f"expected a key, got {str(key)[:40]!r}")
            self._require(":")
            yield key, text
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
            if self._take(","):
                continue
            if self._take("]"):
                return
            self._require(",")

    def values(self) -> Iterator[Any]:
        """Yield the elements of a list without their texts, in half the time where they are objects.

        Raises:
            ValueError: here is no list, or not all of one.
        """
        self._require("[")
        if self._take("]"):
            return
        while True:
            yield from self._many()
            value, _ = self.part()
            yield value
            if self._take(","):
                continue
            if self._take("]"):
                return
            self._require(",")

    def _many(self) -> list[Any]:
        """Return the objects up to the last comma behind one in this piece, and go behind it.

        That comma may be another one: within a text or a list, or behind the end of this list. What stands
        before it is no list of whole values then, so nothing is taken, and the next ones come singly.
        """
        cut = self._text.rfind("},", max(self._at, self._singly_until))
        if cut < 0:
            return []
        try:
            values: list[Any] = _DECODER.decode(f"[{self._text[self._at : cut + 1]}]")
        except (json.JSONDecodeError, RecursionError):
            self._singly_until = len(self._text)
            return []
        self._at = cut + 2
        return values

    def part(self) -> Part:
        """Return the value that stands here.

        Raises:
            ValueError: it is no JSON.
        """
        self._skip()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as exc:
                if self._decode():
                    continue
                raise ValueError(f"expected JSON, got {self._text[exc.pos : exc.pos + 40]!r}") from exc
            except RecursionError as exc:
                raise ValueError("expected JSON, got lists nested too deeply") from exc
            if end + _UNSURE_CHARACTERS < len(self._text) or not self._decode():
                text = self._text[self._at : end]
                self._at = end
                return value, text

    def end(self) -> None:
        """Insist that nothing follows.

        Raises:
            ValueError: something does.
        """
        self._skip()
        if self._at != len(self._text):
            raise ValueError(f"expected the end, got {self._text[self._at : self._at + 40]!r}")

    def _skip(self) -> None:
        """Go to what is not blank."""
        while True:
            if self._text[self._at : self._at + 1] > " ":
                return  # as nearly always: quicker than the pattern
            match = _BLANK.match(self._text, self._at)
            assert match is not None, "a pattern that may be empty always matches"
            self._at = match.end()
            if self._at < len(self._text) or not self._decode():
                return

    def _take(self, character: str) -> bool:
        self._skip()
        found = self._text.startswith(character, self._at)
        self._at += found
        return found

    def _require(self, character: str) -> None:
        if not self._take(character):
            raise ValueError(f"expected {character!r}, got {self._text[self._at : self._at + 40]!r}")

    def _decode(self) -> bool:
        """Add another piece, as large as what one value may have left unread; say whether there was one.

        Raises:
            ValueError: the bytes are no UTF-8.
        """
        begin = self._decoded_bytes
        if begin == len(self._content):
            return False
        rest = self._text[self._at :]
        end = begin + max(PIECE_BYTES, len(rest))
        while self._content[end : end + 1] and self._content[end] & 0xC0 == 0x80:
            end += 1  # within a letter
        try:
            self._singly_until = 0
            self._text, self._at = rest + self._content[begin:end].decode(), 0
        except UnicodeDecodeError as exc:
            at = begin + exc.start
            raise ValueError(f"expected UTF-8, got {self._content[at : at + 1]!r} at byte {at}") from exc
        self._decoded_bytes = min(end, len(self._content))
        return True


class Texts:
    """The texts of the elements of one list in an object, taken apart when the first is asked for."""

    def __init__(self, content: bytes, key: str) -> None:
        self._content, self._key = content, key

    @cached_property
    def all(self) -> list[str]:
        """Every text, in order."""
        texts: list[str] = []
        scanner = Scanner(self._content)
        for key, _ in scanner.members():
            if key == self._key:
                texts = [text for _, text in scanner.elements()]
            else:
                scanner.part()
        return texts


class Written:
    """The text of one of them; equal to another that is the same."""

    __slots__ = ("_place", "_texts")

    def __init__(self, texts: Texts, place: int) -> None:
        self._texts, self._place = texts, place

    def __str__(self) -> str:
        return self._texts.all[self._place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | Written) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))
