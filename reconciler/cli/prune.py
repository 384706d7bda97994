"""`pallet prune`."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from reconciler.cli.projects import in_ci, load
from reconciler.cli.references import asking
from reconciler.cli.screen import Screen
from reconciler.cli.session import manifest_cache, stop_on_signals, surroundings
from reconciler.compose import choose_target, open_store
from reconciler.discovery.catalog import CatalogPlace
from reconciler.discovery.manifest_cache import CachedManifests
from reconciler.errors import UsageError
from reconciler.reports import documents
from reconciler.reports.printable import printable
from reconciler.reports.pruned import pruned_code, pruned_document, render_pruned
from reconciler.sync.pruner import Pruner
from reconciler.sync.pruning import Retention
from reconciler.sync.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.desired.project import Project
    from reconciler.sync.stop import Stop

_SPAN = re.compile(r"([1-9][0-9]{0,5})([dwy])", re.ASCII)
_DAYS = {"d": 1, "w": 7, "y": 365}


@click.command("prune", short_help="Delete versions that nobody wants any more.")
@flag("--keep", type=click.IntRange(1), metavar="N", help="Old is what is not among the newest N versions.")
@flag("--older-than", metavar="AGE", help="Old is what was created longer ago: 90d, 12w or 2y.")
@flag("--floating", is_flag=True, help="Floating tags hold no orphan: they are deleted with it.")
@flag("--yes", "-y", is_flag=True, help="Delete what is shown.")
@only_option
@place_options
@reach_options
@output_options("text", "json")
def command(
    place: Place,
    reach: Reach,
    output: Output,
    *,
    keep: int | None,
    older_than: str | None,
    floating: bool,
    yes: bool,
    only: tuple[str, ...],
) -> int:
    """Show which published versions may go, and delete them with --yes.

    These are orphans: versions of this project in repositories that pallet.toml names no more. With --keep or
    --older-than old versions of the others as well; with both, what is old by both. Never goes what
    pallet.lock holds, what a floating tag names, what something that stays needs, or what cannot be read:
    with --floating, orphans go together with their floating tags. Where nobody can tell who requires what,
    nothing goes: a catalog can tell. Blobs stay until the registry collects them.

    \b
    Examples:
      pallet prune
      pallet prune --keep 5 --older-than 90d
      pallet prune --floating --only 'workflows/*' --yes
    """
    screen = Screen(output)
    retention = Retention(keep, _read_age(older_than), datetime.now(UTC))
    project = load(place, screen, locked=in_ci())
    chooses = Selection(only=only).chooses
    with stop_on_signals() as stop, _open(project, reach, screen, stop, chooses) as opened:
        pruner = replace(opened, frees_orphans=floating)
        pruning = pruner.look(retention)
        pruned = pruner.prune(pruning) if yes else None
    for note in pruning.notes:
        screen.say(printable(note))
    code = 128 + stop.signal_number if stop.signal_number else pruned_code(pruning, pruned)
    if output.format == "json":
        screen.result(documents.render(pruned_document(pruning, pruned, pruner.store.name, exit_code=code)))
    else:
        screen.result(render_pruned(pruning, pruned, everything=output.verbose))
    if pruned is None and pruning.going:
        screen.say("nothing was deleted: pallet prune --yes deletes what is shown")
    return code


@contextmanager
def _open(
    project: Project, reach: Reach, screen: Screen, stop: Stop, chooses: Callable[[str], bool]
) -> Iterator[Pruner]:
    """Yield the project and the target's store, which is closed afterwards."""
    target = choose_target(project.config, reach.target)
    store = open_store(target, surroundings(project.config.root, reach, stop, screen.notices()))
    cache = manifest_cache(target)
    manifests = CachedManifests(store, cache)
    name = project.config.catalog
    catalog = None if name is None else CatalogPlace(store, name, manifests)
    try:
        yield Pruner(project, store, manifests, asking(reach, screen, stop), stop, catalog, chooses)
    finally:
        store.close()
        cache.close()


def _read_age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--older-than: expected an age such as 90d, 12w or 2y, got {text!r}")
    return timedelta(days=int(match[1]) * _DAYS[match[2]])
