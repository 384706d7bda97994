"""`pallet select`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    Origin,
    Output,
    Place,
    Reach,
    flag,
    origin_options,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.cli.stock import narrate, open_stock, read_conditions, read_names
from reconciler.desired.references import read_constraint
from reconciler.discovery.current import Eligible
from reconciler.discovery.selecting import select
from reconciler.discovery.wishes import Wish, is_meant
from reconciler.discovery.workflow_facts import read_memory
from reconciler.errors import NotFoundError, UsageError
from reconciler.reports import documents
from reconciler.reports.problems import render_failure
from reconciler.reports.selected import (
    explain_nobody,
    render_candidates,
    render_chosen,
    selection_document,
)

if TYPE_CHECKING:
    from reconciler.cli.stock import Stock
    from reconciler.discovery.entries import Inventory
    from reconciler.discovery.selecting import Selection


@click.command("select", short_help="Choose the workflow that fits best.")
@flag("--skill", "skills", multiple=True, metavar="NAME", help="It must have this skill; may be given again.")
@flag("--language", metavar="NAME", help="What it should be written in: scores 10.")
@flag("--env", "environment", metavar="NAME", help="Where it should run, such as prod: scores 5.")
@flag(
    "--memory", metavar="AMOUNT", help="How much there is, such as 2GB or 512MiB: scores 3; more is left out."
)
@flag(
    "--require",
    "required",
    multiple=True,
    metavar="KEY=VALUE",
    help="This must hold, such as type=parallel or 'timeout<=600'; may be given again.",
)
@click.option(
    "--repository",
    "globs",
    multiple=True,
    metavar="GLOB",
    envvar="PALLET_SELECT_REPOSITORY",
    help="Only repositories whose name matches; may be given again.",
)
@flag("--constraint", metavar="CONSTRAINT", help="Only such versions, and of each repository the newest.")
@flag("--prereleases", is_flag=True, help="Pre-releases, and what its publisher calls unstable, too.")
@flag("--explain", is_flag=True, help="Show every candidate with its score, and why it was not chosen.")
@origin_options
@place_options
@reach_options
@output_options("text", "json")
def command(
    origin: Origin,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    skills: tuple[str, ...],
    language: str | None,
    environment: str | None,
    memory: str | None,
    required: tuple[str, ...],
    globs: tuple[str, ...],
    constraint: str | None,
    prereleases: bool,
    explain: bool,
) -> int:
    """Choose the workflow that has all skills and scores highest; of equal ones the higher priority, the
    lower cost, the newer version, then the name. Prints REFERENCE VERSION DIGEST PRIORITY COST. Where nobody
    fits, the exit code is 1, and stderr says who came nearest and what was missing.

    \b
    Examples:
      pallet select --skill create_plan --skill generate_code --language python --env prod --memory 2GB
      pallet select --skill review_code --require type=parallel --require 'timeout<=600' --explain
      pallet select --skill triage --registry registry.example.com/acme --format json
    """
    screen = Screen(output)
    wish = Wish(
        skills=read_names("--skill", skills),
        language=_read_word("--language", language),
        environment=_read_word("--env", environment),
        memory_bytes=_read_memory(memory),
        required=read_conditions("--require", required),
        repositories=read_names("--repository", globs),
        eligible=Eligible(None if constraint is None else read_constraint(constraint), prereleases),
    )
    if not (wish.skills or wish.required or wish.repositories or wish.has_context):
        raise UsageError(
            "select: expected something to choose by, got nothing", fix="pallet select --skill NAME"
        )
    with stop_on_signals() as stop, open_stock(origin, place, reach, stop, screen) as stock:
        inventory = stock.take(wish.repositories)
        if not wish.eligible.is_usual:
            names = dict.fromkeys(e.repository for e in inventory.entries if is_meant(e, wish))
            inventory = stock.deepen(inventory, names, wish.eligible)
        selection = select(inventory.entries, wish, explain=explain)
        narrate(screen, stock, inventory, selection.notes)
        return _show(screen, stock, inventory, selection, explain=explain)


def _show(screen: Screen, stock: Stock, inventory: Inventory, selection: Selection, *, explain: bool) -> int:
    chosen = selection.chosen
    if screen.output.format == "json":
        document = selection_document(selection, inventory, stock.name, explain=explain)
        screen.result(documents.render(document))
    else:
        line = "" if chosen is None else render_chosen(chosen, stock.name)
        table = render_candidates(selection, width=screen.width, color=screen.color)
        screen.result(f"{line}\n{table}" if line and table else line or table)
    if chosen is not None:
        return 0
    message, fix = explain_nobody(selection, stock.name)
    failure = NotFoundError(message, fix=fix)
    click.echo(render_failure(failure), nl=False, err=True)
    return failure.exit_code


def _read_word(flag_name: str, text: str | None) -> str | None:
    return None if text is None else read_names(flag_name, (text,))[0]


def _read_memory(text: str | None) -> int | None:
    try:
        return None if text is None else read_memory(text)
    except ValueError as exc:
        raise UsageError(f"--memory: {exc}") from exc
