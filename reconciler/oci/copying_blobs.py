"""Blobs from one store to another: asked for, mounted, or sent; each once, however many manifests name it.

Decided here: which of these is cheapest. Within one registry a mount moves nothing; a large blob is asked
for first; a small one is sent without a question. Bytes go from one store into the other in pieces.
Must never be added: which blobs belong together.
"""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.oci.blob import Blob
from reconciler.oci.manifest import EMPTY_CONTENT, EMPTY_DESCRIPTOR
from reconciler.oci.relay import relayed
from reconciler.oci.sides import DESTINATION, blamed
from reconciler.oci.transfer import PROBE_MIN_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_FOREIGN = (
    "application/vnd.oci.image.layer.nondistributable.",
    "application/vnd.docker.image.rootfs.foreign.",
)
"""Layers that are fetched from their own URLs (image-spec v1.1.1, layer.md; Docker's image manifest 2.2)."""


@dataclass(slots=True)
class Tally:
    """How much of one artifact travelled; several threads count."""

    manifests: int = 0
    blobs: int = 0
    mounted: int = 0
    present: int = 0
    size_bytes: int = 0
    foreign: dict[Digest, Descriptor] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent_manifest(self) -> None:
        with self._lock:
            self.manifests += 1

    def sent_blob(self, size_bytes: int) -> None:
        with self._lock:
            self.blobs += 1
            self.size_bytes += size_bytes

    def mounted_blob(self) -> None:
        with self._lock:
            self.mounted += 1

    def found_blob(self) -> None:
        with self._lock:
            self.present += 1


@dataclass(frozen=True, slots=True)
class _Move:
    """Blobs of one artifact."""

    source: Repository
    destination: Repository
    tally: Tally
    probe: bool


class BlobMover:
    """Brings blobs; threads that need the same one wait for whoever was first.

    They wait because the reference registry (seen with 2.8.2) may refuse a manifest while one of its
    blobs is being put once more.
    """

    def __init__(
        self,
        source: Store,
        destination: Store,
        pool: Executor,
        mountable: Callable[[Repository], Repository | None],
    ) -> None:
        self._source, self._destination = source, destination
        self._pool, self._mountable = pool, mountable
        self._moves: dict[tuple[Repository, Digest], Future[None]] = {}
        self._lock = threading.Lock()

    def move(
        self,
        blobs: Iterable[Descriptor],
        source: Repository,
        destination: Repository,
        tally: Tally,
        *,
        probe: bool,
    ) -> None:
        """Let the destination hold all of these blobs; foreign layers are left where they are, and counted.

        Args:
            probe: ask for small ones too: they are probably there.

        Raises:
            PalletError: one of them could not be brought; the first failure, with the side that failed.
        """
        move = _Move(source, destination, tally, probe)
        own = []
        for blob in blobs:
            if blob.media_type.startswith(_FOREIGN):
                tally.foreign[blob.digest] = blob
            else:
                own.append(blob)
        if len(own) == 1:
            self._once(move, own[0])
            return
        futures = [self._pool.submit(self._once, move, blob) for blob in own]
        try:
            for future in futures:
                future.result()
        finally:
            # After a failure nothing new is begun, and what is in flight ends before anybody says so.
            wait([future for future in futures if not future.cancel()])

    def _once(self, move: _Move, blob: Descriptor) -> None:
        key = (move.destination, blob.digest)
        with self._lock:
            running = self._moves.get(key)
            if running is None:
                mine: Future[None] = Future()
                self._moves[key] = mine
        if running is not None:
            running.result()
            return
        try:
            self._bring(move, blob)
        except BaseException as exc:
            with self._lock:
                del self._moves[key]  # whoever comes later tries again
            mine.set_exception(exc)
            raise
        mine.set_result(None)

    def _bring(self, move: _Move, blob: Descriptor) -> None:
        mountable = self._mountable(move.source)
        with blamed(DESTINATION):
            if mountable == move.destination:
                move.tally.found_blob()
                return
            if mountable is not None and self._destination.mount_blob(move.destination, blob, mountable):
                move.tally.mounted_blob()
                return
            if (move.probe or blob.size_bytes > PROBE_MIN_BYTES) and self._destination.has_blob(
                move.destination, blob.digest, size_bytes=blob.size_bytes
            ):
                move.tally.found_blob()
                return
            self._destination.put_blob(move.destination, self._content(move.source, blob))
        move.tally.sent_blob(blob.size_bytes)

    def _content(self, source: Repository, blob: Descriptor) -> Blob:
        if blob.digest == EMPTY_DESCRIPTOR.digest:
            return Blob.of_bytes(EMPTY_CONTENT)
        return relayed(self._source, source, blob)
