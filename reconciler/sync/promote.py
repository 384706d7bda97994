"""Bring what the lock says from one target to another, by digest: the same bytes, nothing built anew.

Decided here: what stands for *wanted*, which is the lock itself, and what may leave the source: only what
stands there under its version tag as the lock says. Everything else is sync's plan at the destination: its
verdicts, its immutable versions, its floating tags. Must never be added: a file of the tree in an artifact,
or a change of the lock.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.desired.attachments import Attachment
from reconciler.desired.wanted import Wanted
from reconciler.errors import LockOutOfDateError, NotFoundError, PalletError
from reconciler.oci.sameness import recognise
from reconciler.oci.sides import SOURCE
from reconciler.sync.actions import (
    ArtifactPlan,
    AttachmentPlan,
    FloatingPlan,
    Obstacle,
    Plan,
    Terms,
)
from reconciler.sync.apply import Applier, Step, publish_built
from reconciler.sync.audit import tell_pull
from reconciler.sync.cataloguing import Cataloguer, open_cataloguer
from reconciler.sync.exit_codes import DRIFT, REFUSED, of_report
from reconciler.sync.facts import Absent, Present, Seen, Unknown
from reconciler.sync.floating import set_goals
from reconciler.sync.observe import Observer
from reconciler.sync.plan import make_plan
from reconciler.sync.progress import Progress, Silent
from reconciler.sync.reconcile import permit, with_required
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.desired.config import Target
    from reconciler.desired.lockfile import Key, Locked, LockedAttachment
    from reconciler.desired.project import Project
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.copying import Copier
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store
    from reconciler.sync.apply import Unit
    from reconciler.sync.outcomes import Results


@dataclass(frozen=True, slots=True)
class Promoter:
    """A project's lock, two targets, and who copies between their stores."""

    project: Project
    source_target: Target
    target: Target
    source: Store
    store: Store
    """Of the destination."""
    copier: Copier
    jobs: int
    selection: Selection = field(default_factory=Selection)
    stop: Stop = field(default_factory=Stop)
    progress: Progress = field(default_factory=Silent)
    rename: Callable[[Repository], Repository] = lambda name: name
    """What the copier's destination calls a repository."""
    manifests: CachedManifests | None = None
    """How the destination's catalog is read; None for a way that keeps nothing."""
    _named: dict[Key, Digest] = field(default_factory=dict)
    """What the source calls a version, where that is another digest of the same bytes than the lock's."""

    def plan(self) -> Plan:
        """Look at the destination, its catalog, and at the source for what it lacks; nothing is written.

        Raises:
            LockOutOfDateError: there is no lock.
            UsageError: the selection names nothing.
            StoppedError: a stop was requested before everything was seen.
        """
        plan = self._plan()
        cataloguer = self._cataloguer()
        return plan if cataloguer is None else replace(plan, catalog=cataloguer.plan(plan))

    def _plan(self) -> Plan:
        lock = self.project.lock
        if lock.text is None:
            raise LockOutOfDateError(
                f"{self.project.config.lock_path.name}: expected a lock, got none",
                fix="run `pallet lock` and commit it",
            )
        wanted = from_lock(lock.entries.values(), self.project.wanted)
        catalog = self.project.config.catalog
        self.selection.check((item.name for item in wanted), forceable=() if catalog is None else (catalog,))
        chosen = [item for item in wanted if self.selection.chooses(item.name)]
        observer = Observer(self.store, self.project.config.project, self.jobs, self.stop, self.progress)
        observed = observer.observe(with_required(chosen, tuple(wanted)), set_goals(chosen), lock.entries)
        terms = self._terms()
        plan = make_plan(wanted, lock.entries, observed, terms)
        at_source = self._look(plan)
        if not at_source:
            return plan
        unknown = {key: seen for key, seen in at_source.items() if isinstance(seen, Unknown)}
        artifacts = {**observed.artifacts, **unknown}
        obstacles = self._obstacles(at_source, lock.entries)
        return make_plan(
            wanted, lock.entries, replace(observed, artifacts=artifacts), replace(terms, obstacles=obstacles)
        )

    def promote(self, plan: Plan) -> Results:
        """Copy what the plan says, then move floating tags; return what became of every action."""
        results = Applier(self.store, self.jobs, self.stop, self.progress, publish=self._carry).apply(plan)
        cataloguer = self._cataloguer()
        if cataloguer is None or plan.catalog is None:
            return results
        catalog = cataloguer.publish(plan.catalog, plan, results)
        return replace(results, catalog=catalog, stopped_by=self.stop.signal_number)

    def _cataloguer(self) -> Cataloguer | None:
        return open_cataloguer(
            self.project.config,
            self.selection,
            self.store,
            self.stop,
            manifests=self.manifests,
            again=self._again,
            jobs=self.jobs,
        )

    def _look(self, plan: Plan) -> dict[Key, Seen]:
        """Return what the source holds under the versions that would have to be copied: one HEAD for each."""
        needed = [item.wanted for item in plan.artifacts if item.action in (Action.PUSH, Action.RESTORE)]
        with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="promote") as pool:
            return dict(zip((item.key for item in needed), pool.map(self._see, needed), strict=True))

    def _see(self, wanted: Wanted) -> Seen:
        try:
            held = self.source.head_manifest(wanted.name, wanted.tag).digest
            known = recognise(self.source, wanted.name, wanted.tag, held, [wanted.digest])
            if known != held:
                self._named[wanted.key] = held
            return Present(known)
        except NotFoundError:
            return Absent()
        except PalletError as exc:
            return Unknown(f"{SOURCE}: {exc}", exc.exit_code, exc.fix)

    def _obstacles(self, seen: Mapping[Key, Seen], locked: Mapping[Key, Locked]) -> dict[Key, Obstacle]:
        obstacles = {}
        name = self.source_target.name
        fix = f"bring {name} into step first: pallet sync --target {name}{self._file}"
        for key, state in seen.items():
            digest = locked[key].digest
            match state:
                case Absent():
                    reason = f"{name} does not hold it: expected {digest}, got nothing under {key[1].tag}"
                    obstacles[key] = Obstacle(reason, fix)
                case Present(held) if held != digest:
                    reason = f"{name} holds other content: expected {digest}, got {held}"
                    # A sync alone refuses to overwrite what somebody else put there.
                    obstacles[key] = Obstacle(reason, f"{fix} --restore {key[0]}")
        return obstacles

    @property
    def _file(self) -> str:
        """Return the flag that leads to pallet.toml, where it has another name."""
        path = self.project.config.path
        return "" if path.name == "pallet.toml" else f" --file {path.name}"

    @property
    def _again(self) -> str:
        return f"pallet promote --from {self.source_target.name} --to {self.target.name}{self._file}"

    def _terms(self) -> Terms:
        config = self.project.config
        return Terms(
            target=self.target.name,
            permit=lambda wanted: permit(config, self.target, self.selection, wanted),
            refer=self.store.name,
            held=config.held,
            again=self._again,
            chosen=self.selection.chooses,
        )

    def _carry(self, store: Store, unit: Unit, *, again: str) -> list[PalletError | None]:
        """Copy one unit: an artifact before what is attached to it, and its tag after that."""
        match unit:
            case (ArtifactPlan() as item,):
                self._copy(item.wanted, self._name(item.wanted), tagged=True)
                return [None]
            case (ArtifactPlan() as item, *steps):
                self._copy(item.wanted, self._name(item.wanted), tagged=False)
                failures = [self._attach(step) for step in steps if isinstance(step, AttachmentPlan)]
                failed = next((failure for failure in failures if failure is not None), None)
                if failed is None:
                    self._copy(item.wanted, self._name(item.wanted), tagged=True)
                return [failed, *failures]
            case (AttachmentPlan(), *_):
                return [self._attach(step) for step in unit if isinstance(step, AttachmentPlan)]
            case _:
                # What the version tag names there by now is what they are to name.
                return publish_built(store, tuple(map(self._as_published, unit)), again=again)

    def _as_published(self, step: Step) -> Step:
        """Return a floating tag's step as one of an artifact of which only the lock's entry is known here."""
        assert isinstance(step, FloatingPlan)
        wanted = step.goal.wanted
        locked = self.project.lock.entries[wanted.key]
        return replace(step, goal=replace(step.goal, wanted=replace(wanted, known_by=locked)))

    def _name(self, wanted: Wanted) -> Digest:
        return self._named.get(wanted.key, wanted.digest)

    def _copy(self, wanted: Wanted, digest: Digest, *, tagged: bool) -> None:
        tag = wanted.tag if tagged else None
        copied = self.copier.copy(wanted.name, digest, self.rename(wanted.name), tag)
        if copied.manifests:  # else only its tag was missing, or nothing at all
            tell_pull(self.source, wanted.name, digest, digest)

    def _attach(self, step: AttachmentPlan) -> PalletError | None:
        try:
            self._copy(step.wanted, step.attachment.digest, tagged=False)
        except PalletError as exc:
            return exc
        return None


def from_lock(locked: Iterable[Locked], known: Iterable[Wanted]) -> list[Wanted]:
    """Return what the lock says as what is wanted; what pallet.toml says of an artifact comes along.

    Args:
        known: what the tree gives, for floating tags, policies and requirements; its bytes are not used.
    """
    by_key = {item.key: item for item in known}
    return [_wanted(entry, by_key.get(entry.key)) for entry in sorted(locked, key=lambda entry: entry.key)]


def exit_code(plan: Plan, results: Results) -> int:
    """As sync's; drift where the source does not hold what the lock says, and nothing failed."""
    code = of_report(results)
    missing = any(item.action is Action.REFUSE and item.is_obstructed for item in plan.artifacts)
    return DRIFT if code == REFUSED and missing else code


def _wanted(entry: Locked, known: Wanted | None) -> Wanted:
    attachments = tuple(map(_attachment, entry.attachments))
    if known is not None:
        return replace(
            known,
            manifest=b"",
            digest=entry.digest,
            blobs=(),
            files=entry.files,
            media_type=entry.media_type,
            children=(),
            attachments=attachments,
            known_by=None,
        )
    return Wanted(
        name=entry.name,
        version=entry.version,
        manifest=b"",
        digest=entry.digest,
        blobs=(),
        files=entry.files,
        annotations={},
        build=entry.build,
        kind="",
        line=0,
        media_type=entry.media_type,
        attachments=attachments,
    )


def _attachment(locked: LockedAttachment) -> Attachment:
    return Attachment(locked.artifact_type, b"", locked.digest, (), locked.files, {})
