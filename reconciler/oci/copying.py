"""Copying all that is reachable from a manifest, from any store to any store; only what is missing travels.

Decided here, in this order: the destination is asked first, by one HEAD, and a root that is there is trusted
with all that it names: a registry has verified that when it took the root, and a layout of pallet's too
(`check_all` looks at every part all the same). Manifests keep their bytes. What signers have put under tags
of their own comes first, then leaves before what names them; what refers to the root comes after it, the tag
last. Must never be added: which tags may be overwritten; that is the caller's word, `replace`.
"""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from reconciler.errors import HiddenError, ImmutableTagError, NotFoundError
from reconciler.oci.copying_blobs import BlobMover
from reconciler.oci.copying_graphs import GraphReader, Query, parse_node
from reconciler.oci.copying_manifests import Job, ManifestPutter
from reconciler.oci.copying_signers import SignerTags
from reconciler.oci.copying_terms import CopyResult, CopyTerms
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index
from reconciler.oci.platforms import choose
from reconciler.oci.reference import Tag
from reconciler.oci.sameness import is_same
from reconciler.oci.sides import DESTINATION, SOURCE, blamed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from reconciler.oci.manifest import Platform
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

JOBS = 4
"""Blobs of one artifact at once: three to four are what other clients open to one host."""


def copy_graph(
    source: Store,
    source_repository: Repository,
    source_reference: Tag | Digest,
    destination: Store,
    destination_repository: Repository,
    destination_reference: Tag | Digest | None,
    *,
    referrers: bool = False,
    platform: Platform | None = None,
    check_all: bool = False,
    replace: bool = True,
    jobs: int = JOBS,
) -> CopyResult:
    """Copy a manifest or an index with everything that it names; see `Copier.copy`."""
    terms = CopyTerms(referrers, platform, check_all)
    with Copier(source, destination, terms, jobs=jobs) as copier:
        return copier.copy(
            source_repository,
            source_reference,
            destination_repository,
            destination_reference,
            replace=replace,
        )


class Copier:
    """Copies any number of artifacts between two stores; what one has brought is not asked for again.

    Safe to use from several threads.

    Args:
        jobs: how many blobs or manifests at once, over everything that is being copied.
        mountable: the name of a repository of the source as the destination knows it, where both are one
            registry; None where they are not.
    """

    def __init__(
        self,
        source: Store,
        destination: Store,
        terms: CopyTerms | None = None,
        *,
        jobs: int = JOBS,
        mountable: Callable[[Repository], Repository | None] | None = None,
    ) -> None:
        self._source, self._destination = source, destination
        self._terms = terms or CopyTerms()
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="copy")
        if mountable is None and source is destination:
            mountable = _itself
        self._mover = BlobMover(source, destination, self._pool, mountable or _nowhere)
        self._reader = GraphReader(source, destination, self._pool)
        self._signers = SignerTags(source)
        self._putter = ManifestPutter(destination, self._pool)

    @property
    def source(self) -> Store:
        """Where it copies from."""
        return self._source

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def copy(
        self,
        source_repository: Repository,
        source_reference: Tag | Digest,
        destination_repository: Repository,
        destination_reference: Tag | Digest | None = None,
        *,
        replace: bool = True,
    ) -> CopyResult:
        """Copy one artifact; where the destination holds it already that costs one HEAD there.

        Args:
            destination_reference: the tag to write; None, or a digest, for no tag.
            replace: whether a tag may be moved that names something else.

        Raises:
            NotFoundError: the source has no such thing, or a part of it is missing there.
            ImmutableTagError: the tag names something else, and may not be moved.
            DigestMismatchError: a store gave other bytes than it promised.
            PalletError: a store could not tell, or did not confirm; its text says which side. The tag is
                what it was, unless the last request failed.
        """
        root, chosen_from = self._find(source_repository, source_reference)
        digest = source_reference if root is None else root.digest
        assert isinstance(digest, Digest)
        target = destination_reference if isinstance(destination_reference, Tag) else digest
        there, is_hidden = self._look(destination_repository, target)
        before = None if there is None else there.digest
        stands = before if before is not None and self._is_same(source_repository, digest, before) else None
        if root is None:
            # What it is, nobody has said yet; where it is missing, it is read anyway.
            known = Descriptor("", digest, 0) if there is None or stands is None else there
            root = dataclasses.replace(known, digest=digest)
        job = Job(source_repository, destination_repository, root, target, before, is_hidden, stands=stands)
        if stands is None or self._terms.check_all or self._terms.referrers:
            if before is not None and stands is None and not replace:
                raise self._refuse(job, before)
            self._bring(job)
        return self._result(job, chosen_from)

    def _result(self, job: Job, chosen_from: Digest | None) -> CopyResult:
        return CopyResult(
            source=self._source.name(job.source_repository, job.root.digest),
            source_digest=job.root.digest,
            reference=self._destination.name(job.repository, job.target),
            # By the name that it has there, which is what the next run sees.
            descriptor=job.root if job.stands is None else dataclasses.replace(job.root, digest=job.stands),
            before=job.before,
            chosen_from=chosen_from,
            referrers=job.referrers,
            manifests=job.tally.manifests,
            blobs=job.tally.blobs,
            mounted=job.tally.mounted,
            present=job.tally.present,
            size_bytes=job.tally.size_bytes,
            foreign=tuple(job.tally.foreign.values()),
            kept=tuple(job.kept),
        )

    def _find(
        self, repository: Repository, reference: Tag | Digest
    ) -> tuple[Descriptor | None, Digest | None]:
        """Return what is to be copied, and the index that it was chosen from.

        A digest says what it is without a request: None, and the destination is asked first.
        """
        platform = self._terms.platform
        with blamed(SOURCE):
            if platform is None:
                is_known = isinstance(reference, Digest)
                return None if is_known else self._source.head_manifest(repository, reference), None
            found = self._source.fetch_manifest(repository, reference)
            node = parse_node(found, self._source.name(repository, reference))
            if not isinstance(node.manifest, Index):
                return found.descriptor, None
            entry = choose(node.manifest, platform, subject=self._source.name(repository, reference))
            return Descriptor(entry.media_type, entry.digest, entry.size_bytes), found.descriptor.digest

    def _look(self, repository: Repository, reference: Tag | Digest) -> tuple[Descriptor | None, bool]:
        """Return what is there, and whether the registry would not say."""
        try:
            with blamed(DESTINATION):
                return self._destination.head_manifest(repository, reference), False
        except NotFoundError:
            return None, False
        except HiddenError:
            # Creating is allowed to who may push; once it has taken a blob, it is asked again.
            return None, True

    def _is_same(self, repository: Repository, digest: Digest, there: Digest) -> bool:
        with blamed(SOURCE):
            return is_same(self._source, repository, digest, digest, there)

    def _refuse(self, job: Job, before: Digest) -> ImmutableTagError:
        return ImmutableTagError(
            f"{DESTINATION}: {self._destination.name(job.repository, job.target)}: holds other content: "
            f"expected {job.root.digest}, got {before}",
            fix="choose another tag; or overwrite what is there: --force",
        )

    def _bring(self, job: Job) -> None:
        graph = self._reader.read(
            Query(
                job.source_repository,
                job.repository,
                job.root,
                referrers=self._terms.referrers and not job.is_signers,
                check_all=self._terms.check_all,
                holds_root=job.stands is not None,
            )
        )
        job.referrers += len(graph.referrers)
        if job.root.digest in graph.missing:
            job.root = graph.missing[job.root.digest].content.descriptor
        if self._terms.referrers and not job.is_signers:
            for tag in self._signers.find(job.source_repository, graph.noticed):
                self._bring_signers(job, tag)
        self._mover.move(
            graph.blobs.values(),
            job.source_repository,
            job.repository,
            job.tally,
            # Where another content was under this tag, much of it is probably the same.
            probe=self._terms.check_all or job.before is not None,
        )
        self._putter.put(job, graph)
        self._reader.remember(job.repository, job.root.digest)

    def _bring_signers(self, job: Job, tag: Tag) -> None:
        """Bring what a signer has put under a tag of its own; what others have put there stays as it is."""
        try:
            with blamed(SOURCE):
                root = self._source.head_manifest(job.source_repository, tag)
        except NotFoundError:
            return  # gone since it was listed
        job.referrers += 1
        there, is_hidden = self._look(job.repository, tag)
        is_same = there is not None and self._is_same(job.source_repository, root.digest, there.digest)
        if there is not None and not is_same:
            job.kept.append(tag)
        elif there is None or self._terms.check_all:
            before = None if there is None else there.digest
            part = dataclasses.replace(
                job,
                root=root,
                target=tag,
                before=before,
                stands=before,
                is_hidden=is_hidden,
                is_signers=True,
            )
            self._bring(part)


def _itself(repository: Repository) -> Repository:
    return repository


def _nowhere(_: Repository) -> None:
    return None
