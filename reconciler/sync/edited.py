"""Which artifacts have other bytes than a lock says of their version, without a registry.

Decided here: which locks count: pallet.lock, and the base revision's, because `pallet lock` makes the
first agree with every edit. Must never be added: what is done about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from reconciler.desired.history.base import BaseText, NoGit, NoLockThere, read_base
from reconciler.desired.lockfile import parse_lock
from reconciler.errors import BaseUnknownError, LockOutOfDateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.project import Project


@dataclass(frozen=True, slots=True)
class EditedKeys:
    """All of them, and what they were compared with."""

    keys: frozenset[Key]
    notes: tuple[str, ...]


def find_all_edited(project: Project, *, environment: Mapping[str, str]) -> EditedKeys:
    """Return what `check` would refuse as edited, by pallet.lock and by the base revision's lock.

    A base that cannot be read is a note here, and no failure: nothing is published by a bump.

    Raises:
        LockOutOfDateError: there is neither lock, so that nothing can be said.
        LockError: the base revision's lock cannot be understood.
    """
    name = project.config.lock_path.name
    notes = [] if project.lock.text is None else [f"compared with {name}"]
    entries, note = _read_base(project, environment)
    if project.lock.text is None and entries is None:
        raise LockOutOfDateError(f"{name}: expected a lock to compare with, got none", fix="pallet lock")
    keys = _find(project, project.lock.entries) | _find(project, entries or {})
    return EditedKeys(keys, (*notes, note))


def _find(project: Project, locked: Mapping[Key, Locked]) -> frozenset[Key]:
    return frozenset(
        item.key for item in project.wanted if item.key in locked and locked[item.key].digest != item.digest
    )


def _read_base(project: Project, environment: Mapping[str, str]) -> tuple[Mapping[Key, Locked] | None, str]:
    """Return the base revision's entries, None where there is none, and what to say about it."""
    config = project.config
    try:
        base = read_base(config.root, config.lock_path, against=None, environment=environment)
    except BaseUnknownError as exc:
        return None, f"not compared with a base revision: {exc}"
    match base:
        case BaseText(revision, text):
            entries = parse_lock(text, file=f"{revision}:{config.lock_path.name}").entries
            return entries, f"compared with {revision}"
        case NoLockThere(revision):
            return None, f"compared with {revision}, which has no {config.lock_path.name}"
        case NoGit(why):
            return None, f"not compared with a base revision: {why}"
        case _:
            assert_never(base)
