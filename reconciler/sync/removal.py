"""Take a tag away, or a manifest; never a blob, and never more than was named.

Decided here: what may go. A tag goes by its name, and what it named stays. A manifest goes by its digest, and
with it every tag that names it: so only where no other tag does, and no index lists it. Where a registry
deletes no tags, the manifest goes instead, under the same condition. What the lock holds stays.
Must never be added: a question to the user.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import NotFoundError, RefusedError, StoreError, UnsupportedError
from reconciler.oci.manifest import Index, parse
from reconciler.oci.media_types import INDEXES
from reconciler.oci.reference import Tag
from reconciler.oci.referrer_index import is_fallback_tag
from reconciler.oci.referrers import drop_referrer, referrers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to go, as it was found."""

    reference: str
    """As people write it."""
    named: Tag | Digest
    descriptor: Descriptor
    referrers: int | None = None
    """How much refers to a manifest that is to go; None where only a tag goes."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What went."""

    removal: Removal
    by_digest: bool
    """Whether the manifest itself went."""


@dataclass(frozen=True, slots=True)
class Remover:
    """A repository, and what of it must stay."""

    store: Store
    repository: Repository
    locked: Mapping[Tag, Digest] = field(default_factory=dict)
    """Version tags that the lock holds, and what it says of them."""
    force: bool = False
    jobs: int = 1

    def find(self, named: Tag | Digest) -> Removal:
        """Say what would go; nothing is written.

        Raises:
            NotFoundError: it is not there.
            RefusedError: the lock holds it, other tags name it, or an index lists it; and nothing is forced.
            PalletError: the store could not tell.
        """
        self._require_unlocked(named)
        reference = self.store.name(self.repository, named)
        descriptor = self.store.head_manifest(self.repository, named)
        if isinstance(named, Tag):
            return Removal(reference, named, descriptor)
        self._require_unshared(descriptor.digest, None)
        referrers = referrers_of(self.store, self.repository, descriptor.digest)
        return Removal(reference, named, descriptor, len(referrers))

    def remove(self, removal: Removal) -> Removed:
        """Do it, and look again.

        Raises:
            RefusedError: the registry deletes no tags, and the manifest may not go instead.
            StoreError: it is still there afterwards, or the store said no.
            PalletError: the store could not tell.
        """
        try:
            if isinstance(removal.named, Tag):
                self.store.delete_manifest(self.repository, removal.named)
            else:
                self._remove_manifest(removal.descriptor.digest)
        except NotFoundError:
            pass  # somebody else was faster
        except UnsupportedError as exc:
            if not isinstance(removal.named, Tag):
                raise
            self._remove_instead(removal.named, removal.descriptor.digest, exc)
            return self._confirmed(removal, by_digest=True)
        return self._confirmed(removal, by_digest=not isinstance(removal.named, Tag))

    def _remove_instead(self, tag: Tag, digest: Digest, why: UnsupportedError) -> None:
        """Let the manifest go, where the tag alone cannot, and only for what was named."""
        try:
            self._require_unlocked(digest, but=tag)
            self._require_unshared(digest, tag)
        except RefusedError as exc:
            raise RefusedError(
                f"{self.store.name(self.repository, tag)}: only manifests can be deleted here: {exc}",
                fix="let the tag name something else (pallet tag), or use the registry's own tools",
            ) from why
        self._remove_manifest(digest)

    def _remove_manifest(self, digest: Digest) -> None:
        found = parse(self.store.fetch_manifest(self.repository, digest).content)
        if found.subject is not None:
            drop_referrer(self.store, self.repository, found.subject.digest, digest)
        self.store.delete_manifest(self.repository, digest)

    def _confirmed(self, removal: Removal, *, by_digest: bool) -> Removed:
        try:
            held = self.store.head_manifest(self.repository, removal.named).digest
        except NotFoundError:
            return Removed(removal, by_digest)
        raise StoreError(
            f"{removal.reference}: still there: expected nothing after it was deleted, got {held}",
            fix="run again; where it stays, look into the registry's log",
        )

    def _require_unlocked(self, named: Tag | Digest, *, but: Tag | None = None) -> None:
        held = [tag for tag, digest in self.locked.items() if named in (tag, digest) and tag != but]
        if held and not self.force:
            raise RefusedError(
                f"{self.store.name(self.repository, named)}: pallet.lock holds it, as {', '.join(held)}",
                fix="take it out of pallet.toml and sync first; or delete it all the same: --force",
            )

    def _require_unshared(self, digest: Digest, tag: Tag | None) -> None:
        """Refuse where something else would go too, or would lose a part."""
        if self.force and tag is None:
            return
        sharing, listing = self.look_around(digest)
        others = [other for other in sharing if other != tag]
        subject = self.store.name(self.repository, digest)
        if others:
            raise RefusedError(
                f"{subject}: other tags name it too, and would go with it: {_list(others)}",
                fix="delete these tags first; or all of it at once: --force",
            )
        if listing:
            raise RefusedError(
                f"{subject}: an index lists it, and would lose a part: {_list(listing)}",
                fix="delete the index first; or the part all the same: --force",
            )

    def look_around(self, digest: Digest) -> tuple[list[Tag], list[Tag]]:
        """Return the tags that name a manifest, and those of indexes that list it, as it is now.

        Raises:
            PalletError: the store could not tell.
        """
        # A list of referrers is no artifact: what is deleted is taken out of it first.
        tags = [tag for tag in self.store.list_tags(self.repository) if not is_fallback_tag(tag)]
        with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="delete") as pool:
            found = list(pool.map(lambda tag: self._relation(tag, digest), tags))
        sharing = [tag for tag, relation in zip(tags, found, strict=True) if relation == "names"]
        listing = [tag for tag, relation in zip(tags, found, strict=True) if relation == "lists"]
        return sharing, listing

    def _relation(self, tag: Tag, digest: Digest) -> str | None:
        try:
            seen = self.store.head_manifest(self.repository, tag)
            if seen.digest == digest:
                return "names"
            return "lists" if seen.media_type in INDEXES and self._lists(seen.digest, digest) else None
        except NotFoundError:
            return None  # gone since it was listed

    def _lists(self, index: Digest, digest: Digest) -> bool:
        try:
            found = parse(self.store.fetch_manifest(self.repository, index).content)
        except ValueError:
            return False
        return isinstance(found, Index) and any(entry.digest == digest for entry in found.manifests)


def _list(tags: list[Tag]) -> str:
    more = f" and {len(tags) - _SHOWN_MAX} more" if len(tags) > _SHOWN_MAX else ""
    return ", ".join(tags[:_SHOWN_MAX]) + more
