from __future__ import annotations

import io
from pathlib import Path

import pytest

from reconciler.errors import DigestMismatchError, NotFoundError, StoreError, UnreachableError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.registry.profiles import Profile
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, REPOSITORY, opened
from tests.support.scripted_registry import Reply, ScriptedRegistry, ScriptedServer, problem

CONTENT = BLOB.open().read()
SINGLE_POST = Profile("test", single_post=True)


def test_blob_costs_post_and_put(server: ScriptedRegistry, store: RegistryStore) -> None:
    store.put_blob(REPOSITORY, BLOB)
    assert store.transport.counts == {"POST upload": 1, "PUT upload": 1}
    assert server.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


def test_blob_of_a_file_is_streamed(server: ScriptedRegistry, store: RegistryStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20 * 1024
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    blob = Blob.of_file(path, Digest.of(content), len(content))
    store.put_blob(REPOSITORY, blob)
    assert server.hold(REPOSITORY).blobs[blob.digest] == content


def test_empty_blob_is_put(server: ScriptedRegistry, store: RegistryStore) -> None:
    store.put_blob(REPOSITORY, Blob.of_bytes(b""))
    assert server.seen("PUT")[0].headers["content-length"] == "0"


@pytest.mark.parametrize(
    ("content", "got"),
    [
        pytest.param(CONTENT[:-1] + b"!", "got sha256:", id="other-bytes"),
        pytest.param(CONTENT[:-1], "got the end after 9 bytes", id="shorter"),
        pytest.param(CONTENT + b"!", "got more bytes", id="longer"),
        pytest.param(b"", "got the end after 0 bytes", id="empty"),
    ],
)
def test_changed_file_is_never_committed(
    server: ScriptedRegistry, store: RegistryStore, content: bytes, got: str
) -> None:
    blob = Blob(BLOB.digest, BLOB.size_bytes, lambda: io.BytesIO(content))
    with pytest.raises(DigestMismatchError, match=f"content to be pushed: digest mismatch: .*{got}"):
        store.put_blob(REPOSITORY, blob)
    assert server.hold(REPOSITORY).blobs == {}


def test_unreadable_file_is_named(store: RegistryStore, tmp_path: Path) -> None:
    gone = tmp_path / "gone.yaml"
    with pytest.raises(UnreachableError, match=r"gone\.yaml: cannot be read: No such file or directory"):
        store.put_blob(REPOSITORY, Blob.of_file(gone, BLOB.digest, BLOB.size_bytes))


def test_vanished_session_is_begun_anew(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", "/uploads/", problem(404, "BLOB_UPLOAD_UNKNOWN"), times=2)
    store.put_blob(REPOSITORY, BLOB)
    assert store.transport.counts == {"POST upload": 3, "PUT upload": 3}


def test_session_that_always_vanishes_is_an_error(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", "/uploads/", problem(404, "BLOB_UPLOAD_UNKNOWN"))
    with pytest.raises(StoreError, match="404 Not Found: BLOB_UPLOAD_UNKNOWN") as caught:
        store.put_blob(REPOSITORY, BLOB)
    assert not isinstance(caught.value, NotFoundError)
    assert store.transport.counts == {"POST upload": 3, "PUT upload": 3}


def test_commit_whose_answer_was_lost_is_repeated(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", "/uploads/", lambda request: (server.default(request), Reply(502))[1], times=1)
    store.put_blob(REPOSITORY, BLOB)
    assert server.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


def test_repository_to_be_created_first_is_said(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("POST", "/uploads/", problem(404, "NAME_UNKNOWN", "no such repository"))
    with pytest.raises(NotFoundError, match="NAME_UNKNOWN: no such repository") as caught:
        store.put_blob(REPOSITORY, BLOB)
    assert caught.value.fix == "create the repository in the registry first, or check its name"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "expected a Location for the upload, got none"),
        (
            {"Location": "https://evil.example.com/u"},
            "the upload's location is refused: expected a location on ",
        ),
        ({"Location": "http://[bad/"}, "the upload's location is refused: "),
    ],
)
def test_strange_location_is_refused(
    server: ScriptedRegistry, store: RegistryStore, headers: dict[str, str], message: str
) -> None:
    server.on("POST", "/uploads/", Reply(202, headers))
    with pytest.raises(StoreError, match=message):
        store.put_blob(REPOSITORY, BLOB)


def test_accepted_is_not_stored(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", "/uploads/", Reply(202))
    with pytest.raises(StoreError, match="the registry has not stored the blob: expected 201, got 202"):
        store.put_blob(REPOSITORY, BLOB)


def test_single_post_is_enough_where_it_is_understood(server: ScriptedRegistry) -> None:
    server.single_post = True
    with opened(server, profile=SINGLE_POST) as store:
        store.put_blob(REPOSITORY, BLOB)
    assert store.transport.counts == {"POST upload": 1}
    assert server.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


def test_202_to_single_post_means_put_the_body(server: ScriptedRegistry) -> None:
    with opened(server, profile=SINGLE_POST) as store:
        store.put_blob(REPOSITORY, BLOB)
    assert [request.body for request in server.requests] == [CONTENT, CONTENT]
    assert server.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


def test_upload_never_leaves_the_registry(server: ScriptedRegistry, store: RegistryStore) -> None:
    with ScriptedServer() as elsewhere:
        server.on("POST", "/uploads/", Reply(202, {"Location": f"{elsewhere.url}/u"}))
        with pytest.raises(StoreError, match="the upload's location is refused"):
            store.put_blob(REPOSITORY, BLOB)
    assert elsewhere.requests == []
