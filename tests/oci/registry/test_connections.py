from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.errors import UnreachableError
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.registry.connections import PIECE_BYTES, PIECE_MAX_BYTES
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, DIGEST, MANIFEST, OCI, REPOSITORY, TAG, FakeClock, opened
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry


def test_connection_is_kept(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    for _ in range(5):
        store.head_manifest(REPOSITORY, TAG)
        store.fetch_manifest(REPOSITORY, TAG)
        store.put_blob(REPOSITORY, BLOB)
    assert server.connections == 1


def test_closed_connection_is_replaced_at_once(server: ScriptedRegistry) -> None:
    clock = FakeClock()
    with opened(server, clock=clock, retries=0) as store:
        store.put_blob(REPOSITORY, BLOB)
        server.drop_connections()
        store.put_blob(REPOSITORY, BLOB)
    assert clock.pauses_s == []
    assert store.transport.counts == {"POST upload": 2, "PUT upload": 2}


def test_fresh_connection_without_answer_is_an_error(server: ScriptedRegistry) -> None:
    server.on("HEAD", "/manifests/", Reply(hang_up=True))
    with opened(server, retries=0) as store, pytest.raises(UnreachableError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        f"{server.url}: the connection broke: the server closed the connection without an answer"
    )


def test_answer_before_the_body_is_read(server: ScriptedRegistry) -> None:
    big = type(BLOB).of_bytes(bytes(32 * 1024 * 1024))
    server.on("PUT", "/uploads/", Reply(413, body=b'{"message":"too big for us"}', before_body=True))
    with opened(server, retries=0) as store, pytest.raises(Exception, match=r"413 .*: too big for us"):
        store.put_blob(REPOSITORY, big)


def test_threads_share_the_connections(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    with opened(server) as store, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: store.head_manifest(REPOSITORY, TAG).digest, range(100)))
    assert set(found) == {DIGEST}
    assert server.connections <= 8
    assert store.transport.counts["HEAD manifest"] == 100


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(b"SSH-2.0-OpenSSH\r\n", "the answer is not HTTP: 'SSH-2.0-OpenSSH", id="not-http"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x16", "answers plain http with TLS", id="alert-of-tls"),
        pytest.param(b"", "the server closed the connection without an answer", id="nothing"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 200 + b"\r\n",
            "got more than 100 headers",
            id="too-many-headers",
        ),
    ],
)
def test_strange_server_is_named(said: bytes, message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = threading.Thread(target=talk)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with opened(url, retries=0) as store, pytest.raises(UnreachableError) as caught:
            store.head_manifest(REPOSITORY, TAG)
        thread.join()
    assert message in str(caught.value)


def test_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            opened(url, retries=0, timeout_s=0.05) as store,
            pytest.raises(UnreachableError, match=f"{url}: no answer within 0.05 s"),
        ):
            store.head_manifest(REPOSITORY, TAG)


def test_pieces_grow_up_to_a_bound(server: ScriptedRegistry, store: RegistryStore) -> None:
    blob = hold(server, 5 * PIECE_MAX_BYTES)
    sizes_bytes = list(map(len, store.fetch_blob(REPOSITORY, blob)))
    assert sizes_bytes[:5] == [
        PIECE_BYTES,
        2 * PIECE_BYTES,
        4 * PIECE_BYTES,
        PIECE_MAX_BYTES,
        PIECE_MAX_BYTES,
    ]
    assert max(sizes_bytes) == PIECE_MAX_BYTES


def test_pieces_begin_small_after_each_break(server: ScriptedRegistry, store: RegistryStore) -> None:
    blob = hold(server, 3 * PIECE_MAX_BYTES)
    break_off(server, after_bytes=PIECE_MAX_BYTES)
    sizes_bytes = list(map(len, store.fetch_blob(REPOSITORY, blob)))
    answer = [PIECE_BYTES, 2 * PIECE_BYTES, 4 * PIECE_BYTES, PIECE_BYTES]
    assert sizes_bytes == answer * 3


def test_connection_that_soon_falls_silent_gets_further(server: ScriptedRegistry) -> None:
    blob = hold(server, 400 * 1024)
    break_off(server, after_bytes=200 * 1024, silent=True)
    with opened(server, retries=2, timeout_s=0.3) as store:
        assert sum(map(len, store.fetch_blob(REPOSITORY, blob))) == blob.size_bytes
    # What came of a piece that was not whole comes again.
    begun = [request.headers.get("range") for request in server.requests]
    assert begun == [None, f"bytes={PIECE_BYTES}-", f"bytes={2 * PIECE_BYTES}-"]


def hold(server: ScriptedRegistry, size_bytes: int) -> Descriptor:
    content = bytes(range(256)) * (size_bytes // 256)
    digest = Digest.of(content)
    server.hold(REPOSITORY).blobs[digest] = content
    return Descriptor("text/plain", digest, len(content))


def break_off(server: ScriptedRegistry, *, after_bytes: int, silent: bool = False) -> None:
    """Let no answer be longer, whatever it has announced."""

    def answer(request: Request) -> Reply:
        reply = server.faithful(request)
        if not silent:
            return Reply(reply.status, reply.pairs, reply.body, cut_at=after_bytes)
        headers = reply.with_headers(content_length=str(len(reply.body)))
        return Reply(reply.status, headers, reply.body[:after_bytes])

    server.on("GET", "/blobs/", answer)
