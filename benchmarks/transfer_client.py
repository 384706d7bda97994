"""pallet's store moving one blob: `python -m benchmarks.transfer_client push|pull URL NAME FILE DIGEST SIZE`.

A process of its own, so that its memory is its own. Prints the seconds from before the first request to
the last byte. Must never be added: repetitions or comparisons.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.files import write_whole
from reconciler.oci.manifest import Descriptor
from reconciler.oci.media_types import OCTET_STREAM
from reconciler.oci.reference import Repository
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import RegistryStore, open_registry
from reconciler.oci.registry.uploads.journal import Journal
from reconciler.oci.user_cache import user_cache_folder


def main(direction: str, url: str, name: str, file: str, digest: str, size: str) -> None:
    journal = Journal(lambda: user_cache_folder(os.environ, "uploads"))
    store = open_registry(Endpoint.parse(url), credentials=Anonymous(), journal=journal)
    blob = Descriptor(OCTET_STREAM, Digest(digest), int(size))
    started = time.perf_counter()
    (_push if direction == "push" else _pull)(store, Repository(name), Path(file), blob)
    seconds = time.perf_counter() - started
    store.close()
    print(json.dumps({"seconds": seconds}))


def _push(store: RegistryStore, repository: Repository, path: Path, blob: Descriptor) -> None:
    store.put_blob(repository, Blob.of_file(path, blob.digest, blob.size_bytes))


def _pull(store: RegistryStore, repository: Repository, path: Path, blob: Descriptor) -> None:
    with path.open("wb", buffering=0) as stream:
        for piece in store.fetch_blob(repository, blob):
            write_whole(stream, piece)


if __name__ == "__main__":
    main(*sys.argv[1:])
