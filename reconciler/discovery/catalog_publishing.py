"""Bringing a catalog to what it should hold, though others may write at the same moment.

Decided here: read, merge, write, and read again until nothing is missing (docs/adr/0011). No registry swaps a
tag only if it is still the same, so `latest` alone would lose what two writers add at once. Therefore each
project first puts its own entries under a tag of its own, `project-NAME`, which nobody else writes; whoever
writes `latest` looks at these afterwards: who reads last sees both.
Must never be added: which entries there should be.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from reconciler.discovery.catalog import (
    LATEST,
    CatalogAbsent,
    CatalogForeign,
    CatalogPlace,
    CatalogPresent,
    CatalogSeen,
    catalog_manifest,
)
from reconciler.discovery.catalog_document import CATALOG_TYPE, CatalogDocument, Item, render_catalog
from reconciler.discovery.catalog_merge import Learned, merge
from reconciler.errors import HiddenError, NotFoundError, RefusedError, StoreError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Tag
from reconciler.oci.transfer import push_artifact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.discovery.catalog_merge import Confirmed
    from reconciler.discovery.entries import Entry

WRITES_MAX = 5
_PAUSE_S = 0.25
"""Before the first repetition; each further one may wait twice as long."""
_PREFIX = "project-"


@dataclass(frozen=True, slots=True)
class Published:
    """What a catalog holds now."""

    document: CatalogDocument
    digest: Digest | None
    """Of its manifest; None where there is none, because there is nothing to list."""
    has_written: bool


@dataclass(slots=True)
class Publisher:
    """One catalog, and how it is waited for others."""

    place: CatalogPlace
    pause: Callable[[float], None]
    jitter: Callable[[], float] = random.random
    """A number in [0, 1)."""
    jobs: int = 8
    """How many manifests are read at once, where entries are made from what the store holds."""
    _own: dict[Tag, Digest] = field(default_factory=dict)
    """What this run has put under tags of projects."""
    _blobs: set[Digest] = field(default_factory=set)
    """Content that this run has put already: of a single project, its own is all there is."""

    def publish(self, learned: Learned, *, force: bool = False) -> Published:
        """Bring the catalog to what was learned; nothing is written where it holds that already.

        Args:
            learned: what it should hold.
            force: whether something else may be overwritten that stands in its place.

        Raises:
            RefusedError: something else stands there.
            StoreError: others wrote at the same time, again and again.
            PalletError: the store could not tell, or did not confirm.
        """
        for attempt in range(WRITES_MAX + 1):
            if attempt > 1:
                self.pause(_PAUSE_S * 2 ** (attempt - 2) * (0.5 + self.jitter()))
            seen = self.place.look()
            document = self._merge(seen, learned, force=force)
            if isinstance(seen, CatalogPresent) and render_catalog(document) == seen.content:
                return Published(seen.document, seen.digest, attempt > 0)
            if isinstance(seen, CatalogAbsent) and not document.items:
                return Published(document, None, attempt > 0)
            if attempt < WRITES_MAX:
                self._write(document, learned, seen)
        raise StoreError(
            f"{self.place.reference}: others write to it at the same time: "
            f"expected our entries to stay, and they were gone {WRITES_MAX} times",
            fix="run the same command again",
        )

    def _merge(self, seen: CatalogSeen, learned: Learned, *, force: bool) -> CatalogDocument:
        if isinstance(seen, CatalogForeign) and not force:
            raise refusal(self.place, seen)
        base = seen.document if isinstance(seen, CatalogPresent) else CatalogDocument()
        items = base.items
        own = None if learned.project is None else project_tag(learned.project)
        for tag in self._project_tags():
            # What we have put there ourselves counts only where `latest` was lost.
            if tag != own or not isinstance(seen, CatalogPresent):
                items = self._with_project(items, tag)
        return CatalogDocument(merge(items, learned, self._describe), base.format_version, base.others)

    def _describe(self, missing: Sequence[Confirmed]) -> list[Entry]:
        with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="describe") as pool:
            return list(pool.map(lambda item: item.describe(), missing))

    def _with_project(self, items: tuple[Item, ...], tag: Tag) -> tuple[Item, ...]:
        """Return entries with those of one project as it has put them under its own tag."""
        seen = self.place.look(tag)
        if not isinstance(seen, CatalogPresent):
            return items
        others = (item for item in items if not _is_of(item, tag))
        return (*others, *(item for item in seen.document.items if _is_of(item, tag)))

    def _project_tags(self) -> list[Tag]:
        try:
            tags = self.place.store.list_tags(self.place.repository)
        except (NotFoundError, HiddenError):
            return []
        return [tag for tag in tags if tag.startswith(_PREFIX)]

    def _write(self, document: CatalogDocument, learned: Learned, seen: CatalogSeen) -> None:
        """Put the projects' own entries first, so that whoever writes `latest` after us finds them."""
        probe = None if isinstance(seen, CatalogAbsent) and seen.is_hidden else False
        own = [project_tag(learned.project)] if learned.project is not None else self._project_tags()
        for tag in own:
            self._put(tag, [item for item in document.items if _is_of(item, tag)])
        self._put_document(LATEST, document, probe=probe)

    def _put(self, tag: Tag, items: Iterable[Item]) -> None:
        document = CatalogDocument(tuple(items))
        digest = Digest.of(render_catalog(document))
        if self._own.get(tag) != digest:
            self._put_document(tag, document, probe=False)
            self._own[tag] = digest

    def _put_document(self, tag: Tag, document: CatalogDocument, *, probe: bool | None) -> None:
        content = render_catalog(document)
        blob = Blob.of_bytes(content)
        manifest = catalog_manifest(Descriptor(CATALOG_TYPE, blob.digest, blob.size_bytes))
        place = self.place
        blobs = [] if blob.digest in self._blobs else [blob]
        push_artifact(place.store, place.repository, tag, manifest, OCI_MANIFEST, blobs, probe=probe)
        self._blobs.add(blob.digest)
        cache = place.manifests.cache
        cache.write(Digest.of(manifest), manifest)
        if cache.takes(blob.size_bytes):
            cache.write(blob.digest, content)


def project_tag(project: str) -> Tag:
    """Return the tag that a project keeps its own entries under."""
    try:
        return Tag(f"{_PREFIX}{project}")
    except ValueError:
        return Tag(f"{_PREFIX}{sha256(project.encode()).hexdigest()[:40]}")


def refusal(place: CatalogPlace, seen: CatalogForeign) -> RefusedError:
    """Return why what stands there is not overwritten, and what to do."""
    return RefusedError(
        f"{place.reference}: not overwritten: expected a catalog, got {seen.what}",
        # What was published earlier, and what is deleted since, only the registry knows then.
        fix=seen.fix or advise_foreign("pallet catalog --rebuild --force"),
    )


def advise_foreign(overwrite: str) -> str:
    """Say what may be done about something else in the catalog's place.

    Args:
        overwrite: the command that puts a catalog there.
    """
    return f"give [catalog] another repository in pallet.toml, or overwrite it: {overwrite}"


def _is_of(item: Item, tag: Tag) -> bool:
    return item.owner is not None and project_tag(item.owner) == tag
