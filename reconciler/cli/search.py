"""`pallet search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from reconciler.cli.stock import narrate, open_stock, read_conditions, read_names
from reconciler.discovery.conditions import looks_like_term
from reconciler.discovery.searching import Query, search

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("search", short_help="Find artifacts by words, annotations, skills and types.")
@click.argument("words", nargs=-1)
@click.option(
    "--annotation",
    "annotations",
    multiple=True,
    metavar="KEY=VALUE",
    # Not PALLET_ANNOTATION, which push writes.
    envvar="PALLET_SEARCH_ANNOTATION",
    help="Only where this holds; short keys such as type mean org.pallet.workflow.type; may be given again.",
)
@flag(
    "--skill", "skills", multiple=True, metavar="NAME", help="Only what has this skill; may be given again."
)
@flag(
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    help="Only workflow, agent-card, image, … or a glob of media types; may be given again.",
)
@click.option(
    "--repository",
    "globs",
    multiple=True,
    metavar="GLOB",
    envvar="PALLET_SEARCH_REPOSITORY",
    help="Only repositories whose name matches; may be given again.",
)
@origin_options
@place_options
@reach_options
@output_options("text", "json")
def command(
    words: tuple[str, ...],
    origin: Origin,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    annotations: tuple[str, ...],
    skills: tuple[str, ...],
    types: tuple[str, ...],
    globs: tuple[str, ...],
) -> int:
    """Find artifacts: all WORDS stand in name, title or description, and everything else that is asked holds.

    A word such as 'timeout<=600' compares: timeout, priority, cost, memory, size, version, created, or any
    annotation, by = != < <= > >=. Nothing found is an empty answer, and exit code 0.

    \b
    Examples:
      pallet search code review
      pallet search --annotation type=parallel 'timeout<=600'
      pallet search --skill create_plan --type workflow 'memory<=2GB' 'created>2026-01-01'
      pallet search triage --registry registry.example.com/acme --format json
    """
    screen = Screen(output)
    query = _read_query(words, annotations, skills, types, globs)
    with stop_on_signals() as stop, open_stock(origin, place, reach, stop, screen) as stock:
        inventory = stock.take(globs)
        found = search(inventory.entries, query, kinds=stock.kinds)
        narrate(screen, stock, inventory, found.notes)
    if not found.entries and output.format != "json":
        screen.say(f"nothing found among {found.considered}")
    show_found(screen, "search", stock, inventory, found, described=True)
    return 0


def _read_query(
    words: Sequence[str],
    annotations: Sequence[str],
    skills: Sequence[str],
    types: Sequence[str],
    globs: Sequence[str],
) -> Query:
    terms = [word for word in words if looks_like_term(word)]
    return Query(
        words=read_names("words", [word for word in words if word not in terms]),
        conditions=(*read_conditions("words", terms), *read_conditions("--annotation", annotations)),
        skills=read_names("--skill", skills),
        types=read_names("--type", types),
        repositories=read_names("--repository", globs),
    )
