"""Everything that discovery may choose from: where the names come from, and what stands behind each.

Decided here: a list that the caller gives says it all; otherwise the published catalog, in one or two
requests; otherwise the registry's own list of repositories; otherwise the names that the lock knows. Without
a catalog each repository costs one tag list, and one manifest that is then remembered. What cannot be read is
a note and left out, never the end of the rest; only where nothing could be read at all is that a failure.
Of a registry's own list, names without a tag are no news, since registries go on listing what was emptied;
names of which it then says that there is no such repository are one note, whether they are gone since or hold
blobs alone.
Must never be added: a choice among the entries, or a write to the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.discovery.catalog import CatalogAbsent, CatalogForeign, CatalogPlace, CatalogPresent
from reconciler.discovery.catalog_document import CATALOG_TYPE, CatalogDocument
from reconciler.discovery.entries import Inventory
from reconciler.discovery.newest import Looked, Newest
from reconciler.discovery.surveying import narrate_absent
from reconciler.errors import (
    NotFoundError,
    PalletError,
    StoppedError,
    StoreError,
    ThrottledError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_NOTES_MAX = 20
"""So many entries that cannot be read are named, the rest are counted."""


def take_inventory(
    store: Store,
    *,
    manifests: CachedManifests,
    asking: Asking,
    catalog: Repository | None,
    locked: Iterable[Locked] = (),
    listed: Iterable[Repository] = (),
) -> Inventory:
    """Return what a store has published, as far as it can be told.

    Args:
        store: who is asked.
        manifests: how its manifests are read.
        asking: how many at once, who may stop it, and who watches.
        catalog: the repository of the published catalog; None for none.
        locked: names for a store that lists none.
        listed: names that say it all: only these are looked at, whatever else there is.

    Raises:
        PalletError: the store could not be asked, or nothing of it could be read.
    """
    names = tuple(dict.fromkeys(listed))
    if names:
        return _look(store, manifests, asking, names, "list", ())
    notes: list[str] = []
    failed: _NoCatalog | None = None
    if catalog is not None:
        found = _read_catalog(CatalogPlace(store, catalog, manifests))
        if isinstance(found, CatalogDocument):
            return _of_catalog(found, store.name(catalog), manifests.tags.clock)
        failed = found
        notes.append(found.why)
    source, names = _find_names(store, locked, notes)
    if failed is not None and failed.is_said:
        names = tuple(name for name in names if name != catalog)
    return _look(store, manifests, asking, names, source, notes, quiet=catalog)


@dataclass(frozen=True, slots=True)
class _NoCatalog:
    """Why the catalog does not help."""

    why: str
    is_said: bool = False
    """Whether that says it all of its repository, which then holds nothing but a catalog."""


def _read_catalog(place: CatalogPlace) -> CatalogDocument | _NoCatalog:
    """Return what the catalog holds, or why it does not help.

    Raises:
        UnreachableError: nobody is there who could be asked anything else.
        ThrottledError: the same.
    """
    try:
        seen = place.read()
    except (UnreachableError, ThrottledError, StoppedError):
        raise
    except PalletError as exc:
        return _NoCatalog(f"the catalog could not be read: {exc}")
    match seen:
        case CatalogPresent():
            return _readable(place, seen.document)
        case CatalogForeign():
            return _NoCatalog(
                f"{place.reference}: expected a catalog, got {seen.what}", is_said=seen.is_catalog
            )
        case CatalogAbsent():
            return _NoCatalog(f"{place.reference}: there is no catalog yet")


def _readable(place: CatalogPlace, document: CatalogDocument) -> CatalogDocument | _NoCatalog:
    """Return a catalog of which anything can be read, or that has nothing; else it is a bad one."""
    if not document.items or any(item.entry is not None for item in document.items):
        return document
    count, problem = len(document.items), document.items[0].problem
    what = f"a catalog of {count} entries of which none can be read, such as the first: {problem}"
    return _NoCatalog(f"{place.reference}: expected a catalog, got {what}", is_said=True)


def _of_catalog(document: CatalogDocument, subject: str, clock: Callable[[], float]) -> Inventory:
    entries = tuple(item.entry for item in document.items if item.entry is not None)
    problems = [item.problem for item in document.items if item.problem is not None]
    notes = [f"{subject}: an entry is left out: {problem}" for problem in problems[:_NOTES_MAX]]
    if len(problems) > _NOTES_MAX:
        notes.append(f"{subject}: entries are left out: {len(problems) - _NOTES_MAX} more")
    return Inventory(entries, "catalog", _moment(clock()), tuple(notes))


def _find_names(
    store: Store, locked: Iterable[Locked], notes: list[str]
) -> tuple[str, tuple[Repository, ...]]:
    """Return where the names come from, and the names.

    Raises:
        StoreError: the store lists none, and the lock knows none.
    """
    try:
        return "registry", tuple(store.list_repositories())
    except ThrottledError:
        raise
    except StoreError as exc:
        names = tuple(sorted({entry.name for entry in locked}))
        if not names:
            exc.fix = exc.fix or "publish a catalog: [catalog] in pallet.toml, then pallet sync"
            raise
        notes.append(f"the names of pallet.lock are looked at, and no others: {exc}")
        return "lock", names


def _look(
    store: Store,
    manifests: CachedManifests,
    asking: Asking,
    names: Iterable[Repository],
    source: str,
    notes: Iterable[str],
    quiet: Repository | None = None,
) -> Inventory:
    """Ask for the newest version of each repository.

    Args:
        store: who is asked.
        manifests: how its manifests are read.
        asking: how many at once.
        names: of the repositories.
        source: where they come from.
        notes: what there is to say already.
        quiet: the catalog's repository, of which it was said why it is no use: only what is found counts.

    Raises:
        PalletError: nothing could be read, and not because it is not there.
    """
    began_s = manifests.tags.clock()
    newest = Newest(store, manifests)
    looked = asking.map("looking at repositories", names, lambda name: _attempt(newest, name))
    failures = [item.failure for item in looked.values() if item.failure is not None]
    entries = [item.looked.entry for item in looked.values() if item.looked.entry is not None]
    if failures and not entries:
        raise failures[0]
    seen_s = [item.looked.seen_s for item in looked.values() if item.looked.seen_s is not None]
    return Inventory(
        tuple(
            sorted(
                (entry for entry in entries if entry.artifact_type != CATALOG_TYPE),
                key=lambda entry: (entry.repository, entry.tag),
            )
        ),
        source,
        _moment(min((began_s, *seen_s))),
        (*notes, *_notes({name: item for name, item in looked.items() if name != quiet}, source)),
    )


@dataclass(frozen=True, slots=True)
class _Attempt:
    looked: Looked
    failure: PalletError | None = None
    is_absent: bool = False
    """Whether the store says that there is no such repository."""


def _attempt(newest: Newest, name: Repository) -> _Attempt:
    """Look at one repository; what goes wrong there is its own."""
    subject = newest.store.name(name)
    try:
        return _Attempt(newest.look(name))
    except NotFoundError:
        note = f"{subject}: left out: there is no such repository (any more)"
        return _Attempt(Looked(None, None, (note,)), is_absent=True)
    except StoppedError:
        raise
    except PalletError as exc:
        return _Attempt(Looked(None, None, (f"{subject}: left out: could not be read: {exc}",)), exc)


def _notes(attempts: Mapping[Repository, _Attempt], source: str) -> Iterator[str]:
    for attempt in attempts.values():
        # Registries go on listing repositories of which everything was deleted: that is no news.
        if source != "registry" or not (attempt.looked.is_empty or attempt.is_absent):
            yield from attempt.looked.notes
    if source == "registry":
        yield from narrate_absent(name for name, attempt in attempts.items() if attempt.is_absent)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
