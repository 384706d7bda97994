"""`pallet lock`."""

from __future__ import annotations

import click

from reconciler.cli.editor_schema import locate_to_write
from reconciler.cli.options import Output, Place, flag, output_options, place_options
from reconciler.cli.projects import load
from reconciler.cli.screen import Screen
from reconciler.desired.lockfile import write_lock
from reconciler.reports import documents
from reconciler.sync.reconcile import differences_of, require_current_lock
from reconciler.sync.run_lock import hold_run_lock

_SHOWN_MAX = 20
"""Whoever wants to see more changes than these says --verbose, or looks at the lock's diff."""


@click.command("lock", short_help="Write pallet.lock from the tree, offline.")
@flag(
    "--check",
    "check_only",
    is_flag=True,
    help="Only say whether it is up to date: exit code 6 where it is not.",
)
@place_options
@output_options("text", "json")
def command(place: Place, output: Output, *, check_only: bool) -> int:
    """Write pallet.lock from the tree: no network, no policy, the same bytes on every machine.

    Conflict markers that git left are resolved by writing the lock anew.

    \b
    Examples:
      pallet lock
      pallet lock --check
    """
    screen = Screen(output)
    if check_only:
        project = load(place, screen, locked=True)
        require_current_lock(project)
        _print(screen, "pallet.lock is up to date")
        return 0
    with hold_run_lock(locate_to_write(place).parent, screen.say):
        project = load(place, screen)
        changes = differences_of(project)
        written = write_lock(
            project.config.lock_path, project.lock, [item.as_locked for item in project.wanted]
        )
    for change in changes if output.verbose else changes[:_SHOWN_MAX]:
        screen.say(f"  {change}")
    if len(changes) > _SHOWN_MAX and not output.verbose:
        screen.say(f"  and {len(changes) - _SHOWN_MAX} more")
    _print(
        screen,
        f"pallet.lock {'written' if written else 'is up to date'}: {len(project.wanted)} "
        f"artifact{'' if len(project.wanted) == 1 else 's'}",
    )
    return 0


def _print(screen: Screen, sentence: str) -> None:
    if screen.output.format == "json":
        screen.result(documents.render(documents.problems_document("lock", [], exit_code=0)))
    else:
        screen.result(f"{sentence}\n")
