"""Whether two digests are of one manifest: of different algorithms they differ in their text alone.

A layout may keep a manifest by its sha512, while a registry that is given the same bytes calls them by their
sha256. Must never be added: which algorithm is the better one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import ManifestReader


def is_same(
    store: ManifestReader, repository: Repository, reference: Tag | Digest, digest: Digest, other: Digest
) -> bool:
    """Say whether `digest`, which `reference` has here, and `other` are of the same bytes.

    Costs nothing where both are of one algorithm; else the manifest is read.

    Raises:
        PalletError: the store could not tell.
    """
    if digest.algorithm == other.algorithm:
        return digest == other
    content = store.fetch_manifest(repository, reference).content
    return all(Digest.of(content, algorithm=named.algorithm) == named for named in (digest, other))


def recognise(
    store: ManifestReader,
    repository: Repository,
    reference: Tag | Digest,
    digest: Digest,
    known: Collection[Digest],
) -> Digest:
    """Return the one of `known` that is of the bytes of `digest`, which `reference` has here; else `digest`.

    Costs nothing where one of them is `digest`, or all are of its algorithm; else the manifest is read, once.

    Raises:
        NotFoundError: it has gone meanwhile.
        PalletError: the store could not tell.
    """
    others = [other for other in known if other.algorithm != digest.algorithm]
    if digest in known or not others:
        return digest
    content = store.fetch_manifest(repository, reference).content
    if Digest.of(content, algorithm=digest.algorithm) != digest:
        return digest  # another one by now, of which nobody has asked yet
    return next((other for other in others if Digest.of(content, algorithm=other.algorithm) == other), digest)
