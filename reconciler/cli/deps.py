"""`pallet deps`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.references import asking, open_manifests, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import locate, stop_on_signals
from reconciler.desired.config_reader import read_config
from reconciler.desired.lockfile import read_lock
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.dependents import find_dependents
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.roots import find_root
from reconciler.discovery.shelves import StoreShelf
from reconciler.errors import ConfigError, LockError
from reconciler.reports import documents
from reconciler.reports.dependencies import (
    dependencies_document,
    dependents_document,
    graph_of,
    narrate_others,
    render_unmet,
    reversed_graph_of,
)
from reconciler.reports.dependency_graph import render_dot, render_mermaid, render_tree
from reconciler.reports.graph_svg import render_svg
from reconciler.sync.exit_codes import DONE, FAILED

if TYPE_CHECKING:
    from reconciler.cli.references import Located
    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.reference import Repository
    from reconciler.reports.dependency_graph import Graph

_RENDER = {"text": render_tree, "mermaid": render_mermaid, "dot": render_dot, "svg": render_svg}


@click.command("deps", short_help="Show what a workflow needs, or who needs it.")
@click.argument("reference")
@flag("--reverse", is_flag=True, help="Who needs it, among everything that is published.")
@place_options
@reach_options
@output_options("text", "json", "mermaid", "dot", "svg")
def command(reference: str, place: Place, reach: Reach, output: Output, *, reverse: bool) -> int:
    """Show everything that a workflow needs, transitively: each repository once, in the highest version that
    all constraints on it allow. Cycles, missing ones and constraints that cannot all hold are named with the
    ways that lead there, and the exit code is 1.

    REFERENCE is a repository, with :tag, @digest or a constraint such as @^1.2 behind it; alone it means its
    newest stable version, and with --reverse any version.

    \b
    Examples:
      pallet deps workflows/smart-router
      pallet deps 'workflows/smart-router@^2' --format svg -o router.svg
      pallet deps tools/search:1.4.0 --reverse --format json
    """
    screen = Screen(output)
    with (
        stop_on_signals() as stop,
        open_reference(reference, place, reach, stop, screen) as located,
        open_manifests(located) as manifests,
    ):
        questions = asking(reach, screen, stop)
        if reverse:
            return _show_dependents(screen, located, manifests, questions, _names(place))
        return _show_dependencies(screen, located, manifests, questions)


def _show_dependencies(
    screen: Screen, located: Located, manifests: CachedManifests, questions: Asking
) -> int:
    named = located.digest or located.tag or located.constraint
    root = find_root(located.store, manifests, located.repository, named)
    found = find_dependencies(root, StoreShelf.of(located.store, manifests, questions))
    code = FAILED if found.unmet else DONE
    if screen.output.format == "json":
        subject = located.store.name(root.repository, root.digest)
        screen.result(documents.render(dependencies_document(found, subject, exit_code=code)))
    else:
        _draw(screen, graph_of(found))
        click.echo(render_unmet(found.unmet), nl=False, err=True)
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
    for note in (*inventory.notes, *narrate_others(found)):
        screen.say(note)
    if not found.found:
        screen.say(f"nobody needs {located.repository}, as far as the {inventory.source} tells")
    return DONE


def _draw(screen: Screen, graph: Graph) -> None:
    screen.result(_RENDER[screen.output.format](graph))


@dataclass(frozen=True, slots=True)
class _Names:
    """Where names may come from, beside the store's own list."""

    catalog: Repository | None = None
    locked: tuple[Locked, ...] = ()


def _names(place: Place) -> _Names:
    """Return what pallet.toml and its lock say; nothing where there is none."""
    try:
        config = read_config(locate(place))
        return _Names(config.catalog, tuple(read_lock(config.lock_path).entries.values()))
    except (ConfigError, LockError):
        return _Names()
