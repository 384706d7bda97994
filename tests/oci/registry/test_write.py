from __future__ import annotations

import pytest

from reconciler.errors import DigestMismatchError, IncompleteError, NotFoundError, StoreError
from reconciler.oci.digest import Digest
from reconciler.oci.registry.store import RegistryStore
from reconciler.oci.transfer import push_artifact
from tests.oci.registry.situations import BLOB, DIGEST, MANIFEST, OCI, REPOSITORY, TAG
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry, problem

CONTENT = BLOB.open().read()


@pytest.fixture
def holding(server: ScriptedRegistry) -> ScriptedRegistry:
    server.hold(REPOSITORY).blobs[BLOB.digest] = CONTENT
    return server


def test_manifest_costs_one_put(holding: ScriptedRegistry, store: RegistryStore) -> None:
    assert store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST
    assert store.transport.counts == {"PUT manifest": 1}
    assert holding.requests[0].headers["content-type"] == OCI
    assert holding.requests[0].body == MANIFEST


@pytest.mark.parametrize("status", [200, 201, 202])
def test_manifest_success_has_many_statuses(
    server: ScriptedRegistry, store: RegistryStore, status: int
) -> None:
    server.on("PUT", "/manifests/", Reply(status, {"Docker-Content-Digest": DIGEST}))
    assert store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST


def test_manifest_without_digest_is_confirmed_by_head(
    holding: ScriptedRegistry, store: RegistryStore
) -> None:
    holding.on("PUT", "/manifests/", lambda r: Reply(201) if holding.default(r).status == 201 else None)
    assert store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST
    assert store.transport.counts == {"PUT manifest": 1, "HEAD manifest": 1}


def test_registry_that_says_no_digests_is_asked_by_get(
    holding: ScriptedRegistry, store: RegistryStore
) -> None:
    holding.says_digest = False
    assert store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST
    assert store.transport.counts == {"PUT manifest": 1, "HEAD manifest": 1, "GET manifest": 1}


def test_rewritten_manifest_is_a_mismatch(server: ScriptedRegistry, store: RegistryStore) -> None:
    other = Digest.of(b"other")
    server.on("PUT", "/manifests/", Reply(201, {"Docker-Content-Digest": other}))
    with pytest.raises(DigestMismatchError) as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert str(caught.value) == (
        f"PUT {server.url}/v2/workflows/plan/manifests/1.0.0: the registry stored another manifest: "
        f"digest mismatch: expected {DIGEST}, got {other}"
    )


def test_wrong_promise_is_not_sent(store: RegistryStore) -> None:
    with pytest.raises(DigestMismatchError, match="manifest for workflows/plan: digest mismatch"):
        store.put_manifest(REPOSITORY, Digest.of(b"other"), MANIFEST, OCI)
    with pytest.raises(StoreError, match="too large: expected at most 4194304, got 4194305"):
        store.put_manifest(REPOSITORY, TAG, bytes(4 * 1024 * 1024 + 1), OCI)
    assert store.transport.counts == {}


def test_manifest_with_unknown_blob_is_refused(store: RegistryStore) -> None:
    with pytest.raises(IncompleteError, match="MANIFEST_BLOB_UNKNOWN: blob unknown to registry"):
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)


@pytest.mark.parametrize("status", [400, 404])
def test_incomplete_manifest_is_never_called_absent(
    server: ScriptedRegistry, store: RegistryStore, status: int
) -> None:
    server.on("PUT", "/manifests/", problem(status, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"))
    with pytest.raises(IncompleteError, match=f"the registry answered {status} ") as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert caught.value.fix == "run again: the registry may have cleaned up what was there a moment ago"


def test_blob_that_was_cleaned_up_meanwhile_is_brought_again(
    server: ScriptedRegistry, store: RegistryStore
) -> None:
    def clean_up(_: Request) -> None:
        if len(server.seen("PUT", "/manifests/")) == 1:
            server.hold(REPOSITORY).blobs.clear()

    server.on("PUT", "/manifests/", clean_up)
    assert push_artifact(store, REPOSITORY, TAG, MANIFEST, OCI, [BLOB]) == DIGEST
    assert store.transport.counts == {"POST upload": 2, "PUT upload": 2, "PUT manifest": 2, "HEAD blob": 1}


def test_tag_and_manifest_are_deleted(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG, "latest")
    store.delete_manifest(REPOSITORY, TAG)
    assert server.hold(REPOSITORY).tags == {"latest": DIGEST}
    store.delete_manifest(REPOSITORY, DIGEST)
    assert server.hold(REPOSITORY).tags == {}
    with pytest.raises(NotFoundError, match="404 Not Found: MANIFEST_UNKNOWN"):
        store.delete_manifest(REPOSITORY, DIGEST)


@pytest.mark.parametrize("status", [200, 202])
def test_deletion_without_a_body_may_have_any_type(
    server: ScriptedRegistry, store: RegistryStore, status: int
) -> None:
    server.on("DELETE", "", Reply(status, {"Content-Type": "text/html; charset=utf-8"}))
    store.delete_manifest(REPOSITORY, TAG)


@pytest.mark.parametrize(
    ("reference", "status", "fix"),
    [
        (
            TAG,
            405,
            "enable deleting in the registry (distribution: storage.delete.enabled), or delete with its own tools",
        ),
        (
            DIGEST,
            400,
            "enable deleting in the registry (distribution: storage.delete.enabled), or delete with its own tools",
        ),
        (
            TAG,
            400,
            "this registry cannot delete one tag: delete the manifest by digest, which removes all its tags",
        ),
    ],
    ids=["405", "400-of-a-digest", "400-of-a-tag"],
)
def test_forbidden_delete_says_what_to_do(
    server: ScriptedRegistry, store: RegistryStore, reference: object, status: int, fix: str
) -> None:
    server.on("DELETE", "", problem(status, "UNSUPPORTED", "unsupported"))
    with pytest.raises(StoreError, match="UNSUPPORTED: unsupported") as caught:
        store.delete_manifest(REPOSITORY, DIGEST if reference == DIGEST else TAG)
    assert caught.value.fix == fix
