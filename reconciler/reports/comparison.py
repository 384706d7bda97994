"""How two artifacts differ, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1. Whatever somebody
published reaches a terminal without control characters. Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sync.comparing import Comparison
    from reconciler.sync.contents import Part
    from reconciler.sync.differences import Change

_COLOURS = {"-": "31", "+": "32", "~": "36", "@": "36"}


def render_comparison(comparison: Comparison, *, color: bool) -> str:
    """Return the difference; nothing where there is none."""
    if comparison.is_same:
        return ""
    lines = [
        f"--- {comparison.before}  {comparison.digests[0]}",
        f"+++ {comparison.after}  {comparison.digests[1]}",
    ]
    for part in comparison.parts:
        lines.extend(("", part.where, *_part(part)))
    return "".join(f"{_painted(_safe(line), color=color)}\n" for line in lines)


def _part(part: Part) -> Iterator[str]:
    yield from map(_change, part.changes)
    # The first two lines of a unified difference name the sides, which stand above.
    yield from part.lines[2:]
    if part.note:
        yield f"  {part.note}"


def _change(change: Change) -> str:
    what = "" if change.what in ("field", "member", "file") else f"{change.what} "
    if change.before is None:
        return f"+ {what}{change.where}: {change.after}"
    if change.after is None:
        return f"- {what}{change.where}: {change.before}"
    return f"~ {what}{change.where}: {change.before} → {change.after}"


def _safe(line: str) -> str:
    """Return a line that a terminal may see; tabs stay, so that it is still the line of the file."""
    return "\t".join(printable(piece) for piece in line.split("\t"))


def _painted(line: str, *, color: bool) -> str:
    code = _COLOURS.get(line[:1]) if color else None
    return f"\x1b[{code}m{line}\x1b[0m" if code else line


def comparison_document(comparison: Comparison, *, exit_code: int) -> Document:
    """Return the document of `diff`."""
    before, after = comparison.digests
    return {
        "format_version": FORMAT_VERSION,
        "command": "diff",
        "before": {"name": comparison.before, "digest": before},
        "after": {"name": comparison.after, "digest": after},
        "same": comparison.is_same,
        "parts": [_part_document(part) for part in comparison.parts],
        "exit_code": exit_code,
        "problems": [],
    }


def _part_document(part: Part) -> Document:
    return {
        "where": part.where,
        "how": part.how.value,
        "changes": [
            {"what": item.what, "where": item.where, "before": item.before, "after": item.after}
            for item in part.changes
        ],
        "lines": list(part.lines),
        "note": part.note,
    }
