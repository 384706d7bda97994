"""`pallet check`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    only_option,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.projects import load
from reconciler.cli.screen import Screen
from reconciler.cli.session import open_reconciler
from reconciler.cli.show import show_plan, show_problems
from reconciler.errors import UsageError
from reconciler.sync.exit_codes import ALLOWABLE, of_check
from reconciler.sync.findings import check_offline, lock_findings
from reconciler.sync.selection import Selection

if TYPE_CHECKING:
    from reconciler.desired.project import Project


@click.command("check", short_help="Find drift, and never write.")
@flag(
    "--offline", is_flag=True, help="Ask no registry: files, schemas, the lock, and the base revision's lock."
)
@flag("--against", metavar="REF", help="With --offline: the revision to compare with.")
@flag(
    "--allow",
    multiple=True,
    metavar="VERDICT",
    type=click.Choice(sorted(ALLOWABLE)),
    help="Let this kind of finding pass; may be given again.",
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
    offline: bool,
    against: str | None,
    allow: tuple[str, ...],
    only: tuple[str, ...],
) -> int:
    """Find everything that is not as it should be, and never write.

    \b
    Exit codes, the first that applies: 78 invalid, 3 the registry does not hold what the lock says,
    4 something published would be overwritten, 77 not authorised, 1 unknown, 75 throttled,
    6 the lock is out of date, 2 changes are pending.

    \b
    Examples:
      pallet check
      pallet check --offline
      pallet check --offline --against origin/main
      pallet check --target production --allow create
    """
    screen = Screen(output)
    if against is not None and not offline:
        raise UsageError(
            "--against: expected --offline with it, got none", fix="pallet check --offline --against REF"
        )
    project = load(place, screen, locked=True)
    if offline:
        return _check_offline(project, screen, against, allow)
    with open_reconciler(project, reach, screen, Selection(only=only)) as reconciler:
        plan = reconciler.plan()
    about_lock = lock_findings(project)
    code = of_check(plan, lock_is_canonical=not about_lock, allowed=allow)
    show_plan(screen, "check", project, plan, exit_code=code, problems=(*project.warnings, *about_lock))
    return code


def _check_offline(project: Project, screen: Screen, against: str | None, allow: tuple[str, ...]) -> int:
    found = check_offline(project, against=against, environment=os.environ, allowed=allow)
    for note in found.notes:
        screen.say(note)
    show_problems(
        screen,
        "check",
        [*project.warnings, *found.problems],
        exit_code=found.exit_code,
        otherwise=f"{len(project.wanted)} artifacts are valid, and pallet.lock is up to date",
    )
    return found.exit_code
