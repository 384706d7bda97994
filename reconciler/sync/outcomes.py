"""What became of each action.

Must never be added: how it was done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.sync.actions import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.lockfile import Key
    from reconciler.sync.actions import AttachmentKey
    from reconciler.sync.floating import FloatingKey


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one action; `error` and `exit_code` say why where it failed or was skipped."""

    outcome: Outcome
    error: str | None = None
    exit_code: int = 0
    fix: str | None = None


DONE = Result(Outcome.DONE)


@dataclass(frozen=True, slots=True)
class Results:
    """The outcome of every action of one plan."""

    artifacts: Mapping[Key, Result] = field(default_factory=dict)
    floating: Mapping[FloatingKey, Result] = field(default_factory=dict)
    attachments: Mapping[AttachmentKey, Result] = field(default_factory=dict)
    catalog: Result | None = None
    """None where pallet.toml asks for none."""
    stopped_by: int | None = None
    """Number of the signal that ended the run early."""

    @property
    def everything(self) -> tuple[Result, ...]:
        catalog = () if self.catalog is None else (self.catalog,)
        return (*self.artifacts.values(), *self.attachments.values(), *self.floating.values(), *catalog)
