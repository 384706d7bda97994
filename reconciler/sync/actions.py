"""Plans as values: what will be done about each artifact and floating tag, and why.

Must never be added: how it is decided, which is `plan`'s, or how it is done, which is `apply`'s.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.sync.facts import (
    Absent,
    FloatingAbsent,
    FloatingPresent,
    FloatingSeen,
    Hidden,
    Present,
    Seen,
    Unknown,
)
from reconciler.sync.verdicts import Action, Permission, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.desired.attachments import Attachment
    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.versions.version import Version
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.sync.cataloguing import CatalogPlan
    from reconciler.sync.floating import FloatingGoal, FloatingKey, FloatingVerdict


class Outcome(StrEnum):
    """What became of one action."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ArtifactPlan:
    """What will be done about one artifact, and why."""

    wanted: Wanted
    reference: str
    locked: Digest | None
    seen: Seen
    verdict: Verdict
    action: Action
    reason: str
    fix: str | None = None
    settled: Outcome | None = None
    """The outcome where nothing has to be done for it; None where the store must be asked to do something."""
    waits_for: tuple[Key, ...] = ()
    """Artifacts that must be there first: where one fails, this one is skipped."""
    is_held_back: bool = False
    """Whether something that it requires is unknown or refused: then its floating tags stay as well."""
    is_obstructed: bool = False
    """Whether it is refused since it is not as it should be where it would come from."""
    probe: bool | None = False
    """Whether the store may hold some of the blobs already, so that asking first is cheaper than sending;
    None where it must not be asked before it has taken one."""

    @property
    def key(self) -> Key:
        return self.wanted.key

    @property
    def may_be_followed(self) -> bool:
        """Whether floating tags may move to it: it is there, or will be."""
        return self.settled in (None, Outcome.DONE) and not self.is_held_back


AttachmentKey = tuple["Repository", "Version", "Digest"]
"""The artifact's key, and the attachment's digest."""


@dataclass(frozen=True, slots=True)
class AttachmentPlan:
    """What will be done about one manifest that refers to an artifact, and why."""

    wanted: Wanted
    """The artifact."""
    attachment: Attachment
    reference: str
    """By digest."""
    attached_to: str
    """The artifact's reference."""
    locked: Digest | None
    seen: Seen
    verdict: Verdict
    action: Action
    reason: str
    fix: str | None = None
    settled: Outcome | None = None

    @property
    def key(self) -> AttachmentKey:
        return (*self.wanted.key, self.attachment.digest)


@dataclass(frozen=True, slots=True)
class FloatingPlan:
    """What will be done about one floating tag, and why."""

    goal: FloatingGoal
    reference: str
    seen: FloatingSeen
    verdict: FloatingVerdict
    action: Action
    reason: str
    fix: str | None = None
    settled: Outcome | None = None

    @property
    def key(self) -> FloatingKey:
        return self.goal.key

    @property
    def is_hidden(self) -> bool:
        """Whether it could not be seen: then it is looked at once more before it is written."""
        return isinstance(self.seen, FloatingAbsent) and self.seen.is_hidden


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it, sorted by name and version; complete where nothing is unknown."""

    target: str
    artifacts: tuple[ArtifactPlan, ...]
    floating: tuple[FloatingPlan, ...] = ()
    superseded: tuple[Locked, ...] = ()
    """Locked versions of names that are wanted in another version: published still, they leave the lock."""
    again: str = "pallet sync"
    """The command that applies it, target and file included: what advice names."""
    orphans: tuple[Locked, ...] = ()
    """Locked names that nobody wants any more: said, and left alone in the store."""
    attachments: tuple[AttachmentPlan, ...] = ()
    """What refers to the artifacts, in their order."""
    catalog: CatalogPlan | None = None
    """The published catalog; None where pallet.toml asks for none."""

    @property
    def steps(self) -> tuple[ArtifactPlan | AttachmentPlan | FloatingPlan, ...]:
        """Artifacts, then what is attached to them, then floating tags."""
        return (*self.artifacts, *self.attachments, *self.floating)

    @property
    def judged(self) -> tuple[ArtifactPlan | AttachmentPlan, ...]:
        """What the table of verdicts is about: artifacts, and what is attached to them."""
        return (*self.artifacts, *self.attachments)

    @property
    def is_complete(self) -> bool:
        is_known = self.catalog is None or self.catalog.unknown is None
        return is_known and not any(isinstance(item.seen, Unknown) for item in self.steps)

    @property
    def writes(self) -> bool:
        """Whether applying it would write anything, to the store or to the lock."""
        steps = (*self.steps, *((self.catalog,) if self.catalog is not None else ()))
        return bool(self.orphans or self.superseded) or any(
            item.action in (Action.PUSH, Action.RESTORE, Action.LOCK) for item in steps
        )

    @property
    def summary(self) -> Mapping[str, int]:
        """Verdicts of artifacts and of what is attached to them, counted."""
        counts = Counter(item.verdict.value for item in self.judged)
        return {verdict.value: counts[verdict.value] for verdict in Verdict if counts[verdict.value]}


@dataclass(frozen=True, slots=True)
class Observations:
    """What was seen, by key; something that is wanted and not in here has not been looked at."""

    artifacts: Mapping[Key, Seen]
    floating: Mapping[FloatingKey, FloatingSeen]
    attachments: Mapping[AttachmentKey, Seen] = field(default_factory=dict)
    required: Mapping[Repository, tuple[Version, ...] | Unknown] = field(default_factory=dict)
    """Of what the project does not publish itself: the versions that the repository's tags name."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an artifact cannot be published from where it would come."""

    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan is made under: the target, and what pallet.toml and the command line allow there."""

    target: str
    permit: Callable[[Wanted], Permission]
    refer: Callable[[Repository, Tag | Digest], str]
    held: Mapping[FloatingKey, Version]
    again: str = "pallet sync"
    """The command that syncs this target, as the user would type it."""
    chosen: Callable[[Repository], bool] = lambda _: True
    """Whether `--only` lets a name be touched."""
    is_part: bool = False
    """Whether somebody chose: then what is required has to be there."""
    obstacles: Mapping[Key, Obstacle] = field(default_factory=dict)
    """Artifacts that are refused where they would have to be published."""


def seen_digest(seen: Seen | FloatingSeen) -> Digest | None:
    """Return the digest that was seen, if one was."""
    return seen.digest if isinstance(seen, Present | FloatingPresent) else None


def seen_state(seen: Seen | FloatingSeen) -> str:
    """Return the word that reports use: present, absent, hidden or unknown."""
    match seen:
        case Present() | FloatingPresent():
            return "present"
        case Hidden() | FloatingAbsent(is_hidden=True):
            return "hidden"
        case Absent() | FloatingAbsent():
            return "absent"
        case Unknown():
            return "unknown"
