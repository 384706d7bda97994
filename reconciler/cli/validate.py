"""`pallet validate`."""

from __future__ import annotations

import click

from reconciler.cli.options import Output, Place, output_options, place_options
from reconciler.cli.screen import Screen
from reconciler.cli.session import load
from reconciler.reports import documents


@click.command("validate", short_help="Check pallet.toml and all files, without a registry.")
@place_options
@output_options("text", "json")
def command(place: Place, output: Output) -> int:
    """Check pallet.toml and every file that it names; no registry is asked, nothing is written.

    All problems are printed at once, each with its line and with what was expected. Exit code 78
    where there is one.

    \b
    Examples:
      pallet validate
      pallet validate --format json
    """
    screen = Screen(output)
    project = load(place, screen, locked=True)
    if output.format == "json":
        screen.result(
            documents.render(documents.problems_document("validate", project.warnings, exit_code=0))
        )
    else:
        count = len(project.wanted)
        screen.result(f"{count} artifact{' is' if count == 1 else 's are'} valid\n")
    return 0
