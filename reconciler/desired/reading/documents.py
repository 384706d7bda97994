"""Files as values: bytes in, plain Python values out, or every problem with its line.

What is decided here: encoding, size, and which reader is asked. Positions are found by reading again,
only where there is a problem to report. Must never be added: what a field means, and opening files.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reconciler.desired.reading.encodings import wide_encoding
from reconciler.desired.reading.wording import FieldPath, Origin, Place
from reconciler.errors import DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.desired.reading.notes import Notes

DOCUMENT_MAX_BYTES: Final = 8 * 1024 * 1024
"""What is read as YAML or JSON is held in memory as a whole; the largest cards seen are below 1 MiB."""
PROBLEMS_MAX: Final = 100
"""Nobody reads more about one file, and a hostile file has millions."""
MERGE: Final = "<<"
"""The key that merges other objects into its own, in YAML 1.1."""


class Format(StrEnum):
    """How a document is written."""

    YAML = "yaml"
    JSON = "json"


_LEAVES_A_VALUE: Final = "duplicate-key"
"""The problem beside which a document can be looked at: the first of two values stands where it is found."""


class UnsoundError(DocumentError):
    """A file that is refused, of which enough was read to say what else is wrong with it."""

    def __init__(self, problems: list[Problem], document: Document) -> None:
        super().__init__(problems)
        self.document = document
        """For finding problems; nothing of it may be published."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was understood."""

    file: str
    format: Format
    value: object
    """dict, list, str, int, float, bool or None, all the way down."""
    text: str = field(repr=False)
    notes: Notes | None = field(default=None, repr=False, compare=False)

    def places(self, paths: Iterable[FieldPath]) -> dict[FieldPath, Place]:
        """Return the place of each path, or of the nearest field above it; reads the text once again."""
        wanted = list(paths)
        open_paths = {path[:length] for path in wanted for length in range(len(path) + 1)}
        if self.format is Format.YAML and MERGE in self.text:
            open_paths |= {(*path, MERGE) for path in open_paths}
        found: dict[FieldPath, Place] = {}
        for place in self._walk():
            if place.path in open_paths:
                found[place.path] = place
                open_paths.remove(place.path)
                if not open_paths:
                    break
        top = Place((), 1, 1, None)
        return {path: _nearest(path, found) or top for path in wanted}

    def origins(self, paths: Iterable[FieldPath]) -> dict[FieldPath, Origin]:
        """Return where each path, or the nearest field above it, was written, behind aliases and merges."""
        wanted = list(dict.fromkeys(paths))
        if self.format is Format.YAML:
            from reconciler.desired.reading.yaml_origins import find_origins

            return dict(find_origins(self.text, wanted))
        places = self.places(wanted)
        return {path: Origin(place, (place.line, place.column)) for path, place in places.items()}

    def position(self, path: FieldPath) -> Position:
        """Return where a field stands: its key in an object, its first character in a list."""
        place = self.places([path])[path]
        return Position(place.line, place.column)

    def written(self, path: FieldPath) -> str | None:
        """Return a scalar as the file has it, such as `1.10`; None for anything else."""
        place = self.places([path])[path]
        return place.written if place.path == path else None

    def _walk(self) -> Iterator[Place]:
        if self.format is Format.JSON:
            from reconciler.desired.reading import json_places

            return json_places.walk(self.text)
        from reconciler.desired.reading import yaml_lines, yaml_places

        return yaml_lines.as_editors_count(yaml_places.walk(self.text), self.text)


def read_document(content: bytes, *, file: str, suffix_format: Format) -> Document:
    """Return what a file says.

    Raises:
        UnsoundError: it is refused, and understood well enough to be looked at for more problems.
        DocumentError: it cannot be understood; holds all problems, with `file` and line.
    """
    # Who reads with a bound has one byte more than it, of a file of any size.
    require_size(None if len(content) == DOCUMENT_MAX_BYTES + 1 else len(content), file=file)
    text = decode(content, file)
    value, problems = _load(text, suffix_format)
    document = Document(file, suffix_format, value, text)
    if problems:
        placed = [replace(problem, file=file) for problem in problems]
        # As many as a reader tells: it may have stopped in the middle.
        is_whole = len(problems) < PROBLEMS_MAX and {problem.code for problem in problems} == {
            _LEAVES_A_VALUE
        }
        raise UnsoundError(placed, document) if is_whole else DocumentError(placed)
    return document


def require_size(size_bytes: int | None, *, file: str) -> None:
    """Refuse a file that is too large to be read as a document; ask before reading it.

    Args:
        size_bytes: of the whole file; None where no more is known than that it is too large.

    Raises:
        DocumentError: it is larger than DOCUMENT_MAX_BYTES.
    """
    if size_bytes is None or size_bytes > DOCUMENT_MAX_BYTES:
        limit = f"{DOCUMENT_MAX_BYTES // 1024**2} MiB ({DOCUMENT_MAX_BYTES:,} bytes)"
        got = "more" if size_bytes is None else f"{size_bytes:,} bytes"
        message = f"too large for a document: expected at most {limit}, got {got}"
        fix = "publish large files as they are, with kind files"
        raise DocumentError([Problem("too-large", message, file=file, fix=fix)])


def _load(text: str, suffix_format: Format) -> tuple[object, list[Problem]]:
    if suffix_format is Format.JSON:
        from reconciler.desired.reading import json_documents

        return json_documents.load(text)
    from reconciler.desired.reading import yaml_documents, yaml_lines

    value, problems = yaml_documents.load(text)
    return value, [yaml_lines.as_editors_see(problem, text) for problem in problems]


def decode(content: bytes, file: str) -> str:
    """Return the text of a file, without a byte order mark.

    Raises:
        DocumentError: it is not UTF-8.
    """
    encoding = wide_encoding(content)
    if encoding is not None:
        message = f"expected UTF-8, got {encoding.rpartition('-')[0]}"
        raise DocumentError([Problem("not-utf-8", message, file, 1, 1, fix="save it as UTF-8")])
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        column = len(content[content.rfind(b"\n", 0, exc.start) + 1 : exc.start].decode(errors="replace")) + 1
        message = f"expected UTF-8, got the byte 0x{content[exc.start]:02x}"
        problem = Problem("not-utf-8", message, file=file, line=line, column=column, fix="save it as UTF-8")
        raise DocumentError([problem]) from exc


def _nearest(path: FieldPath, found: dict[FieldPath, Place]) -> Place | None:
    """Return the place of a field, of the `<<` that brings it along, or of what it stands in."""
    for length in range(len(path), -1, -1):
        place = found.get(path[:length])
        if place is not None:
            return place if length == len(path) else found.get((*path[:length], MERGE), place)
    return None
