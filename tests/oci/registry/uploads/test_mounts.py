from __future__ import annotations

import pytest

from reconciler.errors import ThrottledError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.profiles import Profile
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, DESCRIPTOR, REPOSITORY, opened
from tests.support.scripted_registry import Fault, Reply, ScriptedRegistry

CONTENT = BLOB.open().read()
SOURCE = Repository("base/images")


@pytest.fixture
def holding(server: ScriptedRegistry) -> ScriptedRegistry:
    server.hold(SOURCE).blobs[BLOB.digest] = CONTENT
    return server


def test_blob_is_mounted_with_one_request(holding: ScriptedRegistry, store: RegistryStore) -> None:
    assert store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
    assert store.transport.counts == {"POST upload": 1}
    assert holding.requests[0].query == {"mount": [BLOB.digest], "from": [SOURCE]}
    assert holding.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


def test_session_instead_of_a_mount_is_used(holding: ScriptedRegistry, store: RegistryStore) -> None:
    holding.misbehave(Fault.MOUNT_202)
    assert not store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
    store.put_blob(REPOSITORY, BLOB)
    assert store.transport.counts == {"POST upload": 1, "PUT upload": 1}
    assert holding.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}
    store.put_blob(REPOSITORY, BLOB)
    assert store.transport.counts == {"POST upload": 2, "PUT upload": 2}


def test_unused_session_is_cancelled(holding: ScriptedRegistry) -> None:
    holding.misbehave(Fault.MOUNT_202)
    with opened(holding) as store:
        store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
        store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
        assert len(holding.hold(REPOSITORY).sessions) == 1
    assert holding.hold(REPOSITORY).sessions == {}


@pytest.mark.parametrize("fault", [Fault.MOUNT_400, Fault.MOUNT_RESET])
def test_refused_mount_is_followed_by_a_plain_upload(holding: ScriptedRegistry, fault: Fault) -> None:
    holding.misbehave(fault)
    with opened(holding, retries=0) as store:
        assert not store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
        store.put_blob(REPOSITORY, BLOB)
    assert holding.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


@pytest.mark.parametrize("status", [401, 403, 404, 405, 500, 501])
def test_no_refusal_of_a_mount_is_an_error(holding: ScriptedRegistry, status: int) -> None:
    holding.on("POST", r"\?mount=", Reply(status))
    with opened(holding, retries=0) as store:
        assert not store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)


def test_patience_is_asked_for_in_vain(holding: ScriptedRegistry) -> None:
    holding.on("POST", "", Reply(429, {"Retry-After": "3600"}))
    with opened(holding) as store, pytest.raises(ThrottledError):
        store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)


def test_mount_of_other_content_does_not_count(holding: ScriptedRegistry, store: RegistryStore) -> None:
    headers = {"Docker-Content-Digest": "sha256:" + "0" * 64, "Location": "/v2/x"}
    holding.on("POST", "", Reply(201, headers))
    assert not store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)


def test_registry_that_mounts_nothing_is_not_asked(holding: ScriptedRegistry) -> None:
    with opened(holding, profile=Profile("ecr-public", mounts=False)) as store:
        assert not store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
    with opened(holding) as store:
        assert not store.mount_blob(SOURCE, DESCRIPTOR, SOURCE)
    assert holding.requests == []


def test_token_is_for_both_repositories_the_target_first(holding: ScriptedRegistry) -> None:
    holding.users["ada"] = "lovelace"
    holding.bearer = True
    with opened(holding, credential=Credential("ada", "lovelace", source="a test")) as store:
        assert store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
    (request,) = holding.seen("GET", "/token")
    assert request.query["scope"] == [f"repository:{REPOSITORY}:pull,push", f"repository:{SOURCE}:pull"]


def test_prefix_counts_for_both(server: ScriptedRegistry) -> None:
    server.hold(f"acme/{SOURCE}").blobs[BLOB.digest] = CONTENT
    with opened(server, prefix="acme") as store:
        assert store.mount_blob(REPOSITORY, DESCRIPTOR, SOURCE)
    assert server.hold(f"acme/{REPOSITORY}").blobs == {BLOB.digest: CONTENT}
