"""`pallet deps`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli.absence import absence_told
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
from reconciler.cli.references import asking, open_manifests, open_reference, tell_where
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.cli.stock import choose_catalog, read_locked, read_project_config
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.dependents import find_dependents
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.roots import find_root
from reconciler.discovery.shelves import StoreShelf
from reconciler.errors import PalletError
from reconciler.reports import documents
from reconciler.reports.dependencies import (
    dependencies_document,
    dependents_document,
    failed_document,
    graph_of,
    narrate_dependents,
    render_unmet,
    reversed_graph_of,
)
from reconciler.reports.dependency_graph import render_dot, render_mermaid, render_tree
from reconciler.reports.found import narrate_inventory
from reconciler.reports.graph_svg import render_svg
from reconciler.reports.printable import printable
from reconciler.reports.problems import render_failure
from reconciler.sync.exit_codes import DONE, FAILED

if TYPE_CHECKING:
    from reconciler.cli.references import Located
    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.entries import Inventory
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.reference import Repository
    from reconciler.reports.dependency_graph import Graph

_RENDER = {"text": render_tree, "mermaid": render_mermaid, "dot": render_dot, "svg": render_svg}


@click.command("deps", short_help="Show what a workflow needs, or who needs it.")
@click.argument("reference")
@flag("--reverse", is_flag=True, help="Who needs it, among everything that is published.")
@origin_options
@place_options
@reach_options
@output_options("text", "json", "mermaid", "dot", "svg")
def command(
    reference: str, origin: Origin, place: Place, reach: Reach, output: Output, *, reverse: bool
) -> int:
    """Show everything that a workflow needs, transitively: each repository once, in the highest version that
    all constraints on it allow. Cycles, missing ones and constraints that cannot all hold are named with the
    ways that lead there, and the exit code is 1.

    REFERENCE is a repository, with :tag, @digest or a constraint such as @^1.2 behind it; alone it means its
    newest stable version, and with --reverse any version. Without a pallet.toml, --registry says below which
    prefix, or in which directory, names such as tools/search stand; the catalog is asked with --reverse only.

    \b
    Examples:
      pallet deps workflows/smart-router
      pallet deps workflows/smart-router:2.0.0 --registry registry.example.com/acme
      pallet deps 'workflows/smart-router@^2' --format svg -o router.svg
      pallet deps tools/search:1.4.0 --reverse --format json
    """
    screen = Screen(output)
    try:
        with (
            stop_on_signals() as stop,
            open_reference(reference, place, reach, stop, screen, registry=origin.registry) as located,
            open_manifests(located) as manifests,
        ):
            questions = asking(reach, screen, stop)
            if reverse:
                names = _names(origin, place, screen, is_known=located.is_known)
                return _show_dependents(screen, located, manifests, questions, names)
            return _show_dependencies(screen, located, manifests, questions)
    except PalletError as exc:
        if output.format != "json":
            raise
        screen.result(documents.render(failed_document(exc, is_reversed=reverse)))
        click.echo(render_failure(exc), nl=False, err=True)
        return exc.exit_code


def _show_dependencies(
    screen: Screen, located: Located, manifests: CachedManifests, questions: Asking
) -> int:
    named = located.digest or located.tag or located.constraint
    with absence_told(located):
        root = find_root(located.store, manifests, located.repository, named)
    found = find_dependencies(root, StoreShelf.of(located.store, manifests, questions))
    code = FAILED if found.unmet else DONE
    if screen.output.format == "json":
        subject = located.store.name(root.repository, root.digest)
        screen.result(documents.render(dependencies_document(found, subject, exit_code=code)))
    else:
        _draw(screen, graph_of(found))
    click.echo(render_unmet(found.unmet), nl=False, err=True)
    tell_where(screen, located, found.unmet)
    return code


def _show_dependents(
    screen: Screen,
    located: Located,
    manifests: CachedManifests,
    questions: Asking,
    names: _Names,
) -> int:
    named = located.digest or located.tag or located.constraint
    version = None
    if named is not None:
        with absence_told(located):
            version = find_root(located.store, manifests, located.repository, named).version
    inventory = take_inventory(
        located.store, manifests=manifests, asking=questions, catalog=names.catalog, locked=names.locked
    )
    found = find_dependents(located.repository, version, inventory.entries)
    if screen.output.format == "json":
        subject = located.store.name(located.repository)
        screen.result(documents.render(dependents_document(found, subject, inventory)))
        return DONE
    _draw(screen, reversed_graph_of(found))
    for note in (*inventory.notes, *narrate_dependents(found, inventory)):
        screen.say(printable(note))
    catalog = names.catalog if inventory.source == "catalog" else None
    subject = located.target.url if catalog is None else located.store.name(catalog)
    screen.say(narrate_inventory(inventory, subject, datetime.now(UTC)))
    if not found.found:
        screen.say(f"none of them needs {located.repository}{_doubt(located, inventory)}")
    return DONE


def _doubt(located: Located, inventory: Inventory) -> str:
    """Return what a mistyped name should make people think of."""
    if any(entry.repository == located.repository for entry in inventory.entries):
        return ""
    return ", which is not among them: check the name"


def _draw(screen: Screen, graph: Graph) -> None:
    screen.result(_RENDER[screen.output.format](graph))


@dataclass(frozen=True, slots=True)
class _Names:
    """Where names may come from, beside the store's own list."""

    catalog: Repository | None = None
    locked: tuple[Locked, ...] = ()


def _names(origin: Origin, place: Place, screen: Screen, *, is_known: bool) -> _Names:
    """Return what pallet.toml and its lock say, or of what --registry names its catalog.

    Raises:
        UsageError: a flag names nothing that could be.
    """
    if origin.registry is None and not is_known:
        return _Names(choose_catalog(origin, None))
    config = read_project_config(place, is_needed=origin.registry is None)
    catalog = choose_catalog(origin, config)
    return _Names(catalog, read_locked(config, screen) if origin.registry is None else ())
