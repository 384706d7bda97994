"""What refers to something published, and what refers to that.

Decided here: how deep is looked, and that each manifest is asked for once; what signers keep under tags of
their own refers to the subject too. Must never be added: a write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.signers import find_signed
from reconciler.oci.referrers import look_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.discovery.signers import Signed
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.referrers import Source
    from reconciler.oci.store import Store

DEPTH_MAX = 32
"""Signatures of signatures end after three or four."""


@dataclass(frozen=True, slots=True)
class Referrer:
    """One manifest that refers to another one."""

    descriptor: Descriptor
    reference: str
    """By digest."""
    referrers: tuple[Referrer, ...] = ()
    """What refers to it; empty where that was not asked."""


@dataclass(frozen=True, slots=True)
class Referring:
    """Everything that refers to one manifest."""

    reference: str
    """Of the subject, by digest."""
    subject: Descriptor
    source: Source
    tag: Tag | None
    """The fallback tag, where that was asked."""
    referrers: tuple[Referrer, ...]
    signed: tuple[Signed, ...] = ()
    """What signers put under tags of their own."""
    notes: tuple[str, ...] = ()
    """Why a fallback tag was not believed, and what of signers' tags could not be told."""


def list_referring(
    store: Store,
    repository: Repository,
    subject: Descriptor,
    *,
    artifact_type: str | None,
    recursive: bool,
    proceed: Callable[[], object] | None = None,
) -> Referring:
    """Return what refers to a manifest; with `recursive`, what refers to each of those as well.

    What signers keep under tags of their own is looked for beside the subject alone, as they do.

    Args:
        store: where it is.
        repository: of the manifest, and of everything that refers to it.
        subject: the manifest.
        artifact_type: only those of this type, on every level.
        recursive: whether to go on with what was found.
        proceed: called before each question; may raise to stop.

    Raises:
        PalletError: the store could not tell.
    """
    first = look_up(store, repository, subject.digest, artifact_type)
    search = _Search(store, repository, artifact_type, proceed, {subject.digest}, [])
    depth = DEPTH_MAX if recursive else 0
    found = tuple(search.go_on(entry, depth) for entry in first.entries)
    notes = [first.note] if first.note else []
    signed, doubts = find_signed(
        store, repository, subject.digest, artifact_type=artifact_type, proceed=proceed or (lambda: None)
    )
    return Referring(
        store.name(repository, subject.digest),
        subject,
        first.source,
        first.tag,
        found,
        signed,
        (*notes, *search.notes, *doubts),
    )


@dataclass(frozen=True, slots=True)
class _Search:
    store: Store
    repository: Repository
    artifact_type: str | None
    proceed: Callable[[], object] | None
    seen: set[Digest]
    notes: list[str]

    def go_on(self, entry: Descriptor, depth: int) -> Referrer:
        reference = self.store.name(self.repository, entry.digest)
        if depth == 0 or entry.digest in self.seen:
            return Referrer(entry, reference)
        self.seen.add(entry.digest)
        if self.proceed is not None:
            self.proceed()
        found = look_up(self.store, self.repository, entry.digest, self.artifact_type)
        if found.note:
            self.notes.append(found.note)
        return Referrer(entry, reference, tuple(self.go_on(child, depth - 1) for child in found.entries))
