"""What a target has in stock, for commands that look around: its store, and where the names come from.

Decided here: --registry names a registry or a layout where no pallet.toml need be; otherwise it is a target
of pallet.toml. Its catalog is the one that pallet.toml names; where --registry is given and pallet.toml names
none it is `catalog`, unless --catalog says otherwise. Names that are given exactly are a list of their own
where the registry will not say what there is. Must never be added: what is looked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.cli.projects import locate
from reconciler.cli.references import asking
from reconciler.cli.session import manifest_cache, surroundings
from reconciler.cli.whereabouts import read_registry, read_usable_config
from reconciler.compose import choose_target, open_store
from reconciler.desired.config_reader import read_config
from reconciler.desired.lockfile import read_lock
from reconciler.discovery.conditions import Condition, looks_like_term, parse_condition
from reconciler.discovery.deepening import deepen
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.manifest_cache import CachedManifests
from reconciler.discovery.workflow_facts import shown
from reconciler.errors import ConfigError, LockError, StoreError, ThrottledError, UsageError
from reconciler.oci.reference import Repository
from reconciler.reports.found import narrate_inventory
from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.cli.options import Origin, Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.desired.config import Config, Target
    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.current import Eligible
    from reconciler.discovery.entries import Entry, Inventory
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop

_CATALOG = "catalog"
_NOTES_MAX = 20
"""So many notes are said; JSON has them all."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A target's store, and what is known of it without asking."""

    store: Store
    target: Target
    manifests: CachedManifests
    asking: Asking
    catalog: Repository | None
    locked: tuple[Locked, ...]
    kinds: Mapping[str, str]
    """Types of the kinds of pallet.toml, by name."""

    def take(self, wanted: Iterable[str] = ()) -> Inventory:
        """Return everything that was published, as far as it can be told.

        Args:
            wanted: names or globs of repositories; where none is a glob, others need not be told.

        Raises:
            PalletError: the store could not be asked, or nothing of it could be read.
        """
        names = _exact(wanted)
        try:
            # Names that people give say more than those that the lock happens to hold.
            return self._take(locked=() if names else self.locked)
        except ThrottledError:
            raise
        except StoreError as exc:
            if not names:
                raise
            why = f"only the repositories that were named are looked at: {exc}"
            inventory = self._take(listed=names)
            return replace(inventory, notes=(why, *inventory.notes))

    def _take(self, *, locked: Iterable[Locked] = (), listed: Iterable[Repository] = ()) -> Inventory:
        return take_inventory(
            self.store,
            manifests=self.manifests,
            asking=self.asking,
            catalog=self.catalog,
            locked=locked,
            listed=listed,
        )

    def deepen(
        self, inventory: Inventory, repositories: Iterable[Repository], eligible: Eligible | None = None
    ) -> Inventory:
        """Return an inventory with other versions of some repositories; a catalog has them already."""
        if inventory.source == "catalog":
            return inventory
        return deepen(inventory, repositories, self.store, self.manifests, self.asking, eligible=eligible)

    def name(self, entry: Entry) -> str:
        """Return an entry's reference as people write it."""
        return self.store.name(entry.repository, entry.tag)


def _exact(wanted: Iterable[str]) -> tuple[Repository, ...]:
    """Return names of repositories; nothing where one of them is a glob, which only a list can answer."""
    try:
        return tuple(Repository(name) for name in wanted)
    except ValueError:
        return ()


@contextmanager
def open_stock(origin: Origin, place: Place, reach: Reach, stop: Stop, screen: Screen) -> Iterator[Stock]:
    """Yield what is looked through; the store is closed afterwards.

    Raises:
        UsageError: a flag names nothing that could be.
        ConfigError: pallet.toml is needed, and is invalid or not there.
    """
    config = read_project_config(place, is_needed=origin.registry is None)
    if origin.registry is not None:
        named = read_registry(origin.registry, place, config, reach)
        target, root = named.target, named.root
    else:
        assert config is not None
        target, root = choose_target(config, reach.target), config.root
    cache = manifest_cache(target)
    around = surroundings(root, reach, stop, screen.notices(), named_from=place.directory)
    store = open_store(target, around)
    try:
        yield Stock(
            store,
            target,
            CachedManifests(store, cache),
            asking(reach, screen, stop),
            choose_catalog(origin, config),
            read_locked(config, screen) if origin.registry is None else (),
            {} if config is None else {name: kind.artifact_type for name, kind in config.kinds.items()},
        )
    finally:
        store.close()
        cache.close()


def narrate(screen: Screen, stock: Stock, inventory: Inventory, notes: Iterable[str] = ()) -> None:
    """Say which source answered, how old it is, and what was left out."""
    said = [*inventory.notes, *notes]
    for note in said[:_NOTES_MAX]:
        screen.say(printable(note))
    if len(said) > _NOTES_MAX:
        screen.say(f"and {len(said) - _NOTES_MAX} more such notes: --format json has all of them")
    screen.say(narrate_inventory(inventory, _subject(stock, inventory), datetime.now(UTC)))


def _subject(stock: Stock, inventory: Inventory) -> str:
    if inventory.source == "catalog" and stock.catalog is not None:
        return stock.store.name(stock.catalog)
    return stock.target.url


def read_project_config(place: Place, *, is_needed: bool) -> Config | None:
    """Return pallet.toml; with --registry it is only asked how that one is reached, and need not be valid.

    Raises:
        UsageError: it is needed, and there is none.
        ConfigError: it is needed, and invalid.
    """
    if not is_needed:
        return read_usable_config(place)
    try:
        return read_config(locate(place))
    except ConfigError as exc:
        if all(problem.code == "no-config" for problem in exc.problems):
            raise UsageError(
                "target: expected a pallet.toml or --registry, got neither",
                fix="name a registry with --registry, or start in the project's folder",
            ) from exc
        raise


def choose_catalog(origin: Origin, config: Config | None) -> Repository | None:
    """Return where the catalog is; None for none.

    Raises:
        UsageError: a flag names nothing that could be.
    """
    if origin.no_catalog:
        if origin.catalog is not None:
            raise UsageError("--catalog: expected it or --no-catalog, got both")
        return None
    if origin.catalog is not None:
        try:
            return Repository(origin.catalog)
        except ValueError as exc:
            raise UsageError(f"--catalog: {exc}") from exc
    if origin.registry is not None:
        return (config.catalog if config is not None else None) or Repository(_CATALOG)
    return config.catalog if config is not None else None


def read_locked(config: Config | None, screen: Screen) -> tuple[Locked, ...]:
    """Return the lock's entries, for a registry that lists nothing; a broken lock is said, and names none."""
    if config is None:
        return ()
    try:
        return tuple(read_lock(config.lock_path).entries.values())
    except LockError as exc:
        screen.say(f"pallet.lock is not looked at: {exc}")
        return ()


def read_conditions(flag_name: str, texts: Iterable[str]) -> tuple[Condition, ...]:
    """Read the terms of a flag.

    Raises:
        UsageError: one of them is none.
    """
    return tuple(_read_condition(flag_name, text) for text in texts)


def _read_condition(flag_name: str, text: str) -> Condition:
    try:
        return parse_condition(text)
    except ValueError as exc:
        # What is no term at all is in the message already.
        term = f"{shown(text)}: " if looks_like_term(text) else ""
        raise UsageError(f"{flag_name}: {term}{exc}") from exc


def read_names(flag_name: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of a flag.

    Raises:
        UsageError: one of them is empty, which is what a forgotten variable of a shell gives.
    """
    names = tuple(text.strip() for text in texts)
    if not all(names):
        raise UsageError(f"{flag_name}: expected a text, got an empty one")
    return names
