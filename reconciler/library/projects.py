"""A project and an opened registry: what sync would do, and doing it.

Decided here: whose policies hold. Where pallet.toml has a target for this very place, its settings; otherwise
those of a target that says nothing. Must never be added: a rule about one artifact.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.project import load_project
from reconciler.errors import UsageError
from reconciler.library.arguments import read_texts
from reconciler.library.held import Held
from reconciler.library.opening import config_path
from reconciler.library.values import Checked, Synced
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.user_cache import user_cache_folder
from reconciler.sync.exit_codes import ALLOWABLE, of_check
from reconciler.sync.findings import lock_findings
from reconciler.sync.progress import Silent
from reconciler.sync.reconcile import Reconciler, require_current_lock
from reconciler.sync.run_lock import hold_run_lock
from reconciler.sync.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.config import Config, Target
    from reconciler.desired.project import Project
    from reconciler.library.arguments import PathLike
    from reconciler.library.opening import Opened
    from reconciler.sync.actions import Plan
    from reconciler.sync.progress import Progress
    from reconciler.sync.stop import Stop


class Projects(Held):
    """Brings a project and the registry into step."""

    def plan(
        self,
        project: PathLike | None = None,
        *,
        only: Iterable[str] = (),
        restore: Iterable[str] = (),
        force: Iterable[str] = (),
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Plan:
        """Return what `sync` would do here for a project; nothing is written.

        Args:
            project: a pallet.toml or its folder; None for the one that the registry was opened with.
            only: names or globs; nothing else is touched.
            restore: names or globs of what is put back where somebody changed it in the registry.
            force: names or globs of what is overwritten under its version.
            progress: hears of each step; None for who was named when the registry was opened.
            stop: ends it between two steps; None for the one that the registry was opened with.

        Raises:
            UsageError: there is no project, or a name matches nothing.
            InvalidError: pallet.toml, the lock or files are invalid; with every problem.
            StoppedError: a stop was requested before everything was seen.
        """
        opened = self._opened
        read = _load(opened, _find(opened, project), locked=False)
        return _reconciler(opened, read, _selection(only, restore, force), progress, stop).plan()

    def sync(
        self,
        project: PathLike | None = None,
        *,
        only: Iterable[str] = (),
        restore: Iterable[str] = (),
        force: Iterable[str] = (),
        locked: bool = False,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Synced:
        """Publish what drifted, and write pallet.lock for what the registry confirmed.

        What is refused or failed for one artifact is in `report.results` and in `exit_code`, not raised.
        Only one at a time writes a project; others wait.

        Args:
            project: see `plan`, as for the rest.
            locked: insist that the lock is up to date, and leave it as it is. No variable of the environment
                means this, as CI does on the command line.

        Raises:
            UsageError: there is no project, or a name matches nothing.
            InvalidError: pallet.toml, the lock or files are invalid; with every problem.
            LockOutOfDateError: with `locked`, the lock is not what the tree says.
            StoppedError: a stop was requested before anything was published.
        """
        opened, selection = self._opened, _selection(only, restore, force)
        path = _find(opened, project)

        def say(text: str) -> None:
            if opened.around.notices is not None:
                opened.around.notices.say(text)

        with nullcontext() if locked else hold_run_lock(path.parent, say):
            read = _load(opened, path, locked=locked)
            if locked:
                require_current_lock(read)
            reconciler = _reconciler(opened, read, selection, progress, stop)
            planned = reconciler.plan()
            report = reconciler.sync(planned)
        code = report.exit_code
        return Synced(planned, report, code)

    def check(
        self,
        project: PathLike | None = None,
        *,
        only: Iterable[str] = (),
        allow: Iterable[str] = (),
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Checked:
        """Find everything that is not as it should be; nothing is written.

        Args:
            project: see `plan`, as for the rest.
            allow: verdicts that may pass, such as `create`; never `unknown`.

        Raises:
            UsageError: there is no project, a name matches nothing, or there is no such verdict to allow.
            InvalidError: pallet.toml, the lock or files are invalid; with every problem.
            StoppedError: a stop was requested before everything was seen.
        """
        opened, allowed = self._opened, read_texts("allow", allow)
        unknown = sorted(set(allowed) - ALLOWABLE)
        if unknown:
            raise UsageError(f"allow: expected one of {', '.join(sorted(ALLOWABLE))}, got {unknown[0]!r}")
        read = _load(opened, _find(opened, project), locked=True)
        planned = _reconciler(opened, read, _selection(only, (), ()), progress, stop).plan()
        about_lock = lock_findings(read)
        code = of_check(planned, lock_is_canonical=not about_lock, allowed=allowed)
        return Checked(planned, (*read.warnings, *about_lock), code)


def _find(opened: Opened, project: PathLike | None) -> Path:
    """Return the pallet.toml that is meant: the one that was named, else that of the opened project.

    Raises:
        UsageError: neither is there.
    """
    if project is not None:
        return config_path(opened.directory / Path(project))
    if opened.config is None:
        raise UsageError(
            "project: expected a pallet.toml or its folder, got none",
            fix='name it, or open the registry with project="FOLDER"',
        )
    return opened.config.path


def _load(opened: Opened, path: Path, *, locked: bool) -> Project:
    environment = opened.around.environment
    memory = DigestMemory(user_cache_folder(environment, "digests"))
    documents = DocumentMemory(user_cache_folder(environment, "documents"))
    return load_project(path, memory=memory, locked=locked, documents=documents)


def _selection(only: Iterable[str], restore: Iterable[str], force: Iterable[str]) -> Selection:
    named = (read_texts("only", only), read_texts("restore", restore), read_texts("force", force))
    return Selection(*named, only_is="only")


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
