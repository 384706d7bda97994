"""What was found out about a target, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.oci.checkup import Check, Health
from reconciler.reports.documents import FORMAT_VERSION, Document

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS = {Health.GOOD: "=", Health.NOTE: "-", Health.BAD: "x", Health.UNKNOWN: "?"}
_URGENT = (77, 75)
"""Exit codes that say more than 1."""


def exit_code_of(checks: Sequence[Check]) -> int:
    """Return the exit code of a checkup: 0 unless something is bad."""
    codes = {check.exit_code or 1 for check in checks if check.health is Health.BAD}
    return next((code for code in _URGENT if code in codes), 1 if codes else 0)


def render_check(check: Check) -> str:
    """Return the lines of one finding."""
    fix = f"  → {check.fix}\n" if check.fix else ""
    return f"{_MARKS[check.health]} {check.name}: {check.said}\n{fix}"


def render_checks(checks: Sequence[Check]) -> str:
    """Return everything, and a last line that sums it up."""
    bad = sum(check.health is Health.BAD for check in checks)
    end = f"{bad} of {len(checks)} things are wrong" if bad else "nothing is wrong"
    return "".join(map(render_check, checks)) + end + "\n"


def doctor_document(target: str, checks: Sequence[Check]) -> Document:
    """Return the document of `doctor`."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "doctor",
        "target": target,
        "checks": [
            {"name": check.name, "health": check.health.value, "message": check.said, "fix": check.fix}
            for check in checks
        ],
        "exit_code": exit_code_of(checks),
        "problems": [],
    }
