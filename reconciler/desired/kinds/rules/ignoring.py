"""Which problems the user does not want to hear of: by code in pallet.toml, or by a comment in the file.

Only named rules can be switched off: what a schema refuses, consumers cannot read.
Must never be added: a way to switch off everything at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules.rule import CODE
from reconciler.desired.reading.documents import Format

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from reconciler.desired.reading.documents import Document
    from reconciler.errors import Problem

_COMMENT: Final = re.compile(r"(?:^|\s)#\s*pallet:\s*ignore\s+(PLT[0-9, \tPLT]*)", re.ASCII)


class Comments:
    """The comments of a document that switch rules off.

    `# pallet: ignore PLT015` counts for its own line; on a line of its own, for the next one.
    """

    def __init__(self, document: Document) -> None:
        has_comments = document.format is Format.YAML and "pallet:" in document.text
        # As editors count lines: no other line break counts.
        self._lines = document.text.split("\n") if has_comments else []

    def ignore(self, code: str, lines: Iterable[int]) -> bool:
        """Say whether a rule is switched off for any of some lines, which all are about one problem."""
        return bool(self._lines) and any(code in _ignored_at(self._lines, line) for line in lines)


def without_ignored(problems: Iterable[Problem], codes: Collection[str]) -> list[Problem]:
    """Return the problems without those of named rules whose codes are given."""
    return [problem for problem in problems if not (problem.code in codes and CODE.fullmatch(problem.code))]


def _ignored_at(lines: Sequence[str], line: int) -> set[str]:
    if not 1 <= line <= len(lines):
        return set()
    codes = _codes(lines[line - 1])
    if line > 1 and lines[line - 2].lstrip().startswith("#"):
        codes |= _codes(lines[line - 2])
    return codes


def _codes(line: str) -> set[str]:
    match = _COMMENT.search(line)
    return set(CODE.findall(match[1])) if match else set()
