"""`pallet catalog`."""

from __future__ import annotations

from contextlib import contextmanager
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
from reconciler.cli.projects import locate
from reconciler.cli.references import asking
from reconciler.cli.screen import Screen
from reconciler.cli.session import manifest_cache, stop_on_signals, surroundings
from reconciler.compose import choose_target, open_store
from reconciler.desired.config_reader import read_config
from reconciler.desired.lockfile import read_lock
from reconciler.discovery.catalog import CatalogAbsent, CatalogForeign, CatalogPlace
from reconciler.discovery.catalog_publishing import Publisher
from reconciler.discovery.manifest_cache import CachedManifests
from reconciler.discovery.rebuilding import Rebuilt, rebuild
from reconciler.errors import NotFoundError, StoreError, UsageError
from reconciler.reports import documents
from reconciler.reports.catalogued import catalog_document, render_catalogued
from reconciler.reports.printable import printable
from reconciler.sync.exit_codes import first_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.config import Config
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.catalog_document import CatalogDocument
    from reconciler.oci.digest import Digest
    from reconciler.sync.stop import Stop


@click.command("catalog", short_help="Show the published catalog, or make it anew.")
@flag("--rebuild", is_flag=True, help="Make this project's entries anew from what the registry holds.")
@flag(
    "--all", "everybody", is_flag=True, help="With --rebuild: everybody's entries, not only this project's."
)
@click.option(
    "--force",
    is_flag=True,
    # Not PALLET_FORCE, which for sync holds names: PALLET_FORCE=1 must overwrite nothing here.
    envvar="PALLET_CATALOG_FORCE",
    help="With --rebuild: overwrite what stands in the catalog's place and is none.",
)
@place_options
@reach_options
@output_options("text", "json")
def command(
    place: Place, reach: Reach, output: Output, *, rebuild: bool, everybody: bool, force: bool
) -> int:
    """Show what the catalog of [catalog] in pallet.toml holds; sync keeps it up to date.

    Where it was lost, or where something was published or deleted without pallet, --rebuild makes it anew.
    Entries of other projects stay as they are.

    \b
    Examples:
      pallet catalog
      pallet catalog --target production --format json
      pallet catalog --rebuild
    """
    screen = Screen(output)
    if (everybody or force) and not rebuild:
        got = "--all" if everybody else "--force"
        raise UsageError(
            f"{got}: expected --rebuild with it, got none", fix=f"pallet catalog --rebuild {got}"
        )
    with stop_on_signals() as stop, _open(place, reach, screen, stop) as opened:
        if not rebuild:
            document, digest = _read(opened.place)
            _show(screen, opened.place, document, digest, None, exit_code=0)
            return 0
        rebuilt = _rebuild(opened, everybody=everybody, force=force)
    code = first_of(exc.exit_code for exc in rebuilt.unknown)
    for note in rebuilt.notes:
        screen.say(printable(note))
    published = rebuilt.published
    _show(screen, opened.place, published.document, published.digest, rebuilt, exit_code=code)
    return code


@dataclass(frozen=True, slots=True)
class _Opened:
    config: Config
    place: CatalogPlace
    asking: Asking
    stop: Stop


@contextmanager
def _open(place: Place, reach: Reach, screen: Screen, stop: Stop) -> Iterator[_Opened]:
    """Yield where the catalog of pallet.toml stands; the store is closed afterwards.

    Raises:
        UsageError: pallet.toml names none.
    """
    config = read_config(locate(place))
    if config.catalog is None:
        raise UsageError(
            f"{config.path.name}: expected [catalog], got none",
            fix='add [catalog] with repository = "catalog", then pallet sync',
        )
    target = choose_target(config, reach.target)
    store = open_store(target, surroundings(config.root, reach, stop, screen.notices()))
    cache = manifest_cache(target)
    try:
        where = CatalogPlace(store, config.catalog, CachedManifests(store, cache))
        yield _Opened(config, where, asking(reach, screen, stop), stop)
    finally:
        store.close()
        cache.close()


def _read(place: CatalogPlace) -> tuple[CatalogDocument, Digest]:
    """Return what the catalog holds.

    Raises:
        NotFoundError: there is none.
        StoreError: something else stands there.
    """
    seen = place.read()
    if isinstance(seen, CatalogAbsent):
        raise NotFoundError(f"{place.reference}: there is no catalog yet", fix="pallet sync")
    if isinstance(seen, CatalogForeign):
        fix = (
            seen.fix or "give [catalog] another repository, or overwrite it: pallet catalog --rebuild --force"
        )
        raise StoreError(f"{place.reference}: expected a catalog, got {seen.what}", fix=fix)
    return seen.document, seen.digest


def _rebuild(opened: _Opened, *, everybody: bool, force: bool) -> Rebuilt:
    return rebuild(
        opened.place,
        Publisher(opened.place, opened.stop.sleep),
        opened.asking,
        project=opened.config.project,
        locked=read_lock(opened.config.lock_path).entries.values(),
        everybody=everybody,
        force=force,
    )


def _show(
    screen: Screen,
    place: CatalogPlace,
    document: CatalogDocument,
    digest: Digest | None,
    rebuilt: Rebuilt | None,
    *,
    exit_code: int,
) -> None:
    for item in document.items:
        if item.problem is not None:
            screen.say(f"{place.reference}: an entry cannot be read: {printable(item.problem)}")
    written = None if rebuilt is None else rebuilt.published.has_written
    if screen.output.format == "json":
        notes = () if rebuilt is None else rebuilt.notes
        answer = catalog_document(
            document, place.reference, digest, written=written, notes=notes, exit_code=exit_code
        )
        screen.result(documents.render(answer))
        return
    screen.result(render_catalogued(document, whole_digests=screen.output.verbose))
    if written is not None:
        screen.say(
            f"{place.reference}: {'written' if written else 'was as it should be: nothing was written'}"
        )
