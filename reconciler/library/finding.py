"""What was published, as a program looks for it: everything, what fits, and what that needs.

Decided here: that what is not at hand is looked up only where it is asked for, as the command line does.
Must never be added: a rule about what fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.desired.lockfile import read_lock
from reconciler.discovery.deepening import deepen
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.pull_lock import lock_of
from reconciler.discovery.roots import find_root
from reconciler.discovery.searching import search
from reconciler.discovery.selecting import select
from reconciler.discovery.shelves import StoreShelf
from reconciler.discovery.taking import take
from reconciler.discovery.wishes import is_meant
from reconciler.errors import LockError, StoreError, ThrottledError
from reconciler.library.naming import read_artifact, read_repository
from reconciler.library.values import Choice, PulledTree, Searched
from reconciler.sync.audit import tell_pull

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.entries import Inventory
    from reconciler.discovery.searching import Query
    from reconciler.discovery.wishes import Wish
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.pulling.pull import PullTerms
    from reconciler.oci.reference import Repository


def list_repositories(opened: Opened) -> list[Repository]:
    """Return the names of all repositories: those that the store lists, else those that its catalog names."""
    try:
        return opened.store.list_repositories()
    except ThrottledError:
        raise
    except StoreError:
        if opened.catalog is None and opened.config is None:
            raise
    return sorted({entry.repository for entry in find_everything(opened).entries})


def find_everything(opened: Opened, listed: Iterable[str] = ()) -> Inventory:
    """Return everything that was published, as far as it can be told."""
    return take_inventory(
        opened.store,
        manifests=opened.manifests,
        asking=opened.asking,
        catalog=opened.catalog,
        locked=_locked(opened),
        listed=[read_repository(opened, name) for name in listed],
    )


def find(opened: Opened, query: Query, listed: Iterable[str]) -> Searched:
    """Return the entries that are meant, one for each repository."""
    inventory = find_everything(opened, listed)
    kinds = opened.config.kinds if opened.config is not None else {}
    found = search(inventory.entries, query, kinds={name: kind.artifact_type for name, kind in kinds.items()})
    notes = (*inventory.notes, *found.notes)
    return Searched(found.entries, found.considered, inventory.source, inventory.as_of, notes)


def choose(opened: Opened, wish: Wish, listed: Iterable[str], *, explain: bool) -> Choice:
    """Return the workflow that fits best, or who comes nearest."""
    inventory = find_everything(opened, listed)
    if not wish.eligible.is_usual and inventory.source != "catalog":
        names = dict.fromkeys(entry.repository for entry in inventory.entries if is_meant(entry, wish))
        inventory = deepen(
            inventory, names, opened.store, opened.manifests, opened.asking, eligible=wish.eligible
        )
    selection = select(inventory.entries, wish, explain=explain)
    return Choice(selection, inventory.source, inventory.as_of, (*inventory.notes, *selection.notes))


def find_needs(opened: Opened, artifact: Artifact) -> Dependencies:
    """Return everything that an artifact needs; a repository alone means its newest stable version."""
    written = read_artifact(opened, artifact)
    named = written.digest or written.tag or written.constraint
    root = find_root(opened.store, opened.manifests, written.repository, named)
    return find_dependencies(root, StoreShelf.of(opened.store, opened.manifests, opened.asking))


def pull_tree(opened: Opened, found: Dependencies, folder: Path, terms: PullTerms) -> PulledTree:
    """Write an artifact and everything that it needs, each below the folder by its repository's name.

    Raises:
        StoreError: something that it needs cannot be had; nothing was written.
        PalletError: the first failure of one of them; what was done stays, and running again goes on.
    """
    if found.unmet:
        raise StoreError(
            "\n".join(str(item) for item in found.unmet), fix="; ".join(item.fix for item in found.unmet)
        )
    lock = lock_of(found)
    brought = take(opened.store, lock.taken, opened.directory / folder, terms, opened.asking)
    pulled = []
    for item in brought:
        if item.failure is not None:
            raise item.failure
        assert item.result is not None, "what did not fail has a result"
        digest = item.taken.digest
        tell_pull(opened.store, item.taken.repository, digest, digest)
        pulled.append(item.result)
    return PulledTree(found, lock, tuple(pulled))


def _locked(opened: Opened) -> tuple[Locked, ...]:
    """Return the lock's entries, which name repositories where a registry lists none."""
    config = opened.config
    if config is None or opened.target.name not in config.targets:
        return ()
    try:
        return tuple(read_lock(config.lock_path).entries.values())
    except LockError:
        return ()  # a lock that cannot be read names nobody; whoever syncs hears of it
