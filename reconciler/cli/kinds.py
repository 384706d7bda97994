"""`pallet kinds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Output, Place, output_options, place_options
from reconciler.cli.projects import locate
from reconciler.cli.screen import Screen
from reconciler.desired.config_reader import read_config
from reconciler.desired.kinds.kind_reader import builtin_kinds, kind_named, say_names
from reconciler.desired.reading.wording import near_key
from reconciler.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.kinds.kind import Kind


@click.group("kinds", invoke_without_command=True, short_help="List what files can be published as.")
@place_options
@output_options("text", "json")
def command(place: Place, output: Output) -> int:
    """List the kinds of artifacts: those that come with pallet, and the project's own, where there is a
    pallet.toml. `pallet kinds show NAME` explains one.

    \b
    Examples:
      pallet kinds
      pallet kinds show workflow
      pallet kinds --format json
    """
    if click.get_current_context().invoked_subcommand is not None:
        return 0
    from reconciler.reports.columns import render_columns
    from reconciler.reports.kinds import COLUMNS, kind_rows, kinds_document

    screen, kinds = Screen(output), _find_kinds(place)
    if output.format == "json":
        _print_json(screen, kinds_document(kinds))
    else:
        rows = kind_rows(kinds[name] for name in sorted(kinds))
        screen.result(render_columns(COLUMNS, rows, width=screen.width, color=screen.color))
    return 0


@command.command("show", short_help="Explain one kind.")
@click.argument("name")
@place_options
@output_options("text", "json")
def show(name: str, place: Place, output: Output) -> int:
    """Explain one kind: its types, by what its files are known, where their version stands, which fields
    become which annotations, the named rules, and an entry of pallet.toml.

    \b
    Examples:
      pallet kinds show workflow
      pallet kinds show workflow --format json
    """
    from reconciler.reports.kinds import kinds_document, render_kind

    screen, kinds = Screen(output), _find_kinds(place)
    kind = kind_named(kinds, name)
    if kind is None:
        near = near_key(name, kinds)
        hint = f": did you mean {near}?" if near else ""
        raise UsageError(f"unknown kind {name!r}: expected one of {say_names(kinds)}{hint}")
    if output.format == "json":
        _print_json(screen, kinds_document({name: kind}))
    else:
        screen.result(render_kind(kind))
    return 0


def _find_kinds(place: Place) -> Mapping[str, Kind]:
    """Return the project's kinds; those that come with pallet where there is no pallet.toml."""
    try:
        path = locate(place)
    except ConfigError:
        return builtin_kinds()
    return read_config(path).kinds


def _print_json(screen: Screen, document: dict[str, object]) -> None:
    from reconciler.reports.documents import render

    screen.result(render(document))
