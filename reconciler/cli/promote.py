"""`pallet promote`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from reconciler.cli.dry_run import end_dry_run
from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    force_names_option,
    only_option,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.projects import load
from reconciler.cli.screen import Screen
from reconciler.cli.session import manifest_cache, stop_on_signals, surroundings
from reconciler.cli.show import show_report
from reconciler.compose import choose_target, name_at, open_store, without_prefix
from reconciler.discovery.manifest_cache import CachedManifests
from reconciler.errors import UsageError
from reconciler.oci.copying import Copier
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.reference import Repository
from reconciler.sync.promote import Promoter, exit_code
from reconciler.sync.reconcile import Report
from reconciler.sync.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.desired.config import Target
    from reconciler.desired.project import Project
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop


@click.command("promote", short_help="Bring what is locked from one target to another.")
@flag("--from", "source_name", metavar="TARGET", required=True, help="Where it is published already.")
@flag("--to", "target_name", metavar="TARGET", required=True, help="Where it is to be published.")
@flag("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@flag("--recursive", "-r", is_flag=True, help="Copy what refers to it too, beyond what the lock names.")
@flag(
    "--restore",
    multiple=True,
    metavar="NAME",
    help="Put back what somebody changed at the destination; a name or glob, may be given again.",
)
@force_names_option
@only_option
@place_options
@reach_options
@output_options("text", "json")
def command(
    place: Place,
    reach: Reach,
    output: Output,
    *,
    source_name: str,
    target_name: str,
    dry_run: bool,
    recursive: bool,
    restore: tuple[str, ...],
    force: tuple[str, ...],
    only: tuple[str, ...],
) -> int:
    """Copy what pallet.lock says from one target of pallet.toml to another, by digest.

    Nothing is built: the bytes that were tried out are those that are released. An artifact is copied only
    where the first target holds exactly what is locked, and what the second one holds under a version is
    never overwritten without --force; such artifacts are refused, with what to do. Version tags come first,
    then floating tags, as sync moves them. No lock is written. Safe to stop and to run again.

    \b
    Examples:
      pallet promote --from staging --to production
      pallet promote --from staging --to production --only 'workflows/*' --dry-run
    """
    screen = Screen(output)
    project = load(place, screen, locked=True)
    source, target = choose_target(project.config, source_name), choose_target(project.config, target_name)
    if source.name == target.name:
        raise UsageError(f"--to {target.name}: expected another target than --from, got the same")
    selection = Selection(only, restore, force)
    with stop_on_signals() as stop, ExitStack() as stack:
        open_one = partial(_open, stack, project, reach, screen, stop)
        ends = _Ends(source, target, open_one(source), open_one(target), open_one)
        promoter = _promoter(project, ends, selection, reach, screen, stop, stack, recursive=recursive)
        plan = promoter.plan()
        if dry_run:
            return end_dry_run(screen, "promote", project, plan)
        results = promoter.promote(plan)
    code = exit_code(plan, results)
    show_report(screen, project, Report(plan, results, lock_written=False), exit_code=code, command="promote")
    return code


def _promoter(
    project: Project,
    ends: _Ends,
    selection: Selection,
    reach: Reach,
    screen: Screen,
    stop: Stop,
    stack: ExitStack,
    *,
    recursive: bool,
) -> Promoter:
    """Return who promotes; `stack` closes what that takes."""
    copier, rename = _copier(ends, recursive=recursive, jobs=reach.jobs)
    return Promoter(
        project,
        ends.source,
        ends.target,
        ends.here,
        ends.there,
        stack.enter_context(copier),
        reach.jobs,
        selection,
        stop,
        screen.progress(),
        rename,
        _manifests(ends.target, ends.there, stack),
    )


def _open(
    stack: ExitStack, project: Project, reach: Reach, screen: Screen, stop: Stop, target: Target
) -> Store:
    store = open_store(target, surroundings(project.config.root, reach, stop, screen.notices()))
    stack.callback(store.close)
    return store


def _manifests(target: Target, store: Store, stack: ExitStack) -> CachedManifests:
    """Return the manifests of a target, those of a registry read through this user's cache."""
    cache = manifest_cache(target)
    stack.callback(cache.close)
    return CachedManifests(store, cache)


def _copier(ends: _Ends, *, recursive: bool, jobs: int) -> tuple[Copier, Callable[[Repository], Repository]]:
    """Return who copies, and what its destination calls a repository.

    Two targets that are parts of one registry: from above both prefixes, blobs can be mounted across.
    """
    top = without_prefix(ends.target)
    if name_at(ends.source, Repository("a"), top) is None:
        return Copier(ends.here, ends.there, CopyTerms(recursive), jobs=jobs), lambda name: name
    copier = Copier(
        ends.here,
        ends.open(top),
        CopyTerms(recursive),
        jobs=jobs,
        mountable=lambda name: name_at(ends.source, name, top),
    )
    return copier, lambda name: name_at(ends.target, name, top) or name


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both targets, opened."""

    source: Target
    target: Target
    here: Store
    there: Store
    open: Callable[[Target], Store]
