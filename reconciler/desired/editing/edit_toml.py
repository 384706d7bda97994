"""Where texts stand in a TOML text, to the character, and where a new entry would go.

A scan of our own instead of a library that renders the file again: what is not touched is never read as
anything but characters. Only for texts that tomllib accepted.
Must never be added: a value, or a key that is neither `version` nor an entry of `versions`.

Spec: TOML v1.0.0.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from reconciler.desired.editing.edit_splices import Splice, indent_of, line_break_after
from reconciler.desired.reading.toml_lines import _Container, _Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.reading.toml_lines import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_QUOTES = ('"""', "'''", '"', "'")


def splice_versions(text: str, changes: Mapping[Path, str]) -> list[Splice]:
    """Return the splices that give texts another text, quotes kept, and add missing entries of `versions`.

    Args:
        text: TOML that tomllib accepts.
        changes: new texts, without characters that TOML escapes, by the path of what they replace;
            `("artifact", 0, "versions", "a")` is added where it is missing.
    """
    spans = _Spans(text)
    spans.run()
    splices = []
    missing: dict[Path, dict[str, str]] = {}
    for path, new in changes.items():
        if path in spans.values:
            splices.append(_replace(text, *spans.values[path], new))
        else:
            missing.setdefault(path[:-1], {})[str(path[-1])] = new
    splices += (_add(spans, table, entries) for table, entries in missing.items())
    return splices


class _Spans(_Scan):
    """The scan that finds lines, which notes on the way where each value and table stands."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.values: dict[Path, tuple[int, int]] = {}
        """From the first to behind the last character; of an array or inline table its bracket alone."""
        self.tails: dict[Path, tuple[int, int]] = {}
        """Where the last key of a table with a header stands, or the header of one without keys."""
        self.children: dict[Path, list[tuple[int, int]]] = {}
        """Where the values directly below a table stand, in the order of the file."""
        self._open: tuple[Path, int] | None = None

    def header(self) -> Path:
        start = self.at
        path = super().header()
        self.tails[path] = (start, self.at)
        return path

    def pair(self, table: Path) -> None:
        start = self.at
        super().pair(table)
        self.tails[table] = (start, self.at)

    def value(self, path: Path) -> None:
        self._open = (path, self.at)
        super().value(path)

    def next_value(self, open_ones: list[_Container]) -> Path | None:
        assert self._open is not None
        path, start = self._open
        self.values[path] = (start, self.at)
        self.children.setdefault(path[:-1], []).append((start, self.at))
        inner = super().next_value(open_ones)
        self._open = (inner, self.at) if inner is not None else None
        return inner


def _replace(text: str, start: int, end: int, new: str) -> Splice:
    quotes = next(quotes for quotes in _QUOTES if text.startswith(quotes, start))
    return Splice(start + len(quotes), end - len(quotes), new)


def _add(spans: _Spans, table: Path, entries: Mapping[str, str]) -> Splice:
    """Add entries in the style that the file has: a table of its own, an inline table, or dotted keys."""
    pairs = [f'{_key(key)} = "{new}"' for key, new in entries.items()]
    own = spans.children.get(table, [])
    parent = table[:-1]
    if table in spans.tails:
        return _add_lines(spans.text, spans.tails[table], pairs)
    if table in spans.values:
        return _add_inline(spans.text, spans.values[table], own, pairs)
    dotted = [f"{table[-1]}.{pair}" for pair in pairs]
    if parent not in spans.tails:
        start = spans.values[parent][1]
        # Inline tables hold no table twice: the front is as good as any other place, and always there.
        return Splice(start, start, f" {', '.join(dotted)},") if own else _add_first(start, table, pairs)
    if own:
        return _add_lines(spans.text, own[-1], dotted)
    return _add_lines(spans.text, spans.tails[parent], ["[artifact.versions]", *pairs])


def _add_lines(text: str, neighbour: tuple[int, int], lines: list[str]) -> Splice:
    start, end = neighbour
    at, line_break = line_break_after(text, end)
    indent = indent_of(text, start)
    return Splice(at, at, "".join(f"{line_break}{indent}{line}" for line in lines))


def _add_inline(text: str, bracket: tuple[int, int], own: list[tuple[int, int]], pairs: list[str]) -> Splice:
    if own:
        at = max(end for _, end in own)
        return Splice(at, at, "".join(f", {pair}" for pair in pairs))
    at = bracket[1]
    return Splice(at, at, f" {', '.join(pairs)}" + (" " if text.startswith("}", at) else ""))


def _add_first(start: int, table: Path, pairs: list[str]) -> Splice:
    return Splice(start, start, f" {table[-1]} = {{ {', '.join(pairs)} }},")


def _key(text: str) -> str:
    if _BARE_KEY.fullmatch(text):
        return text
    # JSON's escapes are a subset of those of TOML's basic strings, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
