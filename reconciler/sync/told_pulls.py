"""Pulls that are written down, however they end.

Decided here: a pull that came to nothing has its line too, and so has one whose version nobody could tell.
Must never be added: how one artifact is written, or what a line says.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.errors import PalletError, UsageError
from reconciler.oci.digest import Digest
from reconciler.oci.pulling.pull import PullResult, PullTerms, pull
from reconciler.sync.audit import AuditedStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store


def pull_told(
    store: Store,
    repository: Repository,
    reference: Tag | Digest,
    folder: Path,
    terms: PullTerms | None = None,
) -> PullResult:
    """Pull as `reconciler.oci.pulling.pull.pull` does, and write down how it ended, in an audited store.

    Raises:
        UnreachableError: it cannot be written down; nothing was pulled where that is known before.
        PalletError: as `pull` says.
    """
    if not isinstance(store, AuditedStore):
        return pull(store, repository, reference, folder, terms)
    store.prepare()
    try:
        pulled = pull(store, repository, reference, folder, terms)
    except PalletError as exc:
        digest = reference if isinstance(reference, Digest) else None
        store.tell_pull(repository, reference, digest, exc)
        raise
    store.tell_pull(repository, reference, pulled.descriptor.digest)
    return pulled


@contextmanager
def resolving_told(store: Store, repository: Repository) -> Iterator[None]:
    """Write down that a pull ended before it was known of what; wrong usage is none, since nothing was asked.

    Raises:
        PalletError: the one that ended it.
    """
    try:
        yield
    except UsageError:
        raise
    except PalletError as exc:
        if isinstance(store, AuditedStore):
            store.prepare()
            store.tell_pull(repository, None, None, exc)
        raise
