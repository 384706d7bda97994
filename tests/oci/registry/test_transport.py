from __future__ import annotations

import datetime as dt
import email.utils
import socket
import ssl

import pytest

from reconciler.errors import NotFoundError, PalletError, StoreError, ThrottledError, UnreachableError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.store import RegistryStore, environment_proxy
from reconciler.oci.registry.urls import Url
from tests.oci.registry.situations import (
    BLOB,
    DESCRIPTOR,
    MANIFEST,
    NOW_S,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    opened,
)
from tests.support.scripted_registry import Reply, ScriptedRegistry, ScriptedServer


def in_seconds(seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(NOW_S + seconds, tz=dt.UTC)
    return email.utils.format_datetime(moment, usegmt=True)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failure_is_repeated(server: ScriptedRegistry, status: int) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/manifests/", Reply(status, body=b"never mind"), times=2)
    clock = FakeClock()
    with opened(server, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
    assert clock.pauses_s == [0.25, 0.5]
    assert store.transport.counts == {"HEAD manifest": 3}
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 416, 501])
def test_lasting_failure_is_not_repeated(server: ScriptedRegistry, status: int) -> None:
    server.on("PUT", "/manifests/", Reply(status))
    with opened(server) as store, pytest.raises(StoreError, match=f"the registry answered {status} "):
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert store.transport.counts["PUT manifest"] == 1


@pytest.mark.parametrize("retry_after", ["7", in_seconds(7)])
def test_retry_after_is_obeyed_in_full(server: ScriptedRegistry, retry_after: str) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/manifests/", Reply(429, {"Retry-After": retry_after}), times=1)
    clock = FakeClock()
    with opened(server, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
    assert clock.pauses_s == [7.0]


def test_too_long_a_wait_is_refused_at_once(server: ScriptedRegistry) -> None:
    server.on(
        "GET", "/tags/", Reply(429, {"Retry-After": "3600"}, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}')
    )
    clock = FakeClock()
    with opened(server, clock=clock) as store, pytest.raises(ThrottledError) as caught:
        store.list_tags(REPOSITORY)
    assert clock.pauses_s == []
    assert str(caught.value) == (
        f"GET {server.url}/v2/workflows/plan/tags/list?n=1000: the registry answered 429 Too Many Requests: "
        "TOOMANYREQUESTS; it asks to wait 3600 s"
    )
    assert caught.value.fix == "run again later"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(Reply(429), ThrottledError, id="429"),
        pytest.param(Reply(503, {"Retry-After": "1"}), ThrottledError, id="503-with-retry-after"),
        pytest.param(Reply(503), ThrottledError, id="503"),
        pytest.param(Reply(500, body=b"<title>oops</title>"), StoreError, id="500"),
    ],
)
def test_failure_that_stays_gets_its_name(
    server: ScriptedRegistry, reply: Reply, kind: type[PalletError]
) -> None:
    server.on("HEAD", "/manifests/", reply)
    with opened(server, retries=2) as store, pytest.raises(PalletError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert type(caught.value) is kind
    assert store.transport.counts == {"HEAD manifest": 3}


def test_reset_is_repeated(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/manifests/", Reply(hang_up=True), times=2)
    clock = FakeClock()
    with opened(server, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
    assert clock.pauses_s == [0.25, 0.5]


def test_body_is_sent_again_whole(server: ScriptedRegistry, store: RegistryStore) -> None:
    big = type(BLOB).of_bytes(bytes(range(256)) * 16 * 1024)
    server.on("PUT", "/uploads/", Reply(500), times=1)
    store.put_blob(REPOSITORY, big)
    assert [len(request.body) for request in server.seen("PUT")] == [big.size_bytes] * 2
    assert server.hold(REPOSITORY).blobs[big.digest] == bytes(range(256)) * 16 * 1024


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_dead_server_is_asked_only_once() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    clock = FakeClock()
    with opened(url, clock=clock, retries=4) as store:
        for number in range(1000):
            with pytest.raises(UnreachableError) as caught:
                store.head_manifest(Repository(f"a{number}"), TAG)
            assert str(caught.value) == f"{url}: cannot be reached: connection refused"
            assert caught.value.fix == "check that the registry runs, and the target's url"
    assert store.transport.counts == {"HEAD manifest": 5}
    assert len(clock.pauses_s) == 4


def test_server_that_answers_sometimes_is_not_given_up(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/bad/", Reply(hang_up=True))
    server.on("PUT", "/manifests/", Reply(500), times=1)
    server.on("PUT", "/manifests/", Reply(hang_up=True))
    with opened(server, retries=1) as store:
        with pytest.raises(UnreachableError):
            store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
        store.head_manifest(REPOSITORY, TAG)


def test_http_server_behind_https_is_named(server: ScriptedRegistry) -> None:
    url = f"https://127.0.0.1:{server.port}"
    clock = FakeClock()
    with opened(url, clock=clock) as store, pytest.raises(UnreachableError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value).startswith(f"{url}: TLS failed: ")
    assert caught.value.fix == "if the registry speaks plain http, write http:// in the target's url"
    assert clock.pauses_s == []


def test_blob_redirect_is_followed_without_credentials(server: ScriptedRegistry) -> None:
    server.users["bob"] = "secret"
    with ScriptedServer() as storage, opened(server, credential=Credential("bob", "secret")) as store:
        storage.on("GET", "/stored", Reply(302, {"Location": "/again?X-Amz-Signature=abc"}))
        storage.on("GET", "/again", Reply(200, body=BLOB.open().read()))
        server.on(
            "GET",
            "/blobs/",
            lambda r: Reply(307, {"Location": f"{storage.url}/stored"}) if authorised(r) else None,
        )
        assert b"".join(store.fetch_blob(REPOSITORY, DESCRIPTOR)) == BLOB.open().read()
    assert [("authorization" in request.headers) for request in storage.requests] == [False, False]
    assert "authorization" in server.requests[-1].headers


def authorised(request: object) -> bool:
    return "authorization" in getattr(request, "headers", {})


def test_blob_redirect_to_401_gets_no_credentials(server: ScriptedRegistry) -> None:
    server.users["bob"] = "secret"
    with ScriptedServer() as storage, opened(server, credential=Credential("bob", "secret")) as store:
        storage.on("GET", "", Reply(401, {"WWW-Authenticate": 'Basic realm="x"'}))
        server.on(
            "GET", "/blobs/", lambda r: Reply(307, {"Location": storage.url}) if authorised(r) else None
        )
        with pytest.raises(StoreError, match="401 Unauthorized"):
            store.fetch_blob(REPOSITORY, DESCRIPTOR)
    assert [("authorization" in request.headers) for request in storage.requests] == [False]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        pytest.param("/v2/workflows/plan/blobs/x", "more than 10 redirects", id="endless"),
        pytest.param("ftp://h/", "the registry redirects to what is no URL", id="no-http"),
    ],
)
def test_bad_redirect_of_blob_is_refused(server: ScriptedRegistry, location: str, message: str) -> None:
    server.on("GET", "/blobs/", Reply(307, {"Location": location}))
    with opened(server) as store, pytest.raises(StoreError, match=message):
        store.fetch_blob(REPOSITORY, DESCRIPTOR)


def test_redirect_of_a_manifest_says_where_it_points(server: ScriptedRegistry) -> None:
    server.on("HEAD", "/manifests/", Reply(303, {"Location": "https://login.example.com/in?token=abc"}))
    with opened(server) as store, pytest.raises(StoreError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        f"HEAD {server.url}/v2/workflows/plan/manifests/1.0.0: the registry answered 303 See Other, "
        "pointing to https://login.example.com"
    )


def test_cookies_are_not_kept(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("HEAD", "", Reply(404, {"Set-Cookie": "sid=1; Path=/"}))
    for _ in range(2):
        with pytest.raises(NotFoundError):
            store.head_manifest(REPOSITORY, TAG)
    assert all("cookie" not in request.headers for request in server.requests)


def test_every_request_says_the_same(server: ScriptedRegistry, store: RegistryStore) -> None:
    store.put_blob(REPOSITORY, BLOB)
    start, commit = server.requests
    assert start.headers["user-agent"].startswith("pallet/")
    assert start.headers["accept-encoding"] == "identity"
    assert start.headers["host"] == server.host
    assert start.headers["content-length"] == "0"
    assert "accept" not in start.headers
    assert commit.headers["content-length"] == str(BLOB.size_bytes)
    assert commit.headers["content-type"] == "application/octet-stream"
    assert "transfer-encoding" not in commit.headers


def test_times_of_requests_are_known(server: ScriptedRegistry) -> None:
    clock = FakeClock()
    server.on("HEAD", "", Reply(500), times=1)
    server.on("HEAD", "", Reply(404))
    with opened(server, clock=clock) as store, pytest.raises(NotFoundError):
        store.head_manifest(REPOSITORY, TAG)
    assert (store.transport.first_request_s, store.transport.last_answer_s) == (1000.0, 1000.25)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"https_proxy": "http://proxy:3128"}, "https://h", "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "https://h", "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128", "no_proxy": ".example.com"}, "https://r.example.com", None),
        ({"http_proxy": "http://proxy:3128"}, "https://h", None),
        ({"all_proxy": "http://proxy:3128"}, "https://h", "http://proxy:3128"),
        ({"http_proxy": "http://proxy:3128"}, "http://127.0.0.1:5000", None),
        ({}, "https://h", None),
    ],
)
def test_proxy_of_the_environment_is_found(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy(Url.parse(url).origin) == proxy


def test_proxy_is_used_with_the_same_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as proxy:
        proxy.on("HEAD", "", Reply(404, {"Content-Type": "application/json"}))
        proxy.on("PUT", "", Reply(500), times=1)
        proxy.on("PUT", "", Reply(201, {"Docker-Content-Digest": ""}))
        monkeypatch.setenv("http_proxy", proxy.url)
        with opened("http://registry.invalid:5000") as store:
            with pytest.raises(NotFoundError):
                store.head_manifest(REPOSITORY, TAG)
            with pytest.raises(StoreError, match="took the manifest and does not show it"):
                store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert proxy.requests[0].target == "http://registry.invalid:5000/v2/workflows/plan/manifests/1.0.0"
    assert proxy.requests[0].headers["host"] == "registry.invalid:5000"
    assert [request.body for request in proxy.seen("PUT")] == [MANIFEST, MANIFEST]


def test_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with opened("http://registry.invalid", retries=0) as store, pytest.raises(UnreachableError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        "http://registry.invalid (through a proxy): cannot be reached: connection refused"
    )


@pytest.mark.parametrize("proxy", ["ftp://bob:secret@proxy", "http://h:port", "socks5://h:1"])
def test_impossible_proxy_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with opened("https://registry.invalid") as store, pytest.raises(UnreachableError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        "https://registry.invalid: the environment names a proxy that cannot be used: expected http://host:port"
    )


def test_ssl_is_loaded_only_when_needed(server: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> ssl.SSLContext:
        raise AssertionError("no https here")

    monkeypatch.setattr(ssl, "create_default_context", never)
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    with opened(server) as store:
        store.head_manifest(REPOSITORY, TAG)
