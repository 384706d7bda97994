"""Which artifacts have other bytes than a lock says of their version, without a registry.

Decided here: which locks count: pallet.lock, and the base revision's, because `pallet lock` makes the
first agree with every edit. Must never be added: what is done about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from reconciler.desired.history.base import BaseText, NoGit, NoLockThere, read_base
from reconciler.desired.lockfile import parse_lock
from reconciler.errors import BaseUnknownError, LockError, LockOutOfDateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.project import Project
    from reconciler.desired.wanted import Wanted


@dataclass(frozen=True, slots=True)
class EditedKeys:
    """All of them, and what they were compared with."""

    keys: frozenset[Key]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseEntries:
    """The base revision's lock, None where there is none, and what to say about it."""

    entries: Mapping[Key, Locked] | None
    note: str
    revision: str | None = None


def find_all_edited(project: Project, *, environment: Mapping[str, str]) -> EditedKeys:
    """Return what `check` would refuse as edited, by pallet.lock and by the base revision's lock.

    A base that cannot be read is a note here, and no failure: nothing is published by a bump.

    Raises:
        LockOutOfDateError: there is neither lock, so that nothing can be said.
    """
    name = project.config.lock_path.name
    notes = [] if project.lock.text is None else [f"compared with {name}"]
    try:
        base = read_base_lock(project, against=None, environment=environment)
    except BaseUnknownError as exc:
        base = BaseEntries(None, f"not compared with a base revision: {exc}")
    if project.lock.text is None and base.entries is None:
        raise LockOutOfDateError(f"{name}: expected a lock to compare with, got none", fix="pallet lock")
    edited = [*find_edited(project, project.lock.entries), *find_edited(project, base.entries or {})]
    return EditedKeys(frozenset(item.key for item in edited), (*notes, base.note))


def read_base_lock(project: Project, *, against: str | None, environment: Mapping[str, str]) -> BaseEntries:
    """Return what the base revision's lock says.

    Raises:
        BaseUnknownError: there should be one, and it cannot be read or understood.
    """
    config = project.config
    name = config.lock_path.name
    base = read_base(config.root, config.lock_path, against=against, environment=environment)
    match base:
        case BaseText(revision, text):
            return BaseEntries(_parse(text, f"{revision}:{name}"), f"compared with {revision}", revision)
        case NoLockThere(revision):
            return BaseEntries(None, f"compared with {revision}, which has no {name}", revision)
        case NoGit(why):
            return BaseEntries(None, f"not compared with a base revision: {why}")
        case _:
            assert_never(base)


def find_edited(project: Project, locked: Mapping[Key, Locked]) -> list[Wanted]:
    """Return what is wanted with other bytes than `locked` has under the same version."""
    return [item for item in project.wanted if item.key in locked and locked[item.key].digest != item.digest]


def _parse(text: str, file: str) -> Mapping[Key, Locked]:
    try:
        return parse_lock(text, file=file).entries
    except LockError as exc:
        raise BaseUnknownError(str(exc), fix="compare with another revision: --against REF") from exc
