"""What a watch tells: values, one class for each event, for screens and programs alike.

Must never be added: how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.errors import Problem
    from reconciler.oci.digest import Digest
    from reconciler.sync.watching.delivery import Pushed


class State(StrEnum):
    """How an artifact stands."""

    INVALID = "invalid"
    """Its files have a problem; what was published last stays."""
    WAITING = "waiting"
    """To be compared or published."""
    REFUSED = "refused"
    """Not to be tried again before it changes."""
    SETTLED = "settled"
    """Its tags name it."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Everything that is saved from now on is noticed."""

    target: str
    url: str
    tag: str
    folders: int
    files: int
    polling: str | None = None
    """Why folders are looked at now and then; None where the kernel tells."""


@dataclass(frozen=True, slots=True)
class Polling:
    """The kernel cannot tell any more: folders are looked at from now on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Files are not what they were; paths from the project's root."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Files were saved, and every digest is what it was."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """pallet.toml, or what all artifacts depend on, was read anew."""

    file: str
    artifacts: int


@dataclass(frozen=True, slots=True)
class Retargeted:
    """pallet.toml leads elsewhere now: everything is compared with what is there."""

    target: str
    url: str


@dataclass(frozen=True, slots=True)
class Joined:
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Left:
    """No longer wanted; what was published stays."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An artifact stands otherwise than was told last, by what was found in the tree."""

    name: str
    version: str
    state: State
    files: tuple[str, ...]
    """What it is made of; paths from the project's root."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something is wrong, and was not before; the last good one stays published."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Cleared:
    """Some of what was told of a file no longer holds; what still does is told again."""

    file: str


@dataclass(frozen=True, slots=True)
class Mended:
    """A file has no problem any more."""

    file: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The registry confirmed an artifact's tags."""

    pushed: Pushed
    cause: str
    """`save`, or `start` for what was found to differ."""
    since_save_ms: float | None
    since_quiet_ms: float | None


@dataclass(frozen=True, slots=True)
class Current:
    """An artifact's tags were found to name it already."""

    name: str
    version: str
    reference: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Failed:
    """An artifact could not be published."""

    name: str
    version: str
    reference: str
    error: str
    fix: str | None
    exit_code: int
    will_retry: bool


@dataclass(frozen=True, slots=True)
class Away:
    """The registry does not answer; said once."""

    error: str
    fix: str | None
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class Back:
    """The registry answers again."""

    away_s: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A run is over."""

    run: int
    pushed: int
    current: int
    failed: int
    waiting: int
    """Still to be compared or published."""
    artifacts: int
    """All of them."""
    duration_ms: float


@dataclass(frozen=True, slots=True)
class Commanded:
    """The command of --exec has ended."""

    pushed: int
    exit_code: int | None
    """None where it took too long, or could not be started."""
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One line of what the command of --exec prints."""

    line: str


@dataclass(frozen=True, slots=True)
class Paused:
    pass


@dataclass(frozen=True, slots=True)
class Resumed:
    pass


@dataclass(frozen=True, slots=True)
class Stopped:
    reason: str
    """The signal's name, or `quit`."""
    exit_code: int
    pushed: int
    """How many pushes there were in all."""


Event = (
    Watching
    | Polling
    | Changed
    | Unchanged
    | Reloaded
    | Retargeted
    | Joined
    | Left
    | Standing
    | Found
    | Cleared
    | Mended
    | Delivered
    | Current
    | Failed
    | Away
    | Back
    | Finished
    | Commanded
    | Said
    | Paused
    | Resumed
    | Stopped
)
