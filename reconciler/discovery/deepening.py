"""More of a repository than the one version that an inventory has of it.

Decided here: one tag list for each repository, and one manifest for each version that is looked into; where
one eligible version is wanted, only as many as it takes, newest first. What cannot be read is a note.
Must never be added: which of the versions somebody needs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.discovery.entries import Entry, Inventory, read_entry
from reconciler.discovery.releases import list_releases
from reconciler.errors import NotFoundError, PalletError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.discovery.asking import Asking
    from reconciler.discovery.current import Eligible
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.releases import Release
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_Looked = tuple[tuple[Entry, ...], tuple[str, ...]]


def deepen(
    inventory: Inventory,
    repositories: Iterable[Repository],
    store: Store,
    manifests: CachedManifests,
    asking: Asking,
    *,
    eligible: Eligible | None = None,
) -> Inventory:
    """Return an inventory with more versions of some repositories.

    Args:
        inventory: what is known already; it stays in.
        repositories: which are looked into.
        store: who is asked.
        manifests: how its manifests are read.
        asking: how many at once, who may stop it, and who watches.
        eligible: look for the newest of these alone; None for every version.
    """

    def look(repository: Repository) -> _Looked:
        notes: list[str] = []
        try:
            entries = tuple(_entries(repository, store, manifests, eligible, notes))
        except StoppedError:
            raise
        except PalletError as exc:
            entries = ()
            notes.append(f"{store.name(repository)}: older versions are left out: {exc}")
        return entries, tuple(notes)

    looked = asking.map("reading versions", repositories, look).values()
    merged = {(entry.repository, entry.tag): entry for entry in inventory.entries}
    merged.update({(entry.repository, entry.tag): entry for entries, _ in looked for entry in entries})
    notes = (note for _, notes in looked for note in notes)
    return replace(
        inventory,
        entries=tuple(merged[key] for key in sorted(merged)),
        notes=(*inventory.notes, *notes),
    )


def _entries(
    repository: Repository,
    store: Store,
    manifests: CachedManifests,
    eligible: Eligible | None,
    notes: list[str],
) -> Iterable[Entry]:
    for release in list_releases(store, repository).versions:
        if eligible is not None and not eligible.may_allow(release.version):
            continue
        entry = _read(repository, release, store, manifests, notes)
        if entry is not None:
            yield entry
            if eligible is not None and eligible.allows(entry):
                return


def _read(
    repository: Repository, release: Release, store: Store, manifests: CachedManifests, notes: list[str]
) -> Entry | None:
    subject = store.name(repository, release.tag)
    try:
        found = manifests.fetch_tag(repository, release.tag)
        return read_entry(repository, release.tag, found.descriptor, found.content)
    except NotFoundError:
        notes.append(f"{subject}: in the list of tags, and not there: left out")
    except ValueError as exc:
        notes.append(f"{subject}: left out: {exc}")
    return None
