"""Edited files as a unified diff, which `git apply` and `patch` take.

Must never be added: colours, or a file that did not change.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.desired.edit import Edited


def unified_diff(edits: Iterable[Edited]) -> str:
    """Return the difference of every file, with three lines around it; line ends are as in the file."""
    return "".join(line for edit in edits for line in _diff(edit))


def _diff(edit: Edited) -> Iterator[str]:
    before, after = _lines(edit.before), _lines(edit.after)
    for line in difflib.unified_diff(before, after, f"a/{edit.file}", f"b/{edit.file}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    """Split at line feeds alone: what else Python takes for a line's end is content."""
    lines = [f"{line}\n" for line in content.decode(errors="replace").split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines
