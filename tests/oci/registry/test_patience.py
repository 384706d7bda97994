"""A registry that asks for patience, over real HTTP; nobody sleeps."""

from __future__ import annotations

import threading

import pytest

from reconciler.errors import ThrottledError, UnauthorisedError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import BY_NAME, Profile
from reconciler.oci.registry.settings import Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from reconciler.oci.relay import relayed
from tests.oci.registry.situations import (
    BLOB,
    DESCRIPTOR,
    DIGEST,
    MANIFEST,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    Known,
    opened,
)
from tests.support.scripted_registry import Reply, ScriptedRegistry

GUARD_S = 20.0
"""After this a test fails instead of hanging."""
QUOTA = {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "0;w=21600"}
HUB = b'{"message":"toomanyrequests: You have reached your pull rate limit."}'


def profiled(server: ScriptedRegistry, profile: Profile, clock: FakeClock) -> RegistryStore:
    return open_registry(
        Endpoint.parse(server.url),
        credentials=Known(),
        settings=Settings(retries=2, timeout_s=5.0),
        clock=clock.clock(),
        profile=profile,
    )


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(499), id="nginx"),
        pytest.param(Reply(522), id="cloudflare"),
        pytest.param(Reply(403, body=b"secondary rate limit"), id="ghcr"),
        pytest.param(Reply(400, body=b'{"errors":[{"code":"TOOMANYREQUESTS"}]}'), id="code"),
        pytest.param(Reply(403, body=b'{"message":"toomanyrequests: slow down"}'), id="message"),
    ],
)
def test_wish_for_patience_is_heeded(server: ScriptedRegistry, reply: Reply) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("GET", "/manifests/", reply, times=2)
    clock = FakeClock()
    with opened(server, clock=clock) as store:
        assert store.fetch_manifest(REPOSITORY, TAG).descriptor.digest == DIGEST
    assert clock.pauses_s == [0.25, 0.5]


def test_throttling_that_stays_has_its_own_exit_code(server: ScriptedRegistry) -> None:
    server.on("GET", "/manifests/", Reply(403, body=b'{"message":"API rate limit exceeded"}'))
    with opened(server) as store, pytest.raises(ThrottledError) as caught:
        store.fetch_manifest(REPOSITORY, TAG)
    assert caught.value.exit_code == 75
    assert caught.value.fix == "run again later"
    assert str(caught.value).endswith("403 Forbidden: API rate limit exceeded")
    assert len(server.requests) == 3


def test_forbidden_with_retry_after_counts_where_the_profile_says_so(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/manifests/", Reply(403, {"Retry-After": "9"}), times=1)
    clock = FakeClock()
    store = profiled(server, BY_NAME["ghcr"], clock)
    assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    store.close()
    assert clock.pauses_s == [9.0]


def test_forbidden_stays_forbidden_elsewhere(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("*", "/manifests/", Reply(403, {"Retry-After": "9"}))
    with pytest.raises(UnauthorisedError):
        store.head_manifest(REPOSITORY, TAG)


def test_used_up_quota_is_not_waited_for(server: ScriptedRegistry) -> None:
    server.on("GET", "/manifests/", Reply(429, QUOTA, HUB))
    clock = FakeClock()
    with opened(server, clock=clock) as store, pytest.raises(ThrottledError) as caught:
        store.fetch_manifest(REPOSITORY, TAG)
    assert clock.pauses_s == []
    assert str(caught.value) == (
        f"GET {server.url}/v2/workflows/plan/manifests/1.0.0: the registry answered 429 Too Many Requests: "
        "toomanyrequests: You have reached your pull rate limit.; "
        "0 of 100 requests are left of those for 6 h"
    )
    assert caught.value.fix == "run again later, or log in for a larger quota"


def test_quota_with_a_date_is_waited_for(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("GET", "/manifests/", Reply(429, {**QUOTA, "Retry-After": "20"}), times=1)
    clock = FakeClock()
    with opened(server, clock=clock) as store:
        store.fetch_manifest(REPOSITORY, TAG)
    assert clock.pauses_s == [20.0]


def test_server_that_throttles_every_call_is_left_alone(server: ScriptedRegistry) -> None:
    server.on("HEAD", "", Reply(429))
    clock = FakeClock()
    with opened(server, clock=clock, retries=1) as store:
        for number in range(100):
            with pytest.raises(ThrottledError) as caught:
                store.head_manifest(Repository(f"a{number}"), TAG)
        assert len(server.requests) == 6
        assert str(caught.value).startswith("not asked again so soon: HEAD ")
        clock.monotonic_s += 60.0
        with pytest.raises(ThrottledError, match=r"^HEAD "):
            store.head_manifest(REPOSITORY, TAG)


def test_server_that_serves_others_is_asked_on(server: ScriptedRegistry) -> None:
    server.put("good", MANIFEST, OCI, TAG)
    server.on("HEAD", "/bad/", Reply(429))
    with opened(server, retries=0) as store:
        for _ in range(10):
            with pytest.raises(ThrottledError, match=r"^HEAD "):
                store.head_manifest(Repository("bad"), TAG)
            store.head_manifest(Repository("good"), TAG)


def test_too_long_a_wish_closes_the_server(server: ScriptedRegistry) -> None:
    server.on("HEAD", "", Reply(429, {"Retry-After": "3600"}))
    with opened(server) as store:
        for _ in range(5):
            with pytest.raises(ThrottledError, match="it asks to wait 3600 s"):
                store.head_manifest(REPOSITORY, TAG)
    assert len(server.requests) == 1


def test_retry_after_holds_for_the_next_call_too(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "", Reply(429, {"Retry-After": "30"}), times=1)
    clock = FakeClock()
    with opened(server, clock=clock, retries=0) as store:
        with pytest.raises(ThrottledError):
            store.head_manifest(REPOSITORY, TAG)
        assert clock.pauses_s == []
        store.head_manifest(REPOSITORY, TAG)
    assert clock.pauses_s == [30.0]


def test_unavailable_without_a_wish_is_asked_again(server: ScriptedRegistry) -> None:
    server.on("HEAD", "", Reply(503))
    with opened(server, retries=0) as store:
        for _ in range(10):
            with pytest.raises(ThrottledError, match="503 Service Unavailable"):
                store.head_manifest(REPOSITORY, TAG)
    assert len(server.seen("HEAD")) == 10


def test_pace_of_the_profile_is_kept(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    clock = FakeClock()
    store = profiled(server, Profile("slow", requests_per_s=2.0), clock)
    for _ in range(4):
        store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert clock.pauses_s == [0.5, 0.5]


def test_narrow_gate_lets_a_blob_be_read_while_it_is_written(server: ScriptedRegistry) -> None:
    """Copying within one registry: the upload waits for its own download."""
    store = profiled(server, Profile("narrow", concurrency=1), FakeClock())
    source, destination = Repository("source"), Repository("destination")
    store.put_blob(source, BLOB)
    copied = relayed(store, source, DESCRIPTOR)
    copying = threading.Thread(target=store.put_blob, args=(destination, copied), daemon=True)
    copying.start()
    copying.join(GUARD_S)
    assert not copying.is_alive()
    store.close()
    assert BLOB.digest in server.hold("destination").blobs
