"""The whole way of one run: observe, plan, apply, and the lock advanced for what was confirmed.

Decided here: what becomes of the lock. Must never be added: an option parsed, a line printed, or
a rule about one artifact, which is the plan's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.desired.lockfile import (
    REVISION,
    Key,
    Lock,
    Locked,
    render_lock,
    require_writable,
    write_lock,
)
from reconciler.errors import LockOutOfDateError, PalletError
from reconciler.sync.actions import Outcome, Plan, Terms
from reconciler.sync.apply import Applier
from reconciler.sync.cataloguing import Cataloguer, open_cataloguer
from reconciler.sync.exit_codes import of_report
from reconciler.sync.floating import set_goals
from reconciler.sync.observe import Observer
from reconciler.sync.outcomes import DONE, Results
from reconciler.sync.outside import look_for
from reconciler.sync.plan import make_plan
from reconciler.sync.progress import Progress, Silent
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Permission

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.desired.config import Config, Target
    from reconciler.desired.project import Project
    from reconciler.desired.wanted import Wanted
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.store import Store
    from reconciler.sync.actions import AttachmentKey


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did."""

    plan: Plan
    results: Results
    lock_written: bool
    left: tuple[Locked, ...] = ()
    """Entries of the plan's superseded and orphans that have left the lock."""
    lock_error: PalletError | None = None
    """Why the lock could not be written; what the store confirmed stays published all the same."""

    @property
    def exit_code(self) -> int:
        """Of the sync; that of the lock's failure where there is one."""
        return self.lock_error.exit_code if self.lock_error is not None else of_report(self.results)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """A project and a store, to be brought into step."""

    project: Project
    target: Target
    store: Store
    jobs: int
    selection: Selection = field(default_factory=Selection)
    stop: Stop = field(default_factory=Stop)
    progress: Progress = field(default_factory=Silent)
    manifests: CachedManifests | None = None
    """How the catalog is read; None for one that keeps nothing."""

    def plan(self) -> Plan:
        """Look at the store and say what sync would do; nothing is written.

        Raises:
            UsageError: the selection names nothing.
            StoppedError: a stop was requested before everything was seen.
        """
        wanted, locked = self.project.wanted, self.project.lock.entries
        catalog = self.project.config.catalog
        self.selection.check((item.name for item in wanted), forceable=() if catalog is None else (catalog,))
        chosen = [item for item in wanted if self.selection.chooses(item.name)]
        observer = Observer(self.store, self.project.config.project, self.jobs, self.stop, self.progress)
        observed = observer.observe(with_required(chosen, wanted), set_goals(chosen), locked)
        required = observer.see_required(look_for(chosen, wanted, observed.artifacts))
        plan = make_plan(wanted, locked, replace(observed, required=required), self._terms())
        cataloguer = self._cataloguer()
        return plan if cataloguer is None else replace(plan, catalog=cataloguer.plan(plan))

    def sync(self, plan: Plan) -> Report:
        """Apply a plan, and write the lock for exactly what the store confirmed.

        Raises:
            LockError: the lock is of a newer revision, and would have to change; nothing was published.
        """
        self._require_writable_lock(plan)
        results = Applier(self.store, self.jobs, self.stop, self.progress).apply(plan)
        report = self._write_lock(plan, results)
        cataloguer = self._cataloguer()
        if cataloguer is None or plan.catalog is None:
            return report
        # Last: a run that is killed before this has a lock that says what was published.
        catalog = cataloguer.publish(plan.catalog, plan, results)
        stopped_by = self.stop.signal_number
        return replace(report, results=replace(results, catalog=catalog, stopped_by=stopped_by))

    def _write_lock(self, plan: Plan, results: Results) -> Report:
        entries = advance(self.project.lock, plan, results)
        if self.project.lock.text is None and not entries:
            return Report(plan, results, lock_written=False)
        left = tuple(entry for entry in (*plan.superseded, *plan.orphans) if entry.key not in entries)
        try:
            written = write_lock(self.project.config.lock_path, self.project.lock, entries.values())
        except PalletError as exc:
            return Report(plan, results, lock_written=False, lock_error=exc)
        return Report(plan, results, written, left)

    def _require_writable_lock(self, plan: Plan) -> None:
        everything = Results(
            {item.key: DONE for item in plan.artifacts},
            attachments={item.key: DONE for item in plan.attachments},
        )
        if advance(self.project.lock, plan, everything) != self.project.lock.entries:
            require_writable(self.project.config.lock_path, self.project.lock)

    def _cataloguer(self) -> Cataloguer | None:
        config = self.project.config
        return open_cataloguer(
            config,
            self.selection,
            self.store,
            self.stop,
            manifests=self.manifests,
            again=_again(config, self.target),
            jobs=self.jobs,
        )

    def _terms(self) -> Terms:
        config = self.project.config
        return Terms(
            target=self.target.name,
            permit=lambda wanted: permit(config, self.target, self.selection, wanted),
            refer=self.store.name,
            held=config.held,
            again=_again(config, self.target),
            chosen=self.selection.chooses,
            # `explain` names what it explains: that chooses nothing.
            is_part=bool(self.selection.only) and self.selection.only_is == "--only",
        )


def _again(config: Config, target: Target) -> str:
    """Return the command that syncs this target, with the flags that lead to it."""
    name = "" if target.name == config.default_target else f" --target {target.name}"
    file = "" if config.path.name == "pallet.toml" else f" --file {config.path.name}"
    return f"pallet sync{name}{file}"


def permit(config: Config, target: Target, selection: Selection, wanted: Wanted) -> Permission:
    """Return what pallet.toml and the command line allow for one artifact."""
    return Permission(
        immutable=config.is_immutable(wanted.policy, target),
        restore=config.restores(wanted.policy, target) or selection.restores(wanted.name),
        force=selection.forces(wanted.name),
    )


def advance(lock: Lock, plan: Plan, results: Results) -> dict[Key, Locked]:
    """Return the lock's entries after a run: changed for what was confirmed, and for nothing else."""
    entries = dict(lock.entries)
    attached = {key for key, result in results.attachments.items() if result.outcome is Outcome.DONE}
    unconfirmed = set()
    for item in plan.artifacts:
        if results.artifacts[item.key].outcome is Outcome.DONE:
            entries[item.key] = _confirmed(item.wanted, lock, attached)
        else:
            unconfirmed.add(item.wanted.name)
    for entry in (*plan.superseded, *plan.orphans):
        if entry.name not in unconfirmed:
            del entries[entry.key]
    return entries


def _confirmed(wanted: Wanted, lock: Lock, attached: Collection[AttachmentKey]) -> Locked:
    """Return an artifact's entry with those attachments that the store has, or that were locked before."""
    entry = wanted.as_locked
    if not entry.attachments:
        return entry
    before = lock.entries.get(wanted.key)
    known = {item.digest for item in before.attachments} if before else set()
    kept = (
        item for item in entry.attachments if item.digest in known or (*wanted.key, item.digest) in attached
    )
    return replace(entry, attachments=tuple(kept))


def require_current_lock(project: Project) -> None:
    """Insist that the lock is what the tree says, byte for byte.

    Raises:
        LockOutOfDateError: it is missing or differs; the text says where.
    """
    lock, path = project.lock, project.config.lock_path.name
    if lock.text is None:
        raise LockOutOfDateError(f"{path}: expected a lock, got none", fix="run `pallet lock` and commit it")
    if lock.has_conflict:
        raise LockOutOfDateError(f"{path}: has conflict markers", fix="run `pallet lock` and commit it")
    if not _says(lock, {item.key: item.as_locked for item in project.wanted}):
        differences = "; ".join(differences_of(project)) or "its bytes are not those that pallet writes"
        fix = "upgrade pallet" if lock.revision > REVISION else _lock_advice(project)
        raise LockOutOfDateError(f"{path}: out of date: {differences}", fix=fix)


def _lock_advice(project: Project) -> str:
    locked = project.lock.entries
    if any(item.key in locked and locked[item.key].digest != item.digest for item in project.wanted):
        return (
            "give what was published a new version (pallet bump --all-edited patch), "
            "then run `pallet lock` and commit it"
        )
    return "run `pallet lock` and commit it"


def differences_of(project: Project) -> list[str]:
    """Return in words where the lock is not what the tree says, sorted by name and version."""
    wanted = {item.key: item.as_locked for item in project.wanted}
    locked = project.lock.entries
    words = []
    for key in sorted(wanted.keys() | locked.keys()):
        name = f"{key[0]} {key[1]}"
        if key not in locked:
            words.append(f"{name} is not locked")
        elif key not in wanted:
            words.append(f"{name} is locked, and no longer wanted")
        elif wanted[key].digest != locked[key].digest:
            words.append(f"{name}: locked {locked[key].digest.short}, files give {wanted[key].digest.short}")
        elif wanted[key] != locked[key]:
            words.append(_difference(name, wanted[key], locked[key]))
    return words


def _difference(name: str, wanted: Locked, locked: Locked) -> str:
    attached = replace(wanted, attachments=locked.attachments) == locked
    return f"{name}: same digest, other {'attachments' if attached else 'files'}"


def lock_is_canonical(project: Project) -> bool:
    """Say whether the lock's bytes are those that pallet writes for its entries, moved files included."""
    if project.lock.text is None:
        return not project.wanted
    wanted = {item.key: item.as_locked for item in project.wanted}
    entries = dict(project.lock.entries)
    for key, entry in project.lock.entries.items():
        if key in wanted and wanted[key].digest == entry.digest:
            entries[key] = _without_news(wanted[key], entry)
    return not project.lock.has_conflict and _says(project.lock, entries)


def _without_news(wanted: Locked, locked: Locked) -> Locked:
    """Return the wanted entry without attachments that are not locked yet: the plan's verdicts name those."""
    known = {item.digest for item in locked.attachments}
    return replace(wanted, attachments=tuple(item for item in wanted.attachments if item.digest in known))


def _says(lock: Lock, entries: Mapping[Key, Locked]) -> bool:
    """Compare bytes; of a newer revision, which may say more, the entries."""
    if lock.revision > REVISION:
        return lock.entries == entries
    return lock.text == render_lock(entries.values())


def with_required(chosen: list[Wanted], wanted: tuple[Wanted, ...]) -> list[Wanted]:
    """Return the chosen ones and everything that they require, which has to be looked at too."""
    names = {item.name for item in chosen}
    while True:
        needed = {need.name for item in wanted if item.name in names for need in item.requires} - names
        needed &= {item.name for item in wanted}
        if not needed:
            return [item for item in wanted if item.name in names]
        names |= needed
