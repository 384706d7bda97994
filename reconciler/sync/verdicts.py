"""The table that decides: three digests in, one word out; and what that word lets sync do.

The order of the cases is the specification (docs/architecture.md has the same table). Must never
be added: a case that looks at anything but the digests, or a default that hides a new state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from reconciler.sync.facts import Absent, Hidden, Present, Seen, Unknown

if TYPE_CHECKING:
    from reconciler.oci.digest import Digest


class Verdict(StrEnum):
    """How wanted, locked and seen stand to each other."""

    UNKNOWN = "unknown"
    IN_SYNC = "in-sync"
    ADOPT = "adopt"
    MISSING = "missing"
    CREATE = "create"
    DRIFTED = "drifted"
    EDITED = "edited"
    TAKEN = "taken"
    DIVERGED = "diverged"


class Action(StrEnum):
    """What sync does for one artifact; to refuse is an action too, so that reports count it."""

    NONE = "none"
    PUSH = "push"
    LOCK = "lock"
    RESTORE = "restore"
    REFUSE = "refuse"


def judge(wanted: Digest, *, locked: Digest | None, seen: Seen) -> Verdict:
    """Name the first row of the table that fits."""
    match seen:
        case Unknown():
            return Verdict.UNKNOWN
        case Absent() | Hidden():
            return Verdict.MISSING if locked == wanted else Verdict.CREATE
        case Present(digest) if digest == wanted:
            return Verdict.IN_SYNC if locked == wanted else Verdict.ADOPT
        case Present(digest):
            return _judge_other(wanted, locked, digest)
        case _:
            assert_never(seen)


def _judge_other(wanted: Digest, locked: Digest | None, seen: Digest) -> Verdict:
    """Something else stands there: who changed what since it was locked?"""
    if locked is None:
        return Verdict.TAKEN
    if locked == wanted:
        return Verdict.DRIFTED
    return Verdict.EDITED if locked == seen else Verdict.DIVERGED


@dataclass(frozen=True, slots=True)
class Permission:
    """What the user allows for one artifact, from pallet.toml and the command line."""

    immutable: bool
    restore: bool = False
    force: bool = False


def decide(verdict: Verdict, permission: Permission) -> Action:
    """Say what sync does about a verdict.

    `force` allows all that `restore` does; a diverged artifact needs it even where versions are
    mutable, since pushing would lose something that neither the tree nor the lock knows.
    """
    match verdict:
        case Verdict.UNKNOWN | Verdict.IN_SYNC:
            return Action.NONE
        case Verdict.ADOPT:
            return Action.LOCK
        case Verdict.MISSING | Verdict.CREATE:
            return Action.PUSH
        case Verdict.DRIFTED:
            if permission.restore or permission.force:
                return Action.RESTORE
            return Action.REFUSE if permission.immutable else Action.PUSH
        case Verdict.EDITED | Verdict.TAKEN:
            return Action.REFUSE if permission.immutable and not permission.force else Action.PUSH
        case Verdict.DIVERGED:
            return Action.PUSH if permission.force else Action.REFUSE
        case _:
            assert_never(verdict)
