"""A lock in which git has left conflict markers. Pure.

Decided here: both sides are read. An entry that they agree on is locked, one that they do not is not, so that
nothing is decided by chance. Must never be added: a way to choose a side.
"""

from __future__ import annotations

import re

from reconciler.desired.lock_parsing import parse_side
from reconciler.desired.locked import Lock
from reconciler.errors import LockError

_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)


def has_conflict(text: str) -> bool:
    """Say whether git has left markers in a text."""
    return _CONFLICT.search(text) is not None


def parse_conflict(text: str, file: str) -> Lock:
    """Read a text with both sides in it, either of which may be no lock.

    Raises:
        LockError: a side is newer than this pallet.
    """
    ours, theirs = (_parse_conflict_side(_take_side(text, side), file) for side in ("ours", "theirs"))
    agreed = {key: entry for key, entry in ours.entries.items() if theirs.entries.get(key) == entry}
    contested = {
        key: min(side.entries[key].build for side in (ours, theirs) if key in side.entries)
        for key in ours.entries.keys() | theirs.entries.keys()
    }
    revision = max(ours.revision, theirs.revision)
    return Lock(agreed, text, revision, has_conflict=True, contested=contested)


def _parse_conflict_side(text: str, file: str) -> Lock:
    """Read one side; one that is no lock agrees with nothing, since git may cut anywhere."""
    try:
        return parse_side(text, file)
    except LockError as exc:
        if any(problem.code == "newer-lock" for problem in exc.problems):
            raise
        return Lock()


def _take_side(text: str, wanted: str) -> str:
    """Return the text as one side of the conflict has it; diff3's common ancestor is left out."""
    side = "both"
    lines = []
    for line in text.splitlines(keepends=True):
        if _CONFLICT.match(line):
            side = {"<": "ours", "|": "ancestor", "=": "theirs", ">": "both"}[line[0]]
        elif side in ("both", wanted):
            lines.append(line)
    return "".join(lines)
