from __future__ import annotations

import hashlib
import re

import pytest

from reconciler.errors import DigestMismatchError, NotFoundError, PalletError, StoreError, UnreachableError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, DESCRIPTOR, REPOSITORY, FakeClock, opened
from tests.support.scripted_registry import Fault, Reply, ScriptedRegistry, ScriptedServer

CONTENT = BLOB.open().read()


def test_blob_streams_in_pieces(server: ScriptedRegistry, store: RegistryStore) -> None:
    content = bytes(range(256)) * 12 * 1024
    digest = Digest.of(content)
    server.hold(REPOSITORY).blobs[digest] = content
    pieces = list(store.fetch_blob(REPOSITORY, Descriptor("text/plain", digest, len(content))))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= CHUNK_BYTES


def test_empty_blob_streams_nothing(server: ScriptedRegistry, store: RegistryStore) -> None:
    digest = Digest("sha256:" + hashlib.sha256().hexdigest())
    server.hold(REPOSITORY).blobs[digest] = b""
    assert list(store.fetch_blob(REPOSITORY, Descriptor("text/plain", digest, 0))) == []


def test_absent_blob_is_not_found(store: RegistryStore) -> None:
    with pytest.raises(NotFoundError, match="404 Not Found: BLOB_UNKNOWN: blob unknown to registry"):
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))


@pytest.mark.parametrize(
    ("sent", "kind", "message"),
    [
        pytest.param(Reply(body=CONTENT[:-1] + b"!"), DigestMismatchError, "got sha256:", id="other-bytes"),
        pytest.param(
            Reply(body=CONTENT[:-1]), DigestMismatchError, "(10 bytes), got 9 bytes", id="too-short"
        ),
        pytest.param(
            Reply(body=CONTENT + b"!"), DigestMismatchError, "(10 bytes), got 11 bytes", id="too-long"
        ),
        pytest.param(Reply(body=CONTENT, cut_at=4), UnreachableError, "ended 6 bytes too early", id="cut"),
    ],
)
def test_wrong_blob_never_ends_well(
    server: ScriptedRegistry, store: RegistryStore, sent: Reply, kind: type[PalletError], message: str
) -> None:
    server.on("GET", "/blobs/", sent)
    received: list[bytes] = []
    with pytest.raises(kind, match=re.escape(message)):
        received.extend(store.fetch_blob(REPOSITORY, DESCRIPTOR))
    assert b"".join(received) != CONTENT


def test_declared_size_allocates_nothing(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/blobs/", Reply(body=CONTENT))
    claimed = Descriptor("text/plain", BLOB.digest, 10**15)
    with pytest.raises(DigestMismatchError):
        list(store.fetch_blob(REPOSITORY, claimed))
