"""Where things stand in a TOML text: tomllib says what, this says which line.

Only for texts that tomllib accepted: the scanner trusts them, and checks nothing.
Must never be added: values, or an opinion about them.

Spec: TOML v1.0.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.errors import Problem

if TYPE_CHECKING:
    import tomllib

Path = tuple[str | int, ...]
"""Keys and, for elements of arrays, numbers from 0: `("artifact", 2, "version")`."""

_SPACE = re.compile(r"[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*")
_BETWEEN = re.compile(r"(?:[ \t\r\n,]++|#[^\n]*+)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
# A multi-line string may end in two quotes of its own, hence up to five. Character classes are
# possessive, so that long strings cost linear time; groups are not: CPython 3.11.2 gets those wrong.
_STRING = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


class Lines:
    """The lines of all keys, tables and elements of one text, found in one pass."""

    def __init__(self, text: str) -> None:
        self._lines = _Scan(text).run()

    def locate(self, path: Path) -> int | None:
        """Return the line of what `path` names, or of the nearest thing above it that is there.

        A table or an element of an array of tables is where its header is, a key where it is written,
        an element of an array where it begins. Lines count from 1; None where nothing of it is there.
        """
        place = self.place(path)
        return None if place is None else place[0]

    def place(self, path: Path) -> tuple[int, int] | None:
        """Return line and column of what `path` names, as `locate` does; columns are characters, from 1."""
        for end in range(len(path), 0, -1):
            place = self._lines.get(path[:end])
            if place is not None:
                return place
        return None


def locate(text: str, path: Path) -> int | None:
    """Return the line of what `path` names; for many questions about one text use `Lines`."""
    return Lines(text).locate(path)


def syntax_problem(text: str, exc: tomllib.TOMLDecodeError, file: str | None) -> Problem:
    """Say what tomllib dislikes, and where; line and column count from 1."""
    said = str(exc)
    where = _WHERE.search(said)
    message = said[: where.start()] if where else said
    message = f"not TOML: {message[:1].lower()}{message[1:]}"
    if where is None:
        return Problem("not-toml", message, file)
    if where["line"] is None:
        return Problem("not-toml", f"{message}, at the end of the file", file, max(len(text.splitlines()), 1))
    return Problem("not-toml", message, file, int(where["line"]), int(where["column"]))


class _Scan:
    """One pass over the text; `at` is where it is, `line` the number of the line there."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.counted, self.line = text, 0, 0, 1
        self.line_start = 0
        self.lines: dict[Path, tuple[int, int]] = {}
        """Line and column."""
        self.lengths: dict[Path, int] = {}
        """How many elements each array of tables has so far."""

    def run(self) -> dict[Path, tuple[int, int]]:
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)
        return self.lines

    def header(self) -> Path:
        place = self.place_here()
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        keys = self.dotted_key()
        self.at += 2 if is_array else 1
        path = self.absolute((), keys[:-1], place)
        path = (*path, keys[-1])
        if not is_array:
            # A sub-table may have made this one known: its own header is the better place.
            self.lines[path] = place
            return path
        self.lines.setdefault(path, place)
        index = self.lengths.get(path, 0)
        self.lengths[path] = index + 1
        self.lines[*path, index] = place
        return (*path, index)

    def absolute(self, table: Path, keys: list[str], place: tuple[int, int]) -> Path:
        """Follow keys from a table, through the last element of each array of tables."""
        path = table
        for key in keys:
            path = (*path, key)
            self.lines.setdefault(path, place)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def pair(self, table: Path) -> None:
        place = self.place_here()
        keys = self.dotted_key()
        self.skip(_EQUALS)
        path = (*self.absolute(table, keys[:-1], place), keys[-1])
        self.lines.setdefault(path, place)
        self.value(path)

    def value(self, path: Path) -> None:
        """Pass over one value; what is open is a list and no recursion, however deep it goes."""
        open_ones: list[_Container] = []
        inner: Path | None = path
        while inner is not None:
            first = self.text[self.at : self.at + 1]
            if first in ("[", "{"):
                self.at += 1
                open_ones.append(_Container(inner, is_array=first == "["))
            else:
                self.skip(_STRING if first in ("'", '"') else _SCALAR)
            inner = self.next_value(open_ones)

    def next_value(self, open_ones: list[_Container]) -> Path | None:
        """Go to the next value within the open containers; None where the last one is closed."""
        while open_ones:
            container = open_ones[-1]
            self.skip(_BETWEEN)
            if not self.text.startswith(("]", "}"), self.at):
                return self.element(container) if container.is_array else self.inline_key(container)
            self.at += 1
            open_ones.pop()
        return None

    def element(self, array: _Container) -> Path:
        path = (*array.path, array.length)
        array.length += 1
        self.lines[path] = self.place_here()
        return path

    def inline_key(self, table: _Container) -> Path:
        place, path = self.place_here(), table.path
        for key in self.dotted_key():
            path = (*path, key)
            self.lines.setdefault(path, place)
        self.skip(_EQUALS)
        return path

    def dotted_key(self) -> list[str]:
        keys = []
        while True:
            self.skip(_SPACE)
            is_quoted = self.text.startswith(('"', "'"), self.at)
            keys.append(_unquote(self.skip(_STRING)) if is_quoted else self.skip(_BARE))
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Go behind what `pattern` matches here, and return it."""
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"line {self.place_here()[0]}: expected TOML that tomllib accepts")
        self.at = match.end()
        return match[0]

    def place_here(self) -> tuple[int, int]:
        passed = self.text.count("\n", self.counted, self.at)
        if passed:
            self.line += passed
            self.line_start = self.text.rfind("\n", self.counted, self.at) + 1
        self.counted = self.at
        return self.line, self.at - self.line_start + 1


class _Container:
    """An array or an inline table that is not closed yet."""

    __slots__ = ("is_array", "length", "path")

    def __init__(self, path: Path, *, is_array: bool) -> None:
        self.path, self.is_array, self.length = path, is_array, 0


def _unquote(quoted: str) -> str:
    inner = quoted[1:-1]
    return inner if quoted.startswith("'") else _ESCAPE.sub(_unescape, inner)


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])
