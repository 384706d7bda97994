"""One run of prune: read what is there, let `pruning` choose, delete what was shown, tell the catalog.

Decided here: where there is a catalog that can be read whole, it says which repositories are ours and what
is required; otherwise everything that the store lists is read. Where that does not list everything, or
something of it cannot be read, nobody can tell who requires what, and nothing goes. Nothing is deleted that
has changed since it was read, nor while what requires it is still there.
Must never be added: a rule about what may go, or a question to the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from reconciler.sync.exit_codes import REFUSED
from reconciler.sync.outcomes import DONE, Result
from reconciler.sync.pruning import Claims, Judged, Retention, choose, in_order, narrate_unread, withhold
from reconciler.sync.pruning_catalog import NOTHING_LISTED, add_owners, read_listed
from reconciler.sync.pruning_stock import Stock
from reconciler.sync.removal import Remover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.desired.project import Project
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.catalog import CatalogPlace
    from reconciler.discovery.catalog_document import Key
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.surveying import Survey
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store
    from reconciler.sync.pruning_catalog import Listed
    from reconciler.sync.stop import Stop


_FIX = (
    "publish a catalog: [catalog] in pallet.toml, then pallet catalog --rebuild --all, "
    "as somebody who may read everything"
)


@dataclass(frozen=True, slots=True)
class Pruning:
    """What may go and what stays, before anything is deleted."""

    judged: tuple[Judged, ...]
    notes: tuple[str, ...]
    unknown: tuple[PalletError, ...]
    """Why repositories could not be read: nothing of them goes."""
    blind: str | None = None
    """Why nobody can tell who requires what: then nothing goes at all."""

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
        catalog = NOTHING_LISTED if self.catalog is None else read_listed(self.catalog)
        names, why = self._names(catalog)
        found = survey(self.store, self.manifests, self.asking, names)
        stock = Stock(add_owners(found.standing, catalog.entries), catalog.entries, self._wanted())
        judged = choose(stock, self._claims(found), retention)
        blind = None if catalog.is_whole else why or next(map(str, found.unknown.values()), None)
        # What is wanted need not be published yet.
        absent = set(found.absent) - {item.name for item in self.project.wanted}
        unread = narrate_unread(stock, judged)
        if blind is not None:
            judged = withhold(judged)
            withheld = any(item.is_withheld for item in judged)
            unread = ["nothing goes: nobody can tell who requires what"] if withheld else []
        notes = (catalog.note, why, *found.notes, *narrate_absent(absent), *unread)
        return Pruning(judged, tuple(filter(None, notes)), tuple(found.unknown.values()), blind)

    def prune(self, pruning: Pruning) -> Pruned:
        """Delete what was shown, what requires something before what it requires."""
        results = {item.key: _refuse(pruning.blind) for item in pruning.judged if item.is_withheld}
        for item in in_order(pruning.going):
            results[item.key] = self._delete(item, results, pruning.going)
        gone = [item.key for item in pruning.going if results[item.key].outcome is Outcome.DONE]
        return Pruned(results, self._tell_catalog(gone))

    def _delete(self, item: Judged, results: dict[Key, Result], going: Sequence[Judged]) -> Result:
        if self.stop.is_requested:
            return Result(Outcome.SKIPPED, "stopped before it was begun", fix="pallet prune")
        waits = next(
            (key for key in item.needed_by if key in results and results[key].outcome is not Outcome.DONE),
            None,
        )
        if waits is not None:
            return Result(Outcome.SKIPPED, f"{waits[0]}:{waits[1]} requires it, and is still there")
        together = _tags_of(
            other
            for other in going
            if other.entry.repository == item.entry.repository
            and results.get(other.key, DONE).outcome is Outcome.DONE
        )
        try:
            for tag in (*item.tags, item.entry.tag):
                if not self._remove(item, tag, together):
                    break
        except PalletError as exc:
            refused = isinstance(exc, RefusedError | ImmutableTagError | UnsupportedError)
            return Result(Outcome.REFUSED if refused else Outcome.FAILED, str(exc), exc.exit_code, exc.fix)
        return DONE

    def _remove(self, item: Judged, tag: Tag, together: Mapping[Tag, Digest]) -> bool:
        """Delete one tag; False where its manifest went instead, and with it all its tags.

        Args:
            together: the tags of this repository that go as well, or went, and what they named when read.

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
            # What was put on it, or lists it, since it was read was never to go.
            if not item.is_whole or not self._goes_whole(remover, entry.digest, together):
                raise
        # The registry deletes no tags, and several name this manifest: all of them were to go.
        whole = Remover(self.store, name, force=True, jobs=jobs)
        whole.remove(whole.find(entry.digest))
        return False

    def _goes_whole(self, remover: Remover, digest: Digest, together: Mapping[Tag, Digest]) -> bool:
        """Say whether all tags that name a manifest now, and all indexes that list it, go as they were read.

        Raises:
            PalletError: the store could not tell.
        """
        sharing, listing = remover.look_around(digest)
        if any(together.get(tag) != digest for tag in sharing):
            return False
        name = remover.repository
        return all(
            tag in together and self.store.head_manifest(name, tag).digest == together[tag] for tag in listing
        )

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

    def _names(self, catalog: Listed) -> tuple[tuple[Repository, ...], str | None]:
        """Return the repositories that may hold something of this project, or what keeps it."""
        known = {entry.name for entry in self.project.lock.entries.values()}
        known |= {item.name for item in self.project.wanted}
        why = None
        own = (item for item in catalog.items if item.owner == self.project.config.project)
        known |= {item.entry.repository for item in own if item.entry is not None}
        if catalog.is_whole:
            names = tuple(sorted(known))
        else:
            names, why = find_repositories(self.store, known)
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


def _tags_of(going: Iterable[Judged]) -> dict[Tag, Digest]:
    return {tag: item.entry.digest for item in going for tag in (*item.tags, item.entry.tag)}


def _refuse(why: str | None) -> Result:
    return Result(Outcome.REFUSED, f"nobody can tell who requires it: {why}", REFUSED, _FIX)
