"""`pallet plan`."""

from __future__ import annotations

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
from reconciler.cli.projects import in_ci, load
from reconciler.cli.screen import Screen
from reconciler.cli.session import open_reconciler
from reconciler.cli.show import show_plan
from reconciler.sync.exit_codes import of_plan
from reconciler.sync.selection import Selection


@click.command("plan", short_help="Show what sync would do.")
@flag(
    "--detailed-exitcode",
    "detailed",
    is_flag=True,
    help="Exit with 2 where sync would do or refuse something.",
)
@only_option
@place_options
@reach_options
@output_options("text", "json")
def command(place: Place, reach: Reach, output: Output, *, only: tuple[str, ...], detailed: bool) -> int:
    """Show what sync would do: what, why, from which digest to which, what next. Nothing is written.

    \b
    Examples:
      pallet plan
      pallet plan --target production --detailed-exitcode
      pallet plan --only 'workflows/*' --format json
    """
    screen = Screen(output)
    project = load(place, screen, locked=in_ci())
    with open_reconciler(project, reach, screen, Selection(only=only)) as reconciler:
        plan = reconciler.plan()
    code = of_plan(plan, detailed=detailed)
    show_plan(screen, "plan", project, plan, exit_code=code, problems=project.warnings)
    return code
