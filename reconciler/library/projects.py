"""A project and an opened registry: what sync would do, and doing it.

Decided here: whose policies hold. Where pallet.toml has a target for this very place, its settings; otherwise
those of a target that says nothing. Must never be added: a rule about one artifact.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.project import load_project
from reconciler.errors import UsageError
from reconciler.library.opening import config_path
from reconciler.library.values import Checked, Synced
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.user_cache import user_cache_folder
from reconciler.sync.exit_codes import of_check, of_report
from reconciler.sync.findings import lock_findings
from reconciler.sync.progress import Silent
from reconciler.sync.reconcile import Reconciler, require_current_lock
from reconciler.sync.run_lock import hold_run_lock

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from reconciler.desired.config import Config, Target
    from reconciler.desired.project import Project
    from reconciler.library.opening import Opened
    from reconciler.sync.actions import Plan
    from reconciler.sync.progress import Progress
    from reconciler.sync.selection import Selection
    from reconciler.sync.stop import Stop


def find_project(opened: Opened, project: Path | None) -> Path:
    """Return the pallet.toml that is meant: the one that was named, else that of the opened project.

    Raises:
        UsageError: neither is there.
    """
    if project is not None:
        return config_path(opened.directory / project)
    if opened.config is None:
        raise UsageError(
            "project: expected a pallet.toml or its folder, got none",
            fix='name it, or open the registry with project="FOLDER"',
        )
    return opened.config.path


def load(opened: Opened, path: Path, *, locked: bool) -> Project:
    """Read a project: pallet.toml, its files and its lock."""
    environment = opened.around.environment
    memory = DigestMemory(user_cache_folder(environment, "digests"))
    documents = DocumentMemory(user_cache_folder(environment, "documents"))
    return load_project(path, memory=memory, locked=locked, documents=documents)


def plan(
    opened: Opened, path: Path, selection: Selection, progress: Progress | None, stop: Stop | None
) -> Plan:
    """Return what sync would do; nothing is written."""
    return _reconciler(opened, load(opened, path, locked=False), selection, progress, stop).plan()


def sync(
    opened: Opened,
    path: Path,
    selection: Selection,
    progress: Progress | None,
    stop: Stop | None,
    *,
    locked: bool,
) -> Synced:
    """Publish what drifted, and write the lock, unless that is insisted on as it is."""

    def say(text: str) -> None:
        if opened.around.notices is not None:
            opened.around.notices.say(text)

    with nullcontext() if locked else hold_run_lock(path.parent, say):
        project = load(opened, path, locked=locked)
        if locked:
            require_current_lock(project)
        reconciler = _reconciler(opened, project, selection, progress, stop)
        planned = reconciler.plan()
        report = reconciler.sync(planned)
    code = report.lock_error.exit_code if report.lock_error is not None else of_report(report.results)
    return Synced(planned, report, code)


def check(
    opened: Opened,
    path: Path,
    selection: Selection,
    progress: Progress | None,
    stop: Stop | None,
    *,
    allow: Collection[str],
) -> Checked:
    """Find everything that is not as it should be; nothing is written."""
    project = load(opened, path, locked=True)
    planned = _reconciler(opened, project, selection, progress, stop).plan()
    about_lock = lock_findings(project)
    code = of_check(planned, lock_is_canonical=not about_lock, allowed=allow)
    return Checked(planned, (*project.warnings, *about_lock), code)


def _reconciler(
    opened: Opened, project: Project, selection: Selection, progress: Progress | None, stop: Stop | None
) -> Reconciler:
    return Reconciler(
        project,
        _target_in(opened, project.config),
        opened.store,
        opened.jobs,
        selection,
        stop or opened.around.stop,
        progress or opened.progress or Silent(),
        opened.manifests,
    )


def _target_in(opened: Opened, config: Config) -> Target:
    """Return the target of a project that is this very place; else one with no policies of its own."""
    ours = opened.target
    if ours.name in config.targets and _is_same(opened, config.targets[ours.name], config):
        return config.targets[ours.name]
    same = (target for target in config.targets.values() if _is_same(opened, target, config))
    return next(same, replace(ours, name=ours.url, immutable=None, restore=None))


def _is_same(opened: Opened, target: Target, config: Config) -> bool:
    directory = target.layout_directory
    if directory is not None or opened.folder is not None:
        return directory is not None and (config.root / directory).resolve() == opened.folder
    return Endpoint.parse(target.url) == Endpoint.parse(opened.target.url)
