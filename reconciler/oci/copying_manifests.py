"""Manifests of a graph into a store, in an order in which each finds its parts there, and the tag last.

Must never be added: which of them are missing, or a blob.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from reconciler.oci.copying_blobs import Tally
from reconciler.oci.reference import Tag
from reconciler.oci.referrers import put_referrer
from reconciler.oci.sides import DESTINATION, blamed
from reconciler.oci.transfer import require_unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from reconciler.oci.copying_graphs import Graph, Node
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent, Store


@dataclass(slots=True)
class Job:
    """One artifact on its way."""

    source_repository: Repository
    repository: Repository
    """At the destination."""
    root: Descriptor
    target: Tag | Digest
    before: Digest | None
    is_hidden: bool = False
    """Whether the destination would not say what is there."""
    is_signers: bool = False
    """Whether it stands under a signer's tag: then nothing is looked for that refers to it."""
    referrers: int = 0
    kept: list[Tag] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    stands: Digest | None = None
    """What the destination calls the root, where it has said so: perhaps by another algorithm."""


class ManifestPutter:
    """Puts manifests into one store, several at once where none of them needs another."""

    def __init__(self, destination: Store, pool: Executor) -> None:
        self._destination, self._pool = destination, pool

    def put(self, job: Job, graph: Graph) -> None:
        """Put what is missing: parts before what names them, subjects before what refers to them.

        Raises:
            RefusedError: the tag was hidden, and holds other content.
            PalletError: one of them was not confirmed; the tag is what it was, unless it came last.
        """
        root = graph.missing.get(job.root.digest)
        tag_comes_last = isinstance(job.target, Tag) and bool(graph.referrers)
        sorter: TopologicalSorter[Digest] = TopologicalSorter()
        for digest, node in graph.missing.items():
            sorter.add(digest, *(need for need in node.needs if need in graph.missing))
        sorter.prepare()
        while sorter.is_active():
            ready = sorter.get_ready()
            nodes = [graph.missing[digest] for digest in ready]
            self._each(nodes, lambda node: self._put_one(job, node, by_digest=tag_comes_last))
            sorter.done(*ready)
        if root is not None and tag_comes_last:
            self._put_tag(job, root.content)

    def _put_one(self, job: Job, node: Node, *, by_digest: bool) -> None:
        content = node.content
        digest, media_type = content.descriptor.digest, content.descriptor.media_type
        is_root = digest == job.root.digest
        with blamed(DESTINATION):
            if node.manifest.subject is not None:
                put_referrer(self._destination, job.repository, content.content, media_type)
            if is_root and not by_digest and isinstance(job.target, Tag):
                self._put_tag(job, content)
            elif node.manifest.subject is None:
                self._destination.put_manifest(job.repository, digest, content.content, media_type)
        job.tally.sent_manifest()

    def _put_tag(self, job: Job, content: ManifestContent) -> None:
        with blamed(DESTINATION):
            if job.is_hidden and isinstance(job.target, Tag):
                require_unseen(self._destination, job.repository, job.target, job.root.digest)
            job.stands = self._destination.put_manifest(
                job.repository, job.target, content.content, content.descriptor.media_type
            )

    def _each(self, nodes: Iterable[Node], put: Callable[[Node], None]) -> None:
        items = list(nodes)
        if len(items) == 1:
            put(items[0])
            return
        for future in [self._pool.submit(put, item) for item in items]:
            future.result()
