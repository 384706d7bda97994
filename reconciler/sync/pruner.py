"""One run of prune: read what is there, let `pruning` choose, delete what was shown, tell the catalog.

Decided here: where there is a catalog, it says which repositories are ours and what is required; otherwise
everything that the store lists is read. Nothing is deleted that has changed since it was read, nor while what
requires it is still there. Must never be added: a rule about what may go, or a question to the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.catalog import CatalogForeign, CatalogPresent
from reconciler.discovery.catalog_merge import Learned
from reconciler.discovery.catalog_publishing import Publisher
from reconciler.discovery.entries import read_entry
from reconciler.discovery.surveying import find_repositories, narrate_absent, survey
from reconciler.errors import (
    ImmutableTagError,
    NotFoundError,
    PalletError,
    RefusedError,
    UnsupportedError,
)
from reconciler.sync.actions import Outcome
from reconciler.sync.outcomes import DONE, Result
from reconciler.sync.pruning import Claims, Judged, Retention, choose, in_order, narrate_unread
from reconciler.sync.removal import Remover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.desired.project import Project
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.catalog import CatalogPlace
    from reconciler.discovery.catalog_document import Item, Key
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.surveying import Survey
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop


@dataclass(frozen=True, slots=True)
class Pruning:
    """What may go and what stays, before anything is deleted."""

    judged: tuple[Judged, ...]
    notes: tuple[str, ...]
    unknown: tuple[PalletError, ...]
    """Why repositories could not be read: nothing of them goes."""

    @property
    def going(self) -> tuple[Judged, ...]:
        return tuple(item for item in self.judged if not item.stays)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of everything that was to go, and of the catalog."""

    results: dict[Key, Result]
    catalog: Result | None = None
    """None where there is none, or nothing to tell it."""


@dataclass(frozen=True, slots=True)
class Pruner:
    """A project, and the store that is tidied up."""

    project: Project
    store: Store
    manifests: CachedManifests
    asking: Asking
    stop: Stop
    catalog: CatalogPlace | None
    chooses: Callable[[Repository], bool] = lambda _: True
    frees_orphans: bool = False
    """Whether floating tags of orphans go with them."""

    def look(self, retention: Retention) -> Pruning:
        """Say what would go; nothing is written.

        Raises:
            PalletError: the store could not be asked.
        """
        items, note = self._listed()
        listed = tuple(item.entry for item in items or () if item.entry is not None)
        names, why = self._names(items)
        found = survey(self.store, self.manifests, self.asking, names)
        others = (*listed, *self._wanted())
        judged = choose(found.standing, others, self._claims(found), retention)
        # What is wanted need not be published yet.
        absent = set(found.absent) - {item.name for item in self.project.wanted}
        unread = narrate_unread(found.standing, others, judged)
        notes = (note, why, *found.notes, *narrate_absent(absent), *unread)
        return Pruning(judged, tuple(filter(None, notes)), tuple(found.unknown.values()))

    def prune(self, pruning: Pruning) -> Pruned:
        """Delete what was shown, what requires something before what it requires."""
        results: dict[Key, Result] = {}
        for item in in_order(pruning.going):
            results[item.key] = self._delete(item, results)
        gone = [item.key for item in pruning.going if results[item.key].outcome is Outcome.DONE]
        return Pruned(results, self._tell_catalog(gone))

    def _delete(self, item: Judged, results: dict[Key, Result]) -> Result:
        if self.stop.is_requested:
            return Result(Outcome.SKIPPED, "stopped before it was begun", fix="pallet prune")
        waits = next(
            (key for key in item.needed_by if key in results and results[key].outcome is not Outcome.DONE),
            None,
        )
        if waits is not None:
            return Result(Outcome.SKIPPED, f"{waits[0]}:{waits[1]} requires it, and is still there")
        try:
            for tag in (*item.tags, item.entry.tag):
                if not self._remove(item, tag):
                    break
        except PalletError as exc:
            refused = isinstance(exc, RefusedError | ImmutableTagError | UnsupportedError)
            return Result(Outcome.REFUSED if refused else Outcome.FAILED, str(exc), exc.exit_code, exc.fix)
        return DONE

    def _remove(self, item: Judged, tag: Tag) -> bool:
        """Delete one tag; False where its manifest went instead, and with it all its tags.

        Raises:
            RefusedError: the tag was moved, or only manifests are deleted here and something needs this one.
            PalletError: it is still there.
        """
        entry = item.entry
        name, jobs = entry.repository, self.asking.jobs
        remover = Remover(self.store, name, self._locked_tags(name), jobs=jobs)
        try:
            removal = remover.find(tag)
        except NotFoundError:
            return True  # gone already, which is what was wanted
        if removal.descriptor.digest != entry.digest:
            raise RefusedError(
                f"{removal.reference}: moved since it was read: "
                f"expected {entry.digest}, got {removal.descriptor.digest}",
                fix="pallet prune",
            )
        try:
            return not remover.remove(removal).by_digest
        except RefusedError:
            if not item.is_whole:
                raise
        # The registry deletes no tags, and several name this manifest: all of them were to go.
        whole = Remover(self.store, name, force=True, jobs=jobs)
        whole.remove(whole.find(entry.digest))
        return False

    def _locked_tags(self, name: Repository) -> dict[Tag, Digest]:
        entries = self.project.lock.entries.values()
        return {entry.version.tag: entry.digest for entry in entries if entry.name == name}

    def _tell_catalog(self, gone: Sequence[Key]) -> Result | None:
        if self.catalog is None or not gone:
            return None
        tags: dict[Repository, dict[Tag, Digest | None]] = {}
        for name, tag in gone:
            tags.setdefault(name, {})[tag] = None
        try:
            Publisher(self.catalog, self.stop.sleep).publish(Learned(self.project.config.project, {}, tags))
        except PalletError as exc:
            refused = isinstance(exc, RefusedError | ImmutableTagError)
            return Result(Outcome.REFUSED if refused else Outcome.FAILED, str(exc), exc.exit_code, exc.fix)
        return DONE

    def _listed(self) -> tuple[tuple[Item, ...] | None, str | None]:
        """Return what the catalog lists, None where there is none; and what stands in its place, if so.

        Raises:
            PalletError: the store could not tell: then nobody knows what is required.
        """
        if self.catalog is None:
            return None, None
        seen = self.catalog.look()
        if isinstance(seen, CatalogPresent):
            return seen.document.items, None
        what = f"expected a catalog, got {seen.what}" if isinstance(seen, CatalogForeign) else "there is none"
        return None, f"{self.catalog.reference}: {what}: everything is read instead"

    def _names(self, items: Iterable[Item] | None) -> tuple[tuple[Repository, ...], str | None]:
        """Return the repositories that may hold something of this project, or what keeps it."""
        known = {entry.name for entry in self.project.lock.entries.values()}
        known |= {item.name for item in self.project.wanted}
        why = None
        if items is None:
            names, why = find_repositories(self.store, known)
        else:
            own = (item for item in items if item.owner == self.project.config.project)
            names = tuple(sorted(known | {item.entry.repository for item in own if item.entry is not None}))
        place = self.catalog
        return tuple(name for name in names if place is None or name != place.repository), why

    def _wanted(self) -> list[Entry]:
        """Return what the tree wants, as what may require something."""
        return [
            read_entry(item.name, item.tag, item.descriptor, item.manifest)
            for item in self.project.wanted
            if item.manifest
        ]

    def _claims(self, found: Survey) -> Claims:
        entries = self.project.lock.entries.values()
        wanted = self.project.wanted
        return Claims(
            self.project.config.project,
            frozenset(item.name for item in wanted),
            frozenset(item.key for item in wanted),
            frozenset(entry.key for entry in entries),
            frozenset((entry.name, entry.digest) for entry in entries),
            self.frees_orphans,
            frozenset(name for name in found.standing if self.chooses(name)),
        )
