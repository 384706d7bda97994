"""`pallet sync`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from reconciler.cli.dry_run import end_dry_run
from reconciler.cli.editor_schema import locate_to_write
from reconciler.cli.options import (
    Duration,
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
from reconciler.cli.projects import in_ci, load
from reconciler.cli.screen import Screen
from reconciler.cli.session import open_reconciler
from reconciler.cli.show import show_report
from reconciler.errors import UsageError
from reconciler.sync.reconcile import require_current_lock
from reconciler.sync.run_lock import hold_run_lock
from reconciler.sync.selection import Selection

if TYPE_CHECKING:
    from reconciler.desired.project import Project


@click.command("sync", short_help="Publish what drifted, and write the lock.")
@flag("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@flag(
    "--locked",
    is_flag=True,
    help="Insist that pallet.lock is up to date, and leave it as it is. CI=true means this.",
)
@flag(
    "--restore",
    multiple=True,
    metavar="NAME",
    help="Put back what somebody changed in the registry; a name or glob, may be given again.",
)
@force_names_option
@flag("--watch", is_flag=True, help="Go on: sync again whenever a file changes, until a signal comes.")
@flag(
    "--every",
    "every_s",
    type=Duration(),
    metavar="DURATION",
    help="With --watch: sync again after this long too; such as 30s, 5m or 1h.",
)
@only_option
@place_options
@reach_options
@output_options("text", "json")
def command(
    place: Place,
    reach: Reach,
    output: Output,
    *,
    dry_run: bool,
    locked: bool,
    restore: tuple[str, ...],
    force: tuple[str, ...],
    watch: bool,
    every_s: float | None,
    only: tuple[str, ...],
) -> int:
    """Publish what the registry does not hold yet, and write pallet.lock for what it confirmed.

    What is published under a version is never overwritten by accident: such artifacts are refused,
    with what to do. Safe to stop at any moment and to run again.

    \b
    Examples:
      pallet sync
      pallet sync --target production --locked
      pallet sync --only 'workflows/*'
      pallet sync --restore workflows/smart-router
      pallet sync --watch --every 5m
    """
    _check_flags(watch=watch, every_s=every_s, by_hand=dry_run or bool(restore or force))
    screen = Screen(output)
    is_locked = locked or (in_ci() and not dry_run)
    if is_locked and not locked:
        screen.say("CI is set: sync means sync --locked here")
    if watch:
        from reconciler.cli.sync_again import SyncAgain

        again = SyncAgain(place, reach, screen, Selection(only, restore, force), is_locked=is_locked)
        return again.run(every_s)
    writes_lock = not is_locked and not dry_run
    with hold_run_lock(locate_to_write(place).parent, screen.say) if writes_lock else nullcontext():
        project = load(place, screen, locked=is_locked)
        if is_locked:
            require_current_lock(project)
        return _sync(project, reach, screen, Selection(only, restore, force), dry_run=dry_run)


def _check_flags(*, watch: bool, every_s: float | None, by_hand: bool) -> None:
    if every_s is not None and not watch:
        raise UsageError("--every: expected --watch with it", fix="pallet sync --watch --every 5m")
    if watch and by_hand:
        raise UsageError(
            "--watch: expected none of --dry-run, --restore and --force, which somebody looks after",
            fix="let pallet.toml say restore = true for what is to be put back unasked",
        )


def _sync(project: Project, reach: Reach, screen: Screen, selection: Selection, *, dry_run: bool) -> int:
    with open_reconciler(project, reach, screen, selection) as reconciler:
        plan = reconciler.plan()
        if dry_run:
            return end_dry_run(screen, "sync", project, plan)
        report = reconciler.sync(plan)
    code = report.exit_code
    show_report(screen, project, report, exit_code=code)
    return code
