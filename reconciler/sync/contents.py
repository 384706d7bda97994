"""How two contents differ: field by field, line by line, member by member, or just that they do.

Decided here: what is looked into, and how far. YAML and JSON as what they say, other text by its lines,
archives by their members; whatever is too large, or neither, by size and digest. Must never be added: a
request.
"""

from __future__ import annotations

import difflib
import tempfile
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import IO, TYPE_CHECKING

from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, Format, read_document
from reconciler.errors import InvalidError
from reconciler.sync.differences import CHANGES_MAX, Change, compare_documents
from reconciler.sync.members import Member, is_archive, read_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.oci.manifest import Descriptor

LINES_MAX = 2000
"""So many lines of a difference are given."""
_TEXT_MAX_BYTES, _TEXT_MAX_LINES = 1024 * 1024, 20_000
"""Beyond, finding the shortest difference takes too long."""
_ARCHIVE_MAX_BYTES = 1024**3
_HEAD_BYTES = 512
_IN_MEMORY_BYTES = 32 * 1024 * 1024
_NO_END = "\\ No newline at end of file"


class How(StrEnum):
    """By what two contents were compared."""

    FIELDS = "fields"
    LINES = "lines"
    MEMBERS = "members"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Content:
    """One blob of one side."""

    name: str
    """Of its side."""
    title: str
    """Of itself; empty for a config."""
    descriptor: Descriptor
    read: Callable[[], Iterator[bytes]] = field(compare=False)
    """Its pieces, verified."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where two artifacts differ, and how."""

    where: str
    """`manifest`, `config`, or the title of a layer."""
    how: How
    changes: tuple[Change, ...] = ()
    lines: tuple[str, ...] = ()
    """Of a unified difference, without line ends."""
    note: str | None = None
    """What is not shown, and why."""


def compare_contents(where: str, before: Content, after: Content) -> Part:
    """Return how two blobs differ that are not the same.

    Raises:
        PalletError: one of them could not be read.
    """
    sizes = before.descriptor.size_bytes, after.descriptor.size_bytes
    if max(sizes) > _ARCHIVE_MAX_BYTES:
        return _by_bytes(where, before, after, "too large to be looked into")
    with _spooled(before) as one, _spooled(after) as other:
        heads = one.read(_HEAD_BYTES), other.read(_HEAD_BYTES)
        one.seek(0)
        other.seek(0)
        if all(
            is_archive(side.title, side.descriptor.media_type, head)
            for side, head in zip((before, after), heads, strict=True)
        ):
            return _by_members(where, before, after, (one, other))
        if max(sizes) > DOCUMENT_MAX_BYTES:
            return _by_bytes(where, before, after, "too large to be looked into")
        return _by_meaning(where, before, after, (one.read(), other.read()))


def whole(where: str, before: Descriptor | None, after: Descriptor | None) -> Part:
    """Return the part of what is on one side only."""
    return Part(where, How.BYTES, (Change("file", where, _say(before), _say(after)),))


def _spooled(content: Content) -> tempfile.SpooledTemporaryFile[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (closed by the caller)
    try:
        for piece in content.read():
            file.write(piece)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _by_members(where: str, before: Content, after: Content, streams: Sequence[IO[bytes]]) -> Part:
    try:
        one, other = (
            read_members(stream, side.descriptor.size_bytes, subject=side.name)
            for stream, side in zip(streams, (before, after), strict=True)
        )
    except ValueError as exc:
        return _by_bytes(where, before, after, f"cannot be looked into: {exc}")
    names = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    changes = tuple(
        Change("member", name, *_say_members(one.get(name), other.get(name))) for name in names[:CHANGES_MAX]
    )
    if not names:
        return Part(where, How.MEMBERS, note="the same members: order, times or compression differ")
    return Part(where, How.MEMBERS, changes, note=_more(len(names), CHANGES_MAX, "members"))


def _say_members(one: Member | None, other: Member | None) -> tuple[str | None, str | None]:
    """Return two members by size; where that is the same, with what tells them apart."""
    if one is None or other is None or one.size_bytes != other.size_bytes:
        return _say_size(one), _say_size(other)
    if one.content != other.content:
        return f"{_say_size(one)}, {one.content}", f"{_say_size(other)}, {other.content}"
    return f"{_say_size(one)}, {one.kind}", f"{_say_size(other)}, {other.kind}"


def _say_size(member: Member | None) -> str | None:
    return None if member is None else f"{member.size_bytes} bytes"


def _by_meaning(where: str, before: Content, after: Content, contents: tuple[bytes, bytes]) -> Part:
    kinds = {_format_of(side.title, side.descriptor.media_type) for side in (before, after)}
    only = kinds.pop() if len(kinds) == 1 else None
    if only is not None:
        try:
            values = [read_document(content, file=where, suffix_format=only).value for content in contents]
        except InvalidError:
            pass  # lines say more than nothing
        else:
            changes = tuple(compare_documents(*values))
            if changes:
                note = f"more than {CHANGES_MAX - 1} fields differ" if len(changes) == CHANGES_MAX else None
                return Part(where, How.FIELDS, changes, note=note)
            return Part(where, How.FIELDS, note="the same fields: comments, order or white space differ")
    return _by_lines(where, before, after, contents)


def _format_of(title: str, media_type: str) -> Format | None:
    name = title.lower()
    if name.endswith(".json") or media_type.endswith("json"):
        return Format.JSON
    return Format.YAML if name.endswith((".yaml", ".yml")) or media_type.endswith("yaml") else None


def _by_lines(where: str, before: Content, after: Content, contents: tuple[bytes, bytes]) -> Part:
    if max(map(len, contents)) > _TEXT_MAX_BYTES:
        return _by_bytes(where, before, after, "too large to be compared by lines")
    try:
        one, other = (content.decode() for content in contents)
    except UnicodeDecodeError:
        return _by_bytes(where, before, after, None)
    if "\0" in one or "\0" in other:
        return _by_bytes(where, before, after, None)
    sides = _lines_of(one), _lines_of(other)
    if max(map(len, sides)) > _TEXT_MAX_LINES:
        return _by_bytes(where, before, after, "too many lines to be compared")
    found = difflib.unified_diff(*sides, before.name, after.name, lineterm="")
    lines = tuple(islice(_without_ends(found), LINES_MAX + 1))
    note = f"cut after {LINES_MAX} lines" if len(lines) > LINES_MAX else None
    return Part(where, How.LINES, lines=lines[:LINES_MAX], note=note)


def _lines_of(text: str) -> list[str]:
    """Return lines with their ends, so that a last one without is another line; only a line feed ends one."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]


def _without_ends(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines of a unified difference without their ends, and say where one has none, as diff(1) does."""
    for number, line in enumerate(lines):
        yield line.removesuffix("\n")
        # Only lines of content end in a line feed here; the two that name the sides and `@@` never do.
        if number > 1 and not line.startswith("@@") and not line.endswith("\n"):
            yield _NO_END


def _by_bytes(where: str, before: Content, after: Content, note: str | None) -> Part:
    change = Change("file", where, _say(before.descriptor), _say(after.descriptor))
    return Part(where, How.BYTES, (change,), note=note)


def _say(blob: Descriptor | None) -> str | None:
    return None if blob is None else f"{blob.digest} ({blob.size_bytes} bytes)"


def _more(count: int, shown: int, what: str) -> str | None:
    return f"and {count - shown} more {what}" if count > shown else None
