"""What a registry returns to a program where nothing below has a value for it.

Must never be added: a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.pull_lock import render_pull_lock
from reconciler.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.pull_lock import PullLock
    from reconciler.discovery.selecting import Candidate, Selection
    from reconciler.errors import Problem
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Index, Manifest
    from reconciler.oci.pulling.pull import PullResult
    from reconciler.sync.actions import Plan
    from reconciler.sync.reconcile import Report


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """A manifest as it was read: its bytes are verified against its digest."""

    reference: str
    """As people write it, by digest."""
    digest: Digest
    media_type: str
    content: bytes
    manifest: Manifest | Index
    """What the bytes say."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found, where it was learned, and how old that is."""

    entries: tuple[Entry, ...]
    """Sorted by repository, one for each."""
    considered: int
    """How many were looked at."""
    source: str
    """`catalog`, `registry`, `lock` or `list`."""
    as_of: datetime | None
    """When the oldest part of it was true, in UTC; None where nobody knows."""
    notes: tuple[str, ...]
    """What was skipped, and why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which workflow fits best, and how that was found."""

    selection: Selection
    source: str
    """`catalog`, `registry`, `lock` or `list`."""
    as_of: datetime | None
    """When the oldest part of it was true, in UTC; None where nobody knows."""
    notes: tuple[str, ...]
    """What was skipped or could not be read, and why."""

    @property
    def chosen(self) -> Candidate | None:
        """Who fits best; None where nobody fits."""
        return self.selection.chosen

    @property
    def nearest(self) -> Candidate | None:
        """Where nobody fits: who comes nearest, with what it lacks."""
        return self.selection.nearest

    @property
    def entry(self) -> Entry:
        """The chosen one's repository, version and digest.

        Raises:
            NotFoundError: nobody fits; the text names who comes nearest, and what it lacks.
        """
        if self.chosen is None:
            raise NotFoundError(self._nobody(), fix="ask for less, or see every candidate with explain=True")
        return self.chosen.entry

    def _nobody(self) -> str:
        nearest = self.nearest
        if nearest is None:
            return "select: nobody fits: expected at least one workflow to choose from, got none"
        name = f"{nearest.entry.repository}:{nearest.entry.tag}"
        lacking = "; ".join(nearest.failures)
        return f"select: nobody of {self.selection.considered} fits; the nearest is {name}: {lacking}"


@dataclass(frozen=True, slots=True)
class PulledTree:
    """An artifact with everything that it needs, each in a folder of its own."""

    dependencies: Dependencies
    lock: PullLock
    """What was taken, by digest; the same lock takes the same again from every registry that holds it."""
    pulled: tuple[PullResult, ...]
    """In the lock's order."""

    @property
    def lock_text(self) -> str:
        """The lock as `pallet pull --from-lock` reads it."""
        return render_pull_lock(self.lock)


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did."""

    plan: Plan
    report: Report
    exit_code: int
    """As `pallet sync` has it: 0 where everything is in step now."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How a project and a registry compare, and what is wrong with the lock."""

    plan: Plan
    problems: tuple[Problem, ...]
    """Of the lock, and doubts about the files."""
    exit_code: int
    """As `pallet check` has it: 0 where there is nothing to do."""
