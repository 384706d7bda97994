"""Large blobs against a registry that does what it should, and then all that registries were seen to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import DigestMismatchError, PalletError, StoreError, UnreachableError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.registry.profiles import Profile
from tests.oci.registry.situations import REPOSITORY, opened
from tests.oci.registry.uploads.large_blobs import (
    BLOB,
    CHUNKS,
    CONTENT,
    ECR,
    SIZES,
    is_stored,
    no_session_left,
    patched,
    put,
)
from tests.support.scripted_registry import Fault, Reply, Request, ScriptedRegistry, digest_of, problem


def test_large_blob_goes_in_chunks(server: ScriptedRegistry, tmp_path: Path) -> None:
    assert put(server, tmp_path) == {"POST": 1, "PATCH": 6, "PUT": 1}
    assert is_stored(server)
    assert [len(request.body) for request in server.seen("PATCH")] == CHUNKS
    assert patched(server)[:2] == ["0-19999", "20000-39999"]
    assert server.seen("PUT")[0].body == b""
    assert list(tmp_path.glob("*.json")) == []


def test_large_blob_goes_whole_without_a_journal(server: ScriptedRegistry) -> None:
    assert put(server, None) == {"POST": 1, "PUT": 1}


@pytest.mark.parametrize("digest", [Digest.of(CONTENT, algorithm="sha512")], ids=["sha512"])
@pytest.mark.parametrize("journal", [False, True], ids=["whole", "chunks"])
def test_other_algorithm_is_said_at_the_start(
    server: ScriptedRegistry, tmp_path: Path, digest: Digest, journal: bool
) -> None:
    put(server, tmp_path if journal else None, Blob(digest, len(CONTENT), BLOB.open))
    assert server.seen("POST")[0].target.endswith("/uploads/?digest-algorithm=sha512")
    assert server.hold(REPOSITORY).blobs == {digest_of(CONTENT, "sha512"): CONTENT}


@pytest.mark.parametrize(
    ("fault", "profile"),
    [
        (Fault.RANGE_WITH_UNIT, None),
        (Fault.RANGE_MISSING, None),
        (Fault.RANGE_STALE, None),
        (Fault.RANGE_STALE, ECR),
        (Fault.PATCH_201, ECR),
        (Fault.PUT_204, None),
        (Fault.LOCATION_RELATIVE, None),
        (Fault.LOCATION_ABSOLUTE, None),
        (Fault.LOCATION_WITHOUT_SCHEME, None),
        (Fault.LOCATION_ODD_QUERY, None),
    ],
    ids=str,
)
def test_odd_answers_cost_nothing(
    server: ScriptedRegistry, tmp_path: Path, fault: Fault, profile: Profile | None
) -> None:
    server.misbehave(fault)
    assert put(server, tmp_path, profile=profile) == {"POST": 1, "PATCH": 6, "PUT": 1}
    assert is_stored(server)


def test_half_kept_chunk_goes_on_in_its_middle(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.PATCH_HALF_KEPT, times=1)
    put(server, tmp_path)
    assert patched(server)[:2] == ["0-19999", "10000-29999"]
    assert is_stored(server)


def test_416_is_recovered_by_asking(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.PATCH_FORGOTTEN)
    assert put(server, tmp_path)["GET"] == 1
    assert patched(server)[1:3] == ["20000-39999", "19999-39998"]
    assert is_stored(server)


def test_endless_416_ends_after_ten_recoveries_and_one_new_session(
    server: ScriptedRegistry, tmp_path: Path
) -> None:
    server.on("PATCH", "", problem(416, "RANGE_INVALID"))
    with pytest.raises(StoreError, match="416"):
        put(server, tmp_path)
    assert len(server.seen("POST")) == 2
    assert len(server.seen("GET", "/uploads/")) == 20
    assert no_session_left(server)
    assert list(tmp_path.glob("*.json")) == []


def test_registry_that_caps_chunks_gets_smaller_ones(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.chunk_max_bytes = 6000
    server.misbehave(Fault.PATCH_CAPPED)
    assert put(server, tmp_path)["POST"] == 1
    assert max(len(request.body) for request in server.seen("PATCH")[2:]) == 5000
    assert is_stored(server)


def test_announced_minimum_is_kept(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.chunk_min_bytes = 30_000
    server.misbehave(Fault.CHUNK_MINIMUM)
    put(server, tmp_path)
    assert [len(request.body) for request in server.seen("PATCH")] == [30_000, 30_000, 30_000, 12_400]
    assert is_stored(server)


def test_registry_without_chunks_gets_it_whole(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.PATCH_REFUSED)
    assert put(server, tmp_path) == {"POST": 2, "PATCH": 1, "DELETE": 1, "PUT": 1}
    assert is_stored(server)


def test_413_to_the_whole_leads_to_chunks(server: ScriptedRegistry) -> None:
    server.fault_at_bytes = 15_000
    server.misbehave(Fault.PUT_TOO_LARGE)
    counts = put(server, None)
    assert (counts["POST"], counts["PATCH"]) == (2, 11)
    assert is_stored(server)
    assert no_session_left(server)


def test_413_without_chunks_is_said(server: ScriptedRegistry) -> None:
    server.fault_at_bytes = 15_000
    server.misbehave(Fault.PUT_TOO_LARGE)
    with pytest.raises(StoreError, match="the registry answered 413"):
        put(server, None, profile=Profile("gar", chunks=False))
    assert len(server.seen("PUT")) == 1
    assert no_session_left(server)


def test_break_in_the_whole_leads_to_chunks(server: ScriptedRegistry) -> None:
    server.misbehave(Fault.UPLOAD_RESET, times=1)
    counts = put(server, None)
    assert counts["PATCH"] == 11
    assert counts["HEAD blob"] == 1
    assert is_stored(server)


def test_break_of_a_small_blob_leads_to_a_new_session(server: ScriptedRegistry) -> None:
    blob = Blob.of_bytes(b"small" * 1000)
    server.misbehave(Fault.UPLOAD_RESET, times=1)
    assert put(server, None, blob) == {"POST": 2, "PUT": 2}


def test_lost_answer_is_noticed(server: ScriptedRegistry) -> None:
    def swallow(request: Request) -> Reply:
        server.faithful(request)
        return Reply(hang_up=True)

    server.on("PUT", "/uploads/", swallow, times=1)
    assert put(server, None) == {"POST": 1, "PUT": 1, "HEAD blob": 1}
    assert is_stored(server)


def test_connection_that_always_breaks_is_an_error(server: ScriptedRegistry) -> None:
    server.on("PUT", "/uploads/", Reply(hang_up=True))
    server.on("PATCH", "/uploads/", Reply(hang_up=True))
    with pytest.raises(UnreachableError, match="the connection broke"):
        put(server, None)


@pytest.mark.parametrize("fault", [Fault.COMMIT_LOST, Fault.COMMIT_504], ids=str)
@pytest.mark.parametrize("journal", [True, False], ids=["chunks", "whole"])
def test_blob_that_arrived_is_not_sent_again(
    server: ScriptedRegistry, tmp_path: Path, fault: Fault, journal: bool
) -> None:
    server.misbehave(fault)
    counts = put(server, tmp_path if journal else None, retries=0)
    assert counts == {"POST": 1, "PUT": 1, "HEAD blob": 1} | ({"PATCH": 6} if journal else {})
    assert is_stored(server)
    assert list(tmp_path.glob("*.json")) == []


def test_break_at_the_commit_goes_on_with_what_is_there(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.COMMIT_RESET, times=2)
    assert put(server, tmp_path) == {"POST": 1, "PATCH": 6, "PUT": 3, "HEAD blob": 2, "GET": 2}
    assert is_stored(server)


def test_breaks_at_the_commit_leave_it_to_a_later_run(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.COMMIT_RESET, times=2)
    with pytest.raises(UnreachableError, match="the connection broke"):
        put(server, tmp_path, retries=1)
    assert put(server, tmp_path) == {"GET": 1, "PUT": 1}
    assert is_stored(server)


def test_failures_at_the_commit_are_said(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.on("PUT", "/uploads/", Reply(502))
    with pytest.raises(StoreError, match="the registry answered 502 Bad Gateway"):
        put(server, tmp_path)
    assert len(server.seen("PUT")) == 3


def test_session_gone_after_a_break_is_begun_anew(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.COMMIT_RESET, times=1)
    server.on("GET", "/uploads/", Reply(404))
    assert put(server, tmp_path) == {"POST": 2, "PATCH": 12, "PUT": 2, "HEAD blob": 1, "GET": 1}
    assert is_stored(server)


def test_blob_that_lost_its_end_gets_it(server: ScriptedRegistry, tmp_path: Path) -> None:
    def tear(request: Request) -> Reply:
        (upload,) = server.hold(REPOSITORY).sessions.values()
        del upload.content[-1000:]
        return Reply(hang_up=True)

    server.on("PUT", "/uploads/", tear, times=1)
    put(server, tmp_path)
    assert patched(server)[6:] == ["101400-102399"]
    assert is_stored(server)


def test_413_to_one_request_leads_to_chunks(server: ScriptedRegistry) -> None:
    server.fault_at_bytes = 15_000
    server.misbehave(Fault.BODY_TOO_LARGE)
    artifactory = Profile("artifactory", single_post=True)
    counts = put(server, None, profile=artifactory)
    assert (counts["POST"], counts["PATCH"]) == (2, 12)
    assert is_stored(server)


def test_limit_is_learnt_once(server: ScriptedRegistry) -> None:
    server.fault_at_bytes = 6000
    server.misbehave(Fault.BODY_TOO_LARGE)
    other = Blob.of_bytes(CONTENT[::-1])
    profile = Profile("artifactory", single_post=True)
    with opened(server, sizes=SIZES, profile=profile) as store:
        store.put_blob(REPOSITORY, BLOB)
        server.requests.clear()
        store.put_blob(REPOSITORY, other)
    assert {len(request.body) for request in server.seen("POST")} == {0}
    assert max(len(request.body) for request in server.requests) <= 6000
    assert other.digest in server.hold(REPOSITORY).blobs


@pytest.mark.parametrize("answer", [Reply(502), Reply(503), Reply(hang_up=True)], ids=["502", "503", "break"])
def test_failed_single_post_looks_before_it_sends_again(server: ScriptedRegistry, answer: Reply) -> None:
    server.single_post = True
    server.on("POST", "digest=", lambda request: (server.faithful(request), answer)[1], times=1)
    assert put(server, None, profile=Profile("zot", single_post=True)) == {"POST": 1, "HEAD blob": 1}
    assert is_stored(server)


@pytest.mark.parametrize("retries", [0, 1])
def test_single_post_that_fails_is_followed_by_two_requests(server: ScriptedRegistry, retries: int) -> None:
    server.on("POST", "digest=", Reply(502))
    profile = Profile("zot", single_post=True)
    if retries == 0:
        with pytest.raises(StoreError, match="502 Bad Gateway"):
            put(server, None, profile=profile, retries=0)
        return
    assert put(server, None, profile=profile, retries=1) == {"POST": 2, "PUT": 1, "HEAD blob": 1}


def test_break_between_chunks_goes_on(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.on("PATCH", "c20000", Reply(hang_up=True), times=1)
    assert put(server, tmp_path) == {"POST": 1, "PATCH": 7, "GET": 1, "PUT": 1}
    assert is_stored(server)


def test_corrupted_upload_is_sent_once_more(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.UPLOAD_CORRUPTED, times=1)
    assert put(server, tmp_path)["PUT"] == 2
    assert is_stored(server)
    server.misbehave(Fault.UPLOAD_CORRUPTED)
    with pytest.raises(StoreError, match="400 Bad Request: DIGEST_INVALID"):
        put(server, None)


def test_changed_file_cancels_its_session(server: ScriptedRegistry, tmp_path: Path) -> None:
    blob = Blob(BLOB.digest, BLOB.size_bytes, Blob.of_bytes(CONTENT[:-1] + b"!").open)
    for folder in (tmp_path, None):
        with pytest.raises(DigestMismatchError):
            put(server, folder, blob)
    assert no_session_left(server)
    assert server.hold(REPOSITORY).blobs == {}
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize("answer", [Reply(405), Reply(404), Reply(hang_up=True), Reply(401)], ids=str)
def test_refused_cancel_does_not_matter(server: ScriptedRegistry, answer: Reply) -> None:
    server.on("DELETE", "", answer)
    server.on("PUT", "", problem(403, "DENIED"))
    with pytest.raises(PalletError, match="403 Forbidden: DENIED"):
        put(server, None)
    assert len(server.seen("DELETE")) == 1
