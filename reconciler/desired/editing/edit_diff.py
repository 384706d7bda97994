"""Edited files as a unified diff, which `git apply` and `patch` take.

No search for what differs: an edit knows its lines, and a pallet.toml has thousands that are alike.
Must never be added: colours, or a file that did not change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.desired.editing.edit_splices import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.editing.edit import Edited

_CONTEXT_LINES = 3


def unified_diff(edits: Iterable[Edited]) -> str:
    """Return the difference of every file, with three lines around it; line ends are as in the file."""
    return "".join(line for edit in edits for line in _diff(edit))


def _diff(edit: Edited) -> Iterator[str]:
    before, after = _lines(edit.before), _lines(edit.after)
    yield f"--- a/{edit.file}\n+++ b/{edit.file}\n"
    for hunk in _hunks([_trim(region, before, after) for region in edit.regions]):
        first, last = hunk[0], hunk[-1]
        start = max(first.before.start - _CONTEXT_LINES, 0)
        stop = min(last.before.stop + _CONTEXT_LINES, len(before))
        shifts = (first.after.start - first.before.start, last.after.stop - last.before.stop)
        yield f"@@ -{_span(start, stop)} +{_span(start + shifts[0], stop + shifts[1])} @@\n"
        for region in hunk:
            yield from _marked(" ", before[start : region.before.start])
            yield from _marked("-", before[region.before.start : region.before.stop])
            yield from _marked("+", after[region.after.start : region.after.stop])
            start = region.before.stop
        yield from _marked(" ", before[start:stop])


def _trim(region: Region, before: Sequence[str], after: Sequence[str]) -> Region:
    """Leave out lines at both ends that are as they were, such as the one before an insertion."""
    (i, k), (j, m) = ((lines.start, lines.stop) for lines in (region.before, region.after))
    while i < k and j < m and before[i] == after[j]:
        i, j = i + 1, j + 1
    while i < k and j < m and before[k - 1] == after[m - 1]:
        k, m = k - 1, m - 1
    return Region(range(i, k), range(j, m))


def _hunks(regions: Iterable[Region]) -> list[list[Region]]:
    """Join regions that touch, and group those whose surroundings would overlap or touch."""
    hunks: list[list[Region]] = []
    for region in regions:
        if hunks and region.before.start == hunks[-1][-1].before.stop:
            last = hunks[-1].pop()
            before = range(last.before.start, region.before.stop)
            hunks[-1].append(Region(before, range(last.after.start, region.after.stop)))
        elif hunks and region.before.start - hunks[-1][-1].before.stop <= 2 * _CONTEXT_LINES:
            hunks[-1].append(region)
        else:
            hunks.append([region])
    return hunks


def _span(start: int, stop: int) -> str:
    """Return lines as a hunk's head names them; of none the one before them."""
    if stop - start == 1:
        return str(start + 1)
    return f"{start + (stop > start)},{stop - start}"


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    """Split at line feeds alone: what else Python takes for a line's end is content."""
    lines = [f"{line}\n" for line in content.decode().split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines
