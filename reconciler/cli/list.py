"""`pallet list`."""

from __future__ import annotations

import click

from reconciler.cli.found import show_found
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
from reconciler.cli.stock import narrate, open_stock
from reconciler.discovery.current import newest_first
from reconciler.discovery.searching import Query, known_types, look_through, search


@click.command("list", short_help="List what was published: type, newest version, digest.")
@click.argument("globs", metavar="[GLOB]...", nargs=-1)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="NAME",
    # Not PALLET_KIND, which says what push publishes.
    envvar="PALLET_LIST_KIND",
    help="Only workflow, agent-card, image, … or a media type; may be given again.",
)
@flag("--project", "projects", multiple=True, metavar="GLOB", help="Only what this project published.")
@click.option(
    "--all",
    "is_all",
    is_flag=True,
    # Not PALLET_ALL, which resolve reads.
    envvar="PALLET_LIST_ALL",
    help="Every version, newest first, not only the newest stable one.",
)
@origin_options
@place_options
@reach_options
@output_options("text", "json")
def command(
    globs: tuple[str, ...],
    origin: Origin,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    kinds: tuple[str, ...],
    projects: tuple[str, ...],
    is_all: bool,
) -> int:
    """List repositories whose name matches a GLOB, or all: what each holds, its newest stable version, its
    digest, the size of the manifest, and the age where its publisher says when it was made.

    \b
    Examples:
      pallet list
      pallet list 'workflows/*' --kind workflow
      pallet list --all --project acme-agents --format json
      pallet list --registry registry.example.com/acme
    """
    screen = Screen(output)
    query = Query(types=kinds, projects=projects, repositories=globs)
    with stop_on_signals() as stop, open_stock(origin, place, reach, stop, screen) as stock:
        inventory = stock.take(globs)
        found = search(inventory.entries, query, kinds=stock.kinds)
        if is_all:
            # Who a repository belongs to and what it is may change from version to version.
            named = search(inventory.entries, Query(repositories=globs))
            inventory = stock.deepen(inventory, [entry.repository for entry in named.entries])
            found = look_through(newest_first(inventory.entries), query, kinds=stock.kinds)
        narrate(screen, stock, inventory, found.notes)
    show_found(screen, "list", stock, inventory, found)
    if kinds and output.format != "json" and inventory.entries and not found.entries:
        screen.say(f"nothing of this kind: there is {', '.join(known_types(inventory.entries)[:10])}")
    return 0
