"""The published catalog as a step of plan and sync: how far it is behind, and what a run may write into it.

Decided here: an artifact belongs into the catalog once the store has confirmed it in this run; where the run
has seen something else under its tag, or nothing, it does not; where it could not tell, nothing changes. The
catalog is derived from what is published, so that being behind is pending work and no drift.
Must never be added: how the catalog is read or written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from reconciler.discovery.catalog import CatalogAbsent, CatalogForeign, CatalogPlace, CatalogPresent
from reconciler.discovery.catalog_document import CatalogDocument
from reconciler.discovery.catalog_merge import Confirmed, Learned, is_current
from reconciler.discovery.catalog_publishing import Publisher, advise_foreign
from reconciler.discovery.entries import read_entry
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.errors import ImmutableTagError, PalletError, RefusedError, StoppedError
from reconciler.sync.actions import Outcome
from reconciler.sync.facts import Absent, FloatingAbsent, FloatingPresent, Present, Unknown
from reconciler.sync.outcomes import DONE, Result
from reconciler.sync.verdicts import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.config import Config
    from reconciler.desired.wanted import Wanted
    from reconciler.discovery.catalog import CatalogSeen
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.entries import Entry
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store
    from reconciler.sync.actions import ArtifactPlan, FloatingPlan, Plan
    from reconciler.sync.outcomes import Results
    from reconciler.sync.selection import Selection
    from reconciler.sync.stop import Stop


class CatalogVerdict(StrEnum):
    """How the catalog stands to what is published."""

    CURRENT = "current"
    BEHIND = "behind"
    ABSENT = "absent"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """What will be done about the catalog, and why."""

    reference: str
    verdict: CatalogVerdict
    action: Action
    reason: str
    fix: str | None = None
    seen: Digest | None = None
    """Of its manifest."""
    settled: Outcome | None = None
    unknown: Unknown | None = None
    force: bool = False
    """Whether what stands in its place may be overwritten."""


@dataclass(frozen=True, slots=True)
class Cataloguer:
    """A catalog, and whose entries are brought up to date."""

    place: CatalogPlace
    project: str
    stop: Stop
    again: str
    force: bool = False
    jobs: int = 8

    def plan(self, plan: Plan) -> CatalogPlan:
        """Look at the catalog, and say what sync would do about it."""
        try:
            seen = self.place.look()
        except StoppedError:
            raise
        except PalletError as exc:
            return self._unknown(exc)
        return self._judge(seen, self._learn(plan, None))

    def publish(self, catalog: CatalogPlan, plan: Plan, results: Results) -> Result:
        """Bring the catalog to what the run has confirmed; return what became of it."""
        if catalog.settled is not None:
            return _settled(catalog, catalog.settled)
        if self.stop.is_requested:
            return Result(Outcome.SKIPPED, "stopped before it was begun", fix=self.again)
        publisher = Publisher(self.place, self.stop.sleep, jobs=self.jobs)
        try:
            publisher.publish(self._learn(plan, results), force=catalog.force)
        except PalletError as exc:
            refused = isinstance(exc, RefusedError | ImmutableTagError)
            outcome = Outcome.REFUSED if refused else Outcome.FAILED
            return Result(outcome, str(exc), exc.exit_code, exc.fix)
        return DONE

    def _judge(self, seen: CatalogSeen, learned: Learned) -> CatalogPlan:
        reference = self.place.reference
        match seen:
            case CatalogForeign():
                return self._plan_foreign(seen)
            case CatalogPresent() if is_current(seen.document, learned):
                why = "it lists what is published"
                done = Outcome.DONE
                return CatalogPlan(
                    reference, CatalogVerdict.CURRENT, Action.NONE, why, seen=seen.digest, settled=done
                )
            case CatalogPresent():
                why = "it does not list everything that is published"
                return CatalogPlan(
                    reference, CatalogVerdict.BEHIND, Action.PUSH, why, self.again, seen=seen.digest
                )
            case CatalogAbsent() if is_current(CatalogDocument(), learned):
                why = "there is nothing to list"
                return CatalogPlan(reference, CatalogVerdict.CURRENT, Action.NONE, why, settled=Outcome.DONE)
            case CatalogAbsent():
                why = "there is no catalog yet"
                return CatalogPlan(reference, CatalogVerdict.ABSENT, Action.PUSH, why, self.again)

    def _plan_foreign(self, seen: CatalogForeign) -> CatalogPlan:
        return CatalogPlan(
            self.place.reference,
            CatalogVerdict.FOREIGN,
            Action.PUSH if self.force else Action.REFUSE,
            f"expected a catalog, got {seen.what}",
            None
            if self.force
            else seen.fix or advise_foreign(f"{self.again} --force {self.place.repository}"),
            seen=seen.digest,
            settled=None if self.force else Outcome.REFUSED,
            force=self.force,
        )

    def _unknown(self, exc: PalletError) -> CatalogPlan:
        return CatalogPlan(
            self.place.reference,
            CatalogVerdict.UNKNOWN,
            Action.NONE,
            str(exc),
            exc.fix,
            settled=Outcome.FAILED,
            unknown=Unknown(str(exc), exc.exit_code, exc.fix),
        )

    def _learn(self, plan: Plan, results: Results | None) -> Learned:
        """Return what is known of the plan's artifacts; without results, once everything is done."""
        confirmed: dict[Key, Confirmed] = {}
        tags: dict[Repository, dict[Tag, Digest | None]] = {}
        for item in plan.artifacts:
            wanted = item.wanted
            done = _is_done(item, results)
            for digest in _seen(item, done=done):
                tags.setdefault(wanted.name, {})[wanted.tag] = digest
            if done:
                confirmed[wanted.name, wanted.tag] = Confirmed(wanted.digest, partial(self._describe, wanted))
        for tag in plan.floating:
            for digest in _held(tag, results):
                tags.setdefault(tag.goal.name, {})[tag.goal.tag] = digest
        return Learned(self.project, confirmed, tags)

    def _describe(self, wanted: Wanted) -> Entry:
        """Return the entry of an artifact; the store's manifest where only the digest is known here."""
        content, descriptor = wanted.manifest, wanted.descriptor
        if not content:
            found = self.place.manifests.fetch(wanted.name, wanted.digest)
            content, descriptor = found.content, found.descriptor
        return read_entry(wanted.name, wanted.tag, descriptor, content)


def open_cataloguer(
    config: Config,
    selection: Selection,
    store: Store,
    stop: Stop,
    *,
    manifests: CachedManifests | None,
    again: str,
    jobs: int,
) -> Cataloguer | None:
    """Return who keeps the catalog of a store up to date; None where pallet.toml asks for none.

    Args:
        manifests: how it is read; None for a way that keeps nothing.
        again: the command to repeat.
    """
    if config.catalog is None:
        return None
    place = CatalogPlace(store, config.catalog, manifests or CachedManifests(store, ManifestCache(None)))
    return Cataloguer(place, config.project, stop, again, selection.forces(config.catalog), jobs)


def _is_done(item: ArtifactPlan, results: Results | None) -> bool:
    if results is None:
        return item.settled in (None, Outcome.DONE)
    return results.artifacts[item.key].outcome is Outcome.DONE


def _seen(item: ArtifactPlan, *, done: bool) -> Iterator[Digest | None]:
    """Yield what a version tag holds now, where that is certain."""
    if done:
        yield item.wanted.digest
    elif item.settled is not None:  # what was tried and failed may have happened all the same
        match item.seen:
            case Present(digest):
                yield digest
            case Absent():
                yield None


def _held(tag: FloatingPlan, results: Results | None) -> Iterator[Digest | None]:
    """Yield what a floating tag holds now, where that is certain."""
    if tag.action is Action.PUSH:
        if results is None or results.floating[tag.key].outcome is Outcome.DONE:
            yield tag.goal.wanted.digest
        return
    match tag.seen:
        case FloatingPresent(digest=digest):
            yield digest
        case FloatingAbsent(is_hidden=False):
            yield None


def _settled(catalog: CatalogPlan, outcome: Outcome) -> Result:
    if outcome is Outcome.DONE:
        return DONE
    exit_code = catalog.unknown.exit_code if catalog.unknown is not None else 0
    return Result(outcome, catalog.reason, exit_code, catalog.fix)
