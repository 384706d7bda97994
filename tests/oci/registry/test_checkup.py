"""What a registry's answers say about it."""

from __future__ import annotations

import time

import pytest

from reconciler.oci.blob import Blob
from reconciler.oci.checkup import Check, Health
from reconciler.oci.manifest import EMPTY_CONTENT, EMPTY_DESCRIPTOR, Manifest, render
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.checkup import SKEW_MAX_S, examine_registry
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import open_registry
from tests.support.scripted_registry import ScriptedRegistry, problem

PROBE = Repository("probe")


@pytest.mark.parametrize(
    ("skew_s", "health", "said"),
    [
        pytest.param(0, Health.GOOD, "agree", id="same"),
        pytest.param(SKEW_MAX_S + 30, Health.NOTE, "ahead of the registry's", id="we are ahead"),
        pytest.param(-SKEW_MAX_S - 30, Health.NOTE, "behind the registry's", id="we are behind"),
    ],
)
def test_clocks_are_compared(skew_s: float, health: Health, said: str) -> None:
    with ScriptedRegistry() as server:
        store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())
        checks = {
            check.name: check
            for check in examine_registry(store, Repository("probe"), now_s=time.time() + skew_s)
        }
        store.close()

    assert (checks["clock"].health, said in checks["clock"].said) == (health, True)


def examine(server: ScriptedRegistry) -> dict[str, Check]:
    store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())
    try:
        return {check.name: check for check in examine_registry(store, PROBE, now_s=time.time())}
    finally:
        store.close()


def test_nothing_is_left_where_blobs_can_be_deleted() -> None:
    with ScriptedRegistry() as server:
        cleaned = examine(server)["clean-up"]
        held = server.hold(PROBE)
    assert (held.blobs, held.manifests, held.tags, held.sessions) == ({}, {}, {}, {})
    assert cleaned.health is Health.GOOD
    assert cleaned.said.startswith("what was tried is gone again; ")


@pytest.mark.parametrize("single_post", [True, False], ids=["single-post", "two-requests"])
def test_what_others_have_stays(*, single_post: bool) -> None:
    with ScriptedRegistry() as server:
        store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())
        store.put_blob(PROBE, Blob.of_bytes(EMPTY_CONTENT))
        content = render(Manifest(EMPTY_DESCRIPTOR, (EMPTY_DESCRIPTOR,), artifact_type="text/plain"))
        digest = store.put_manifest(PROBE, Tag("1.0.0"), content, OCI_MANIFEST)
        store.close()
        server.single_post = single_post
        cleaned = examine(server)["clean-up"]
        held = server.hold(PROBE)
    assert cleaned.health is Health.GOOD
    assert (list(held.blobs), list(held.manifests)) == ([EMPTY_DESCRIPTOR.digest], [digest])
    assert held.tags == {"1.0.0": digest}


def test_single_post_leaves_nothing_where_no_manifest_goes() -> None:
    with ScriptedRegistry() as server:
        server.single_post = True
        server.on("DELETE", "/manifests/", problem(405, "UNSUPPORTED"))
        checks = examine(server)
        held = server.hold(PROBE)
    assert ("clean-up" in checks, checks["single-post"].health, held.blobs) == (False, Health.GOOD, {})


def test_blob_that_stays_is_said() -> None:
    with ScriptedRegistry() as server:
        server.on("DELETE", "/blobs/sha256", problem(405, "UNSUPPORTED"))
        cleaned = examine(server)["clean-up"]
        held = server.hold(PROBE)
    assert len(held.blobs) == 1
    assert cleaned.health is Health.NOTE
    assert cleaned.said == (
        "what was tried is gone again, but for a blob of 44 bytes in probe: the registry deletes no blobs"
    )


def test_chunks_promise_no_more_than_is_true() -> None:
    with ScriptedRegistry() as server:
        said = examine(server)["chunks"].said
    assert said == (
        "large blobs go in parts; what breaks off between two of them goes on, "
        "within one only where the registry keeps its beginning"
    )
