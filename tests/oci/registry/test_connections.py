from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.errors import UnreachableError
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, DIGEST, MANIFEST, OCI, REPOSITORY, TAG, FakeClock, opened
from tests.support.scripted_registry import Reply, ScriptedRegistry


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
