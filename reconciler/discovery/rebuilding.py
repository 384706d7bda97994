"""A catalog made anew from what a store holds, for when it is lost or wrong.

Decided here: whose entries are made anew: those of one project, told by the annotation that pallet writes,
or, for images that were copied whole and say nothing of a project, by the lock; on request everybody's. A
repository without a version is what its `latest` holds, as it is where there is no catalog. What could not be
read stays in the catalog as it was.
Must never be added: how it is written, which is `catalog_publishing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from reconciler.discovery.catalog import LATEST, CatalogForeign, CatalogPresent
from reconciler.discovery.catalog_merge import Confirmed, Learned
from reconciler.discovery.catalog_publishing import refusal
from reconciler.discovery.entries import version_of
from reconciler.discovery.surveying import Survey, find_repositories, narrate_absent, survey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.catalog import CatalogPlace, CatalogSeen
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.catalog_publishing import Published, Publisher
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.surveying import Standing
    from reconciler.errors import PalletError
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the catalog holds now, and what could not be read for it."""

    published: Published
    notes: tuple[str, ...]
    unknown: tuple[PalletError, ...]


def rebuild(
    place: CatalogPlace,
    publisher: Publisher,
    asking: Asking,
    *,
    project: str,
    locked: Iterable[Locked],
    everybody: bool = False,
    force: bool = False,
) -> Rebuilt:
    """Make a catalog's entries anew from what the store holds.

    Args:
        place: where it is published.
        publisher: of that place.
        asking: how many repositories at once.
        project: whose entries.
        locked: the lock's entries of that project.
        everybody: the entries of all projects, and of artifacts that name none.
        force: whether something else may be overwritten that stands in the catalog's place.

    Raises:
        RefusedError: something else stands there that was never a catalog.
        PalletError: the store could not be asked, or did not confirm.
    """
    entries = tuple(locked)
    seen = place.look()
    # A catalog that cannot be read any more is what rebuilding is for; anything else is somebody's.
    if isinstance(seen, CatalogForeign) and not (force or seen.is_broken):
        raise refusal(place, seen)
    known = {entry.name for entry in entries} | _listed(seen, None if everybody else project)
    names, note = find_repositories(place.store, known)
    found = survey(place.store, place.manifests, asking, (name for name in names if name != place.repository))
    own = {(entry.name, entry.digest) for entry in entries}
    learned = _learn(found, own, project, everybody=everybody)
    published = publisher.publish(learned, force=force or isinstance(seen, CatalogForeign))
    notes = (*((note,) if note else ()), *found.notes, *narrate_absent(found.absent))
    return Rebuilt(published, notes, tuple(found.unknown.values()))


def _listed(seen: CatalogSeen, project: str | None) -> set[Repository]:
    """Return the repositories that the catalog names already, which the store need not list."""
    if not isinstance(seen, CatalogPresent):
        return set()
    items = (item for item in seen.document.items if project is None or item.owner == project)
    return {item.entry.repository for item in items if item.entry is not None}


def _learn(
    found: Survey, locked: set[tuple[Repository, Digest]], project: str, *, everybody: bool
) -> Learned:
    confirmed: dict[Key, Confirmed] = {}
    for name, standing in found.standing.items():
        for tag, entry in _standing_for(standing):
            ours = _known(entry, locked, project)
            if everybody or ours.project == project:
                confirmed[name, tag] = Confirmed(entry.digest, partial(_same, ours))
    tags = {name: item.tags for name, item in found.standing.items()}
    whose = None if everybody else project
    return Learned(whose, confirmed, tags, frozenset(found.standing), is_rebuilt=not found.unknown)


def _standing_for(standing: Standing) -> list[tuple[Tag, Entry]]:
    """Return what a repository is listed by: its versions, or `latest` where no tag is one."""
    latest = standing.others.get(LATEST)
    has_versions = any(version_of(tag) is not None for tag in standing.tags)
    return [*standing.entries.items()] if has_versions or latest is None else [(LATEST, latest)]


def _known(entry: Entry, locked: set[tuple[Repository, Digest]], project: str) -> Entry:
    """Return an entry, as the project's own where the lock says so and it says nothing itself."""
    is_locked = (entry.repository, entry.digest) in locked
    return replace(entry, owner=project) if is_locked and entry.project is None else entry


def _same(entry: Entry) -> Entry:
    return entry
