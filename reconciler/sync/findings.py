"""What check finds without a registry: the lock, and versions whose bytes changed since the base.

Must never be added: a finding that cannot be mended by whoever reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import BaseUnknownError, LockOutOfDateError, Problem
from reconciler.sync.advice import bump_advice
from reconciler.sync.edited import find_edited, read_base_lock
from reconciler.sync.exit_codes import FAILED, LOCK, REFUSED, first_of
from reconciler.sync.reconcile import differences_of, lock_is_canonical, require_current_lock
from reconciler.sync.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.desired.project import Project


@dataclass(frozen=True, slots=True)
class Findings:
    """All of them, the exit code that they lead to, and what was said on the way."""

    problems: tuple[Problem, ...]
    exit_code: int
    notes: tuple[str, ...] = ()


def check_offline(
    project: Project, *, against: str | None, environment: Mapping[str, str], allowed: Collection[str] = ()
) -> Findings:
    """Compare the tree with its lock, and with the lock of the base revision."""
    codes, problems = set(), []
    try:
        require_current_lock(project)
    except LockOutOfDateError as exc:
        problems.append(Problem("lock-out-of-date", str(exc), fix=exc.fix))
        codes.add(LOCK)
    note = None
    try:
        note, edited = _compare_with_base(project, against, environment)
        if edited and Verdict.EDITED.value not in allowed:
            problems.extend(edited)
            codes.add(REFUSED)
    except BaseUnknownError as exc:
        problems.append(Problem("base-unknown", str(exc), fix=exc.fix))
        codes.add(FAILED)
    return Findings(tuple(problems), first_of(codes), (note,) if note else ())


def lock_findings(project: Project) -> list[Problem]:
    """Return what is wrong with the lock's text, beyond what the plan's verdicts say already."""
    path = project.config.lock_path.name
    if lock_is_canonical(project):
        return []
    if project.lock.text is None:
        return [
            Problem(
                "lock-missing", "expected a lock, got none", file=path, fix="run `pallet lock` and commit it"
            )
        ]
    message = (
        "has conflict markers" if project.lock.has_conflict else "its bytes are not those that pallet writes"
    )
    moved = [text for text in differences_of(project) if text.endswith(("other files", "other attachments"))]
    return [
        Problem(
            "lock-out-of-date", "; ".join((message, *moved)), file=path, fix="run `pallet lock` and commit it"
        )
    ]


def _compare_with_base(
    project: Project, against: str | None, environment: Mapping[str, str]
) -> tuple[str, list[Problem]]:
    """Name each version that stands in the base's lock with other bytes."""
    base = read_base_lock(project, against=against, environment=environment)
    locked = base.entries or {}
    return base.note, [
        Problem(
            Verdict.EDITED.value,
            f"{item.name} {item.version}: published already: expected {locked[item.key].digest.short} "
            f"as in {base.revision}, got {item.digest.short}",
            file=item.files[0].path,
            fix=f"{bump_advice(item)}; or take back the change",
        )
        for item in find_edited(project, locked)
    ]
