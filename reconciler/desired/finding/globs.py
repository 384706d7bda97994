"""The patterns of `files`: their grammar, and what one segment matches.

`*`, `?`, `[abc]`, `[!abc]` within a name, `**` for any number of folders; `/` on every system, case
matters on every system. Hidden names are matched only where the pattern names the dot. A pattern
without any of these characters is a literal path. One that begins with `!` takes out what others of its
list name, wherever it stands in the list; `./!name` is a file whose own name begins so.
Must never be added: looking at the disk.
"""

from __future__ import annotations

import fnmatch
import glob
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NEVER_ENTERED = frozenset({".git", ".pallet"})
"""git's own folder and pallet's: no part of the tree that is published."""

EXCLUDES: Final = "!"
"""What an exclusion begins with."""

_SPECIAL = re.compile(r"[*?\[]")
_DRIVE = re.compile(r"[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class Segment:
    """What one step of a path may be called."""

    regex: re.Pattern[str]
    is_deep: bool
    """True for `**`."""
    takes_hidden: bool

    def matches(self, name: str) -> bool:
        return (self.takes_hidden or not name.startswith(".")) and self.regex.match(name) is not None


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern, split where its glob characters begin."""

    text: str
    fixed: tuple[str, ...]
    """The folders before the first glob character; all folders of a literal path."""
    segments: tuple[Segment, ...]
    """What follows; empty for a literal path."""
    name: str
    """The last step of a literal path; empty for others."""

    @property
    def is_literal(self) -> bool:
        return not self.segments

    @property
    def literal_path(self) -> str:
        return "/".join((*self.fixed, self.name))

    def title(self, path: str) -> str:
        """Return the part of a path below the fixed part of this pattern."""
        return path[sum(len(part) + 1 for part in self.fixed) :]

    def means(self, path: str) -> bool:
        """Say whether a file is one of this pattern's; what stands below a literal path is."""
        parts = tuple(path.split("/"))
        if self.is_literal:
            named = (*self.fixed, self.name)
            return parts[: len(named)] == named
        count = len(self.fixed)
        return parts[:count] == self.fixed and _follow(parts[count:], self.segments)


def as_pattern(path: str) -> str:
    """Return the pattern that means one path, whatever its name."""
    return f"{'./' if path.startswith(EXCLUDES) else ''}{glob.escape(path)}"


def parse_exclusions(patterns: Iterable[str]) -> list[Glob]:
    """Return what a list of patterns takes out, without those that cannot be read.

    `text` of each is as it was written, with the sign.
    """
    exclusions = []
    for pattern in patterns:
        if pattern.startswith(EXCLUDES):
            with suppress(ValueError):
                exclusions.append(replace(parse_glob(pattern.removeprefix(EXCLUDES)), text=pattern))
    return exclusions


def parse_glob(text: str) -> Glob:
    """Read one pattern.

    Raises:
        ValueError: it cannot be a path below the project; the message says why.
    """
    parts = _split(text)
    first = next((index for index, part in enumerate(parts) if _SPECIAL.search(part)), None)
    if first is None:
        return Glob(text, tuple(parts[:-1]), (), parts[-1])
    rest = parts[first:]
    if rest[-1] == "**":
        rest.append("*")
    return Glob(text, tuple(parts[:first]), tuple(_segment(part) for part in rest), "")


def _follow(parts: Iterable[str], segments: Sequence[Segment]) -> bool:
    """Say whether the steps of a path are what the segments ask for, one after the other."""
    places = {0}
    for part in parts:
        # `**` may stand for no folder at all. It is never the last segment.
        places |= {place + 1 for place in places if place < len(segments) and segments[place].is_deep}
        places = {
            place if segments[place].is_deep else place + 1
            for place in places
            if place < len(segments) and segments[place].matches(part)
        }
    return len(segments) in places


def _split(text: str) -> list[str]:
    if "\\" in text:
        raise ValueError("a backslash: expected / between folders")
    if "\0" in text:
        raise ValueError("a NUL character: expected a path")
    if text.startswith("/") or _DRIVE.match(text):
        raise ValueError("an absolute path: expected one relative to the project")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts:
        raise ValueError("names no file: expected a path or a glob, such as workflows/*.yaml")
    if ".." in parts:
        raise ValueError("leaves the project: expected a path without ..")
    forbidden = next((part for part in parts if part in NEVER_ENTERED), None)
    if forbidden is not None:
        raise ValueError(f"leads into {forbidden}/, which is never published")
    return parts


def _segment(part: str) -> Segment:
    is_deep = part == "**"
    if "**" in part and not is_deep:
        raise ValueError(f"{part!r}: expected ** to stand alone between slashes")
    return Segment(re.compile(fnmatch.translate(part)), is_deep, part.startswith("."))
