"""What is reachable from a manifest, and which of it a destination lacks; nothing is written here.

Decided here: which parts are looked at. A manifest that the destination holds is trusted with its parts,
unless everything is to be checked. Entries of an index that are no manifests (build caches) are blobs.
Must never be added: sending anything.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import HiddenError, NotFoundError, StoreError
from reconciler.oci import manifest as manifests
from reconciler.oci import media_types
from reconciler.oci.manifest import Descriptor, Index, Manifest, SchemaOneError
from reconciler.oci.referrers import referrers_of
from reconciler.oci.sides import DESTINATION, SOURCE, blamed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent, Store

MANIFESTS_MAX_BYTES = 256 * 1024 * 1024
"""Manifests are in memory until all blobs are there: an index of a thousand platforms has 2 MiB of them."""
_MANIFEST_TYPES = frozenset((*media_types.MANIFESTS, *media_types.INDEXES))


@dataclass(frozen=True, slots=True)
class Node:
    """A manifest, read from the source."""

    content: ManifestContent
    manifest: Manifest | Index

    @property
    def digest(self) -> Digest:
        return self.content.descriptor.digest

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """The manifests that it names."""
        parts = self.manifest.manifests if isinstance(self.manifest, Index) else ()
        return tuple(part for part in parts if part.media_type in _MANIFEST_TYPES)

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """The blobs that it names."""
        if isinstance(self.manifest, Manifest):
            return self.manifest.blobs
        return tuple(part for part in self.manifest.manifests if part.media_type not in _MANIFEST_TYPES)

    @property
    def needs(self) -> Iterator[Digest]:
        """Manifests that are to be there before it: its parts, and what it refers to."""
        yield from (child.digest for child in self.children)
        if self.manifest.subject is not None:
            yield self.manifest.subject.digest


@dataclass(slots=True)
class Graph:
    """What has to be done so that a destination holds everything."""

    missing: dict[Digest, Node] = field(default_factory=dict)
    """Manifests to put."""
    blobs: dict[Digest, Descriptor] = field(default_factory=dict)
    """Blobs that may be missing."""
    referrers: set[Digest] = field(default_factory=set)
    """Every manifest that refers to another of the graph, missing or not."""
    noticed: set[Digest] = field(default_factory=set)
    """Every manifest that was come across, missing or not."""


@dataclass(frozen=True, slots=True)
class Query:
    """One graph: from where, to where, and how closely it is looked at."""

    source: Repository
    destination: Repository
    root: Descriptor
    referrers: bool = False
    check_all: bool = False
    holds_root: bool = False
    """Whether the destination has said that it holds the root."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One manifest, looked at on both sides."""

    descriptor: Descriptor
    node: Node | None
    """None where there was no need to read it."""
    is_missing: bool
    referrers: tuple[Descriptor, ...]


class GraphReader:
    """Walks graphs at the source, level by level, and asks the destination for what it holds."""

    def __init__(self, source: Store, destination: Store, pool: Executor) -> None:
        self._source, self._destination, self._pool = source, destination, pool
        self._brought: set[tuple[Repository, Digest]] = set()
        self._lock = threading.Lock()

    def remember(self, repository: Repository, digest: Digest) -> None:
        """Note that a destination's repository holds all that a manifest names."""
        with self._lock:
            self._brought.add((repository, digest))

    def read(self, query: Query) -> Graph:
        """Return what the destination lacks.

        Raises:
            NotFoundError: the source lacks a part.
            StoreError: a part is no manifest, or there are too many.
            PalletError: a store could not tell; its text says which side.
        """
        graph = Graph()
        noticed = graph.noticed
        noticed.add(query.root.digest)
        level = [query.root]
        size_bytes = 0
        while level:
            found = self._look_at(query, level)
            level = []
            for seen in found:
                self._note(query, graph, seen)
                size_bytes += len(seen.node.content.content) if seen.node else 0
                graph.referrers.update(item.digest for item in seen.referrers)
                for descriptor in (*self._parts(query, seen), *seen.referrers):
                    if descriptor.digest not in noticed:
                        noticed.add(descriptor.digest)
                        level.append(descriptor)
            if size_bytes > MANIFESTS_MAX_BYTES:
                raise StoreError(
                    f"{SOURCE}: {self._source.name(query.source, query.root.digest)}: names too much: "
                    f"expected manifests of at most {MANIFESTS_MAX_BYTES} bytes together, got {size_bytes}"
                )
        return graph

    def _look_at(self, query: Query, level: list[Descriptor]) -> list[_Seen]:
        if len(level) == 1:
            return [self._see(query, level[0])]
        return [future.result() for future in [self._pool.submit(self._see, query, item) for item in level]]

    def _see(self, query: Query, descriptor: Descriptor) -> _Seen:
        is_missing = not self._holds(query, descriptor)
        # What refers to a part of an index that is there may be missing all the same.
        is_read = is_missing or query.check_all or (query.referrers and _is_index(descriptor))
        node = self._fetch(query.source, descriptor.digest) if is_read else None
        referrers: tuple[Descriptor, ...] = ()
        if query.referrers:
            with blamed(SOURCE):
                referrers = tuple(referrers_of(self._source, query.source, descriptor.digest))
        return _Seen(descriptor, node, is_missing, referrers)

    def _holds(self, query: Query, descriptor: Descriptor) -> bool:
        if descriptor.digest == query.root.digest:
            return query.holds_root
        try:
            with blamed(DESTINATION):
                self._destination.head_manifest(query.destination, descriptor.digest)
        except (NotFoundError, HiddenError):
            return False
        return True

    def _fetch(self, repository: Repository, digest: Digest) -> Node:
        with blamed(SOURCE):
            found = self._source.fetch_manifest(repository, digest)
            return parse_node(found, self._source.name(repository, digest))

    def _note(self, query: Query, graph: Graph, seen: _Seen) -> None:
        if seen.node is None:
            return
        # A store without the referrers API may hold what refers to something, and not list it.
        relist = query.check_all and seen.node.manifest.subject is not None
        if seen.is_missing or relist:
            graph.missing[seen.node.digest] = seen.node
        if (seen.is_missing or query.check_all) and not self._is_brought(query, seen):
            graph.blobs.update((blob.digest, blob) for blob in seen.node.blobs)

    def _parts(self, query: Query, seen: _Seen) -> tuple[Descriptor, ...]:
        return () if seen.node is None or self._is_brought(query, seen) else seen.node.children

    def _is_brought(self, query: Query, seen: _Seen) -> bool:
        with self._lock:
            return not query.check_all and (query.destination, seen.descriptor.digest) in self._brought


def parse_node(found: ManifestContent, subject: str) -> Node:
    """Read a manifest.

    Raises:
        StoreError: it is none.
    """
    try:
        return Node(found, manifests.parse(found.content))
    except ValueError as exc:
        fix = exc.fix if isinstance(exc, SchemaOneError) else None
        raise StoreError(f"{subject}: cannot be read: {exc}", fix=fix) from exc


def _is_index(descriptor: Descriptor) -> bool:
    return descriptor.media_type in media_types.INDEXES
