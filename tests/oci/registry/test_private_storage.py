"""What may be written of storage in a private network, what it allows, and that no credential goes there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.errors import StoreError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.private_storage import PrivateStorage
from reconciler.oci.registry.tls import Trust
from tests.oci.registry.situations import BLOB, DESCRIPTOR, REPOSITORY, opened
from tests.support.scripted_registry import Reply, Request, ScriptedServer


@pytest.mark.parametrize(
    ("written", "host", "addresses", "is_held"),
    [
        pytest.param("minio.test", "minio.test", ["10.0.0.7"], True, id="name"),
        pytest.param("MinIO.Test.", "minio.test", ["10.0.0.7"], True, id="name-written-otherwise"),
        pytest.param("minio.test", "minio.test.", ["10.0.0.7"], True, id="name-with-a-dot"),
        pytest.param("minio.test", "a.minio.test", ["10.0.0.7"], False, id="name-below"),
        pytest.param("minio.test", "minio.test.evil.test", ["10.0.0.7"], False, id="name-in-front"),
        pytest.param("localhost", "localhost", [], True, id="this-machine"),
        pytest.param("10.0.0.0/8", "minio.test", ["10.0.0.7", "10.9.0.1"], True, id="all-in-the-network"),
        pytest.param("10.0.0.0/24", "minio.test", ["10.0.0.7", "10.9.0.1"], False, id="one-outside"),
        pytest.param("10.0.0.0/24", "minio.test", [], False, id="no-address"),
        pytest.param("10.0.0.0/24", "10.0.0.7", [], True, id="address-in-the-network"),
        pytest.param("10.0.0.7", "10.0.0.7", ["10.0.0.7"], True, id="address"),
        pytest.param("10.0.0.7", "10.0.0.8", [], False, id="other-address"),
        pytest.param("10.0.0.7", "0x0a.0.0.7", [], True, id="address-in-short"),
        pytest.param("10.0.0.7", "::ffff:10.0.0.7", [], True, id="mapped"),
        pytest.param("fd00::/8", "minio.test", ["fd12::1"], True, id="network-6"),
        pytest.param("fd00::/8", "minio.test", ["fe80::1%eth0"], False, id="other-network-6"),
        pytest.param("fd00::/8", "10.0.0.7", [], False, id="other-version"),
        pytest.param("127.0.0.1", "169.254.169.254", [], False, id="metadata"),
    ],
)
def test_written_storage_is_held(written: str, host: str, addresses: list[str], is_held: bool) -> None:
    assert PrivateStorage.parse([written]).holds(host, addresses) is is_held


@pytest.mark.parametrize("host", ["10.0.0.7", "minio.test", "localhost"])
def test_nothing_written_allows_nothing(host: str) -> None:
    assert not PrivateStorage().holds(host, ["10.0.0.7"])
    assert not PrivateStorage.parse([]).holds(host)


@pytest.mark.parametrize(
    "written",
    ["0.0.0.0/0", "::/0", "10.0.0.0/7", "8.8.8.8", "93.184.216.0/24", "2001:4860::/32"],
)
def test_what_is_not_private_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected a host's name, or a private address or network"):
        PrivateStorage.parse([written])


@pytest.mark.parametrize(
    "written",
    ["", "https://minio.test", "minio.test:9000", "*.test", "10.0.0.1/8", "10.0.0.0/33", "a b", "[fd00::1]"],
)
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"or a private address or network such as [^ ]+, got '"):
        PrivateStorage.parse([written])


LOGIN = Credential("ada", "lovelace", source="a test")
WRITTEN = Trust(insecure=True)
"""Else no credential goes to the registry either, which speaks plain http here."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Stands outside, where a proxy reaches it; what is on this machine is reached without one."""
    with ScriptedServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        proxy.on("GET", "/v2/$", Reply())
        yield proxy


@pytest.fixture
def storage() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        server.on("GET", "", Reply(200, {}, BLOB.open().read()))
        yield server


def test_private_storage_is_refused_with_what_allows_it(
    registry: ScriptedServer, storage: ScriptedServer
) -> None:
    registry.on("GET", "/blobs/", lambda request: redirect(request, storage.url))
    with (
        opened("http://registry.test", credential=LOGIN, trust=WRITTEN) as store,
        pytest.raises(StoreError, match=r"into a private network, to http://127\.0\.0\.1:") as caught,
    ):
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))
    assert 'private-storage = ["127.0.0.1"]' in str(caught.value.fix)
    assert storage.requests == []


def test_allowed_storage_gets_no_credential(registry: ScriptedServer, storage: ScriptedServer) -> None:
    registry.on("GET", "/blobs/", lambda request: redirect(request, storage.url))
    with opened(
        "http://registry.test", credential=LOGIN, trust=WRITTEN, private_storage=["127.0.0.1"]
    ) as store:
        assert b"".join(store.fetch_blob(REPOSITORY, DESCRIPTOR)) == BLOB.open().read()
    assert "authorization" in registry.requests[-1].headers
    assert [request.headers.get("authorization") for request in storage.requests] == [None]


def redirect(request: Request, there: str) -> Reply:
    if "authorization" not in request.headers:
        return Reply(401, {"WWW-Authenticate": 'Basic realm="registry"'})
    return Reply(307, {"Location": f"{there}/bucket?sig=secret"})


def test_token_server_is_not_storage(registry: ScriptedServer, storage: ScriptedServer) -> None:
    registry.on("*", "/blobs/", Reply(401, {"WWW-Authenticate": f'Bearer realm="{storage.url}/token"'}))
    with (
        opened(
            "http://registry.test", credential=LOGIN, trust=WRITTEN, private_storage=["127.0.0.1"]
        ) as store,
        pytest.raises(StoreError, match="expected a public token server"),
    ):
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))
    assert storage.requests == []
