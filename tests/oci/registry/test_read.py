from __future__ import annotations

import pytest

from reconciler.errors import DigestMismatchError, NotFoundError, StoreError, UnreachableError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, DIGEST, MANIFEST, OCI, REPOSITORY, TAG
from tests.support.scripted_registry import Reply, ScriptedRegistry, ScriptedServer, problem

CONTENT = BLOB.open().read()
OTHER = Digest.of(b"other")


def full(**changed: str) -> dict[str, str]:
    headers = {"Content-Type": OCI, "Docker-Content-Digest": DIGEST, "Content-Length": str(len(MANIFEST))}
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in headers.items() if value}


def test_present_manifest_costs_one_head(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    assert store.head_manifest(REPOSITORY, TAG) == Descriptor(OCI, DIGEST, len(MANIFEST))
    assert store.transport.counts == {"HEAD manifest": 1}
    assert server.requests[0].headers["accept"] == media_types.ACCEPT_MANIFESTS


def test_absent_manifest_costs_one_head(store: RegistryStore) -> None:
    with pytest.raises(NotFoundError, match=r"HEAD .*/v2/workflows/plan/manifests/1\.0\.0: .* 404 Not Found"):
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 1}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(200, full(Docker_Content_Digest="")), id="no-digest"),
        pytest.param(Reply(200, full(Docker_Content_Digest="md5:abc")), id="digest-of-another-kind"),
        pytest.param(Reply(200, full(Content_Type="")), id="no-type"),
        pytest.param(Reply(200, full(Content_Type="application/json")), id="vague-type"),
        pytest.param(Reply(200, full(Content_Length="9" * 5000)), id="length-beyond-reason"),
        pytest.param(Reply(405), id="head-not-allowed"),
        pytest.param(Reply(400), id="head-not-understood"),
    ],
)
def test_incomplete_head_is_completed_by_get(
    server: ScriptedRegistry, store: RegistryStore, reply: Reply
) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/manifests/", reply)
    assert store.head_manifest(REPOSITORY, TAG) == Descriptor(OCI, DIGEST, len(MANIFEST))
    assert store.transport.counts == {"HEAD manifest": 1, "GET manifest": 1}


def test_refused_head_is_explained_by_get(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("*", "/manifests/", problem(403, "DENIED", "pull access denied"))
    with pytest.raises(StoreError, match=r"GET .* 403 Forbidden: DENIED: pull access denied"):
        store.head_manifest(REPOSITORY, TAG)


def test_head_of_another_digest_is_a_mismatch(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("HEAD", "/manifests/", Reply(200, full(Docker_Content_Digest=OTHER)))
    with pytest.raises(DigestMismatchError, match=f"digest mismatch: expected {DIGEST}, got {OTHER}"):
        store.head_manifest(REPOSITORY, DIGEST)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_web_page_is_no_registry(
    server: ScriptedRegistry, store: RegistryStore, status: int, method: str
) -> None:
    server.on("*", "", Reply(status, {"Content-Type": "text/html; charset=utf-8"}, b"<title>Welcome</title>"))
    read = store.head_manifest if method == "HEAD" else store.fetch_manifest
    with pytest.raises(StoreError) as caught:
        read(REPOSITORY, TAG)
    assert type(caught.value) is StoreError
    assert str(caught.value).startswith(f"{server.url}: does not look like a registry: {method} ")
    assert caught.value.fix == "check the target's url: scheme, host, port and prefix"


def test_fetched_manifest_is_verified(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    for reference in (TAG, DIGEST):
        read = store.fetch_manifest(REPOSITORY, reference)
        assert read.content == MANIFEST
        assert read.descriptor == Descriptor(OCI, DIGEST, len(MANIFEST))


def test_sha512_is_verified_too(server: ScriptedRegistry, store: RegistryStore) -> None:
    digest = Digest.of(MANIFEST, algorithm="sha512")
    server.hold(REPOSITORY).manifests[digest] = (MANIFEST, OCI)
    assert store.fetch_manifest(REPOSITORY, digest).descriptor.digest == digest
    assert store.head_manifest(REPOSITORY, digest).digest == digest


@pytest.mark.parametrize("reference", [TAG, DIGEST], ids=["tag", "digest"])
def test_other_manifest_bytes_are_a_mismatch(
    server: ScriptedRegistry, store: RegistryStore, reference: object
) -> None:
    server.on("GET", "/manifests/", Reply(200, full(Content_Length=""), MANIFEST + b" "))
    with pytest.raises(DigestMismatchError, match=f"expected {DIGEST}, got sha256:"):
        store.fetch_manifest(REPOSITORY, DIGEST if reference == DIGEST else TAG)


def test_huge_manifest_is_refused(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/manifests/", Reply(200, {"Content-Type": OCI}, bytes(5 * 1024 * 1024)))
    with pytest.raises(StoreError, match="answer too large: expected at most 4194304 bytes"):
        store.fetch_manifest(REPOSITORY, TAG)


def test_what_is_no_manifest_is_refused(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/manifests/", Reply(200, {"Content-Type": "application/json"}, b'{"a":1}'))
    with pytest.raises(StoreError, match=r"not a manifest: .*; Content-Type is 'application/json'"):
        store.fetch_manifest(REPOSITORY, TAG)


def test_empty_manifest_is_no_manifest(server: ScriptedRegistry, store: RegistryStore) -> None:
    for method in ("HEAD", "GET"):
        server.on(method, "/manifests/", Reply(200, {"Content-Type": OCI}))
    with pytest.raises(StoreError, match=r"GET .*: expected a manifest, got an empty body$"):
        store.head_manifest(REPOSITORY, TAG)


def test_cut_manifest_is_no_manifest(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/manifests/", Reply(200, {"Content-Type": OCI}, MANIFEST, cut_at=10))
    missing = len(MANIFEST) - 10
    with pytest.raises(
        UnreachableError, match=f"the answer broke off: the answer ended {missing} bytes too early"
    ):
        store.fetch_manifest(REPOSITORY, TAG)


def test_blob_is_there_or_not(server: ScriptedRegistry, store: RegistryStore) -> None:
    assert not store.has_blob(REPOSITORY, BLOB.digest)
    server.hold(REPOSITORY).blobs[BLOB.digest] = CONTENT
    assert store.has_blob(REPOSITORY, BLOB.digest)
    assert store.transport.counts == {"HEAD blob": 2}


def test_blob_head_that_is_not_allowed_is_asked_by_get(
    server: ScriptedRegistry, store: RegistryStore
) -> None:
    server.hold(REPOSITORY).blobs[BLOB.digest] = CONTENT
    server.on("HEAD", "/blobs/", Reply(405))
    assert store.has_blob(REPOSITORY, BLOB.digest)


def test_blob_of_another_length_is_no_success(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.hold(REPOSITORY).blobs[BLOB.digest] = CONTENT
    assert store.has_blob(REPOSITORY, BLOB.digest, size_bytes=BLOB.size_bytes)
    with pytest.raises(
        DigestMismatchError, match=rf"expected {BLOB.digest} \(7 bytes\), got {BLOB.size_bytes} bytes"
    ):
        store.has_blob(REPOSITORY, BLOB.digest, size_bytes=7)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Length": "7", "Content-Encoding": "gzip"}, id="encoded"),
        pytest.param({"Transfer-Encoding": "chunked"}, id="not-said"),
    ],
)
def test_length_that_says_nothing_is_not_compared(
    server: ScriptedRegistry, store: RegistryStore, headers: dict[str, str]
) -> None:
    server.on("HEAD", "/blobs/", Reply(200, headers))
    assert store.has_blob(REPOSITORY, BLOB.digest, size_bytes=BLOB.size_bytes)


def test_blob_of_the_right_length_is_no_web_page(server: ScriptedRegistry, store: RegistryStore) -> None:
    page = {"Content-Type": "text/html", "Content-Length": str(BLOB.size_bytes)}
    server.on("HEAD", "/blobs/", Reply(200, page))
    assert store.has_blob(REPOSITORY, BLOB.digest, size_bytes=BLOB.size_bytes)


@pytest.mark.parametrize("status", [401, 403, 500])
def test_unknown_blob_is_not_absent(server: ScriptedRegistry, store: RegistryStore, status: int) -> None:
    server.on("*", "", Reply(status))
    with pytest.raises(StoreError, match=f"the registry answered {status} ") as caught:
        store.has_blob(REPOSITORY, BLOB.digest)
    assert not isinstance(caught.value, NotFoundError)


def test_blob_lost_by_the_storage_is_not_absent(server: ScriptedRegistry, store: RegistryStore) -> None:
    with ScriptedServer() as storage:
        storage.on("*", "", Reply(404, body=b"<Code>NoSuchKey</Code>"))
        server.on("*", "/blobs/", Reply(307, {"Location": f"{storage.url}/key?sig=1"}))
        with pytest.raises(StoreError, match="its storage has lost what it points to") as caught:
            store.has_blob(REPOSITORY, BLOB.digest)
    assert not isinstance(caught.value, NotFoundError)
    assert "sig=***" in str(caught.value)
