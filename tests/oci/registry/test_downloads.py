from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from reconciler.errors import DigestMismatchError, NotFoundError, PalletError, StoreError, UnreachableError
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.pulling.pull import pull
from reconciler.oci.pulling.titles import WORK_FOLDER
from reconciler.oci.reference import Tag
from reconciler.oci.registry.connections import PIECE_BYTES, PIECE_MAX_BYTES
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import BLOB, DESCRIPTOR, REPOSITORY, FakeClock, opened
from tests.support.graphs import put_files
from tests.support.scripted_registry import Fault, Reply, Request, ScriptedRegistry, ScriptedServer

CONTENT = BLOB.open().read()


def test_blob_streams_in_pieces(server: ScriptedRegistry, store: RegistryStore) -> None:
    content = bytes(range(256)) * 12 * 1024
    digest = Digest.of(content)
    server.hold(REPOSITORY).blobs[digest] = content
    pieces = list(store.fetch_blob(REPOSITORY, Descriptor("text/plain", digest, len(content))))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) == PIECE_MAX_BYTES
    assert len(pieces[0]) == PIECE_BYTES


def test_empty_blob_streams_nothing(server: ScriptedRegistry, store: RegistryStore) -> None:
    digest = Digest("sha256:" + hashlib.sha256().hexdigest())
    server.hold(REPOSITORY).blobs[digest] = b""
    assert list(store.fetch_blob(REPOSITORY, Descriptor("text/plain", digest, 0))) == []


def test_absent_blob_is_not_found(store: RegistryStore) -> None:
    with pytest.raises(NotFoundError, match="404 Not Found: BLOB_UNKNOWN: blob unknown to registry"):
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))


@pytest.mark.parametrize(
    ("sent", "kind", "message"),
    [
        pytest.param(Reply(body=CONTENT[:-1] + b"!"), DigestMismatchError, "got sha256:", id="other-bytes"),
        pytest.param(
            Reply(body=CONTENT[:-1]), DigestMismatchError, "(10 bytes), got 9 bytes", id="too-short"
        ),
        pytest.param(
            Reply(body=CONTENT + b"!"), DigestMismatchError, "(10 bytes), got 11 bytes", id="too-long"
        ),
        pytest.param(Reply(body=CONTENT, cut_at=4), UnreachableError, "ended 6 bytes too early", id="cut"),
    ],
)
def test_wrong_blob_never_ends_well(
    server: ScriptedRegistry, store: RegistryStore, sent: Reply, kind: type[PalletError], message: str
) -> None:
    server.on("GET", "/blobs/", sent)
    received: list[bytes] = []
    with pytest.raises(kind, match=re.escape(message)):
        received.extend(store.fetch_blob(REPOSITORY, DESCRIPTOR))
    assert b"".join(received) != CONTENT


def test_declared_size_allocates_nothing(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/blobs/", Reply(body=CONTENT))
    claimed = Descriptor("text/plain", BLOB.digest, 10**15)
    with pytest.raises(DigestMismatchError):
        list(store.fetch_blob(REPOSITORY, claimed))


LARGE = bytes(range(256)) * 12 * 1024
LARGE_BLOB = Descriptor("text/plain", Digest.of(LARGE), len(LARGE))


@pytest.fixture
def holding(server: ScriptedRegistry) -> ScriptedRegistry:
    server.hold(REPOSITORY).blobs[LARGE_BLOB.digest] = LARGE
    return server


def ranges(server: ScriptedRegistry) -> list[str | None]:
    return [request.headers.get("range") for request in server.seen("GET", "/blobs/")]


@pytest.mark.parametrize("fault", [Fault.RESET_DOWN, Fault.SHORT_BODY])
def test_broken_download_goes_on_in_its_middle(
    holding: ScriptedRegistry, store: RegistryStore, fault: Fault
) -> None:
    holding.misbehave(fault, times=1)
    assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB)) == LARGE
    first, second = ranges(holding)
    assert first is None
    if second is None:
        # A reset may overtake all that was sent before it: then there is nothing to go on from.
        assert fault is Fault.RESET_DOWN
        return
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= len(LARGE) // 2


@pytest.mark.parametrize("fault", [Fault.RESET_DOWN, Fault.SHORT_BODY])
def test_server_without_ranges_begins_anew(
    holding: ScriptedRegistry, store: RegistryStore, fault: Fault
) -> None:
    holding.misbehave(fault, times=1)
    holding.misbehave(Fault.RANGE_IGNORED)
    assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB)) == LARGE


def test_progress_renews_the_budget(holding: ScriptedRegistry) -> None:
    clock = FakeClock()
    big = LARGE * 16
    blob = Descriptor("text/plain", Digest.of(big), len(big))
    holding.hold(REPOSITORY).blobs[blob.digest] = big
    holding.misbehave(Fault.SHORT_BODY, times=5)
    with opened(holding, clock=clock, retries=1) as store:
        assert b"".join(store.fetch_blob(REPOSITORY, blob)) == big
    assert clock.pauses_s == [0.25] * 5


def test_download_that_gets_no_further_is_given_up(holding: ScriptedRegistry) -> None:
    holding.on("GET", "/blobs/", Reply(hang_up=False, body=LARGE, cut_at=1000), times=1)
    holding.on(
        "GET", "/blobs/", lambda r: Reply(206, {"Content-Range": content_range(r)}, bytes(10), cut_at=0)
    )
    clock = FakeClock()
    with opened(holding, clock=clock, retries=3) as store, pytest.raises(UnreachableError) as caught:
        list(store.fetch_blob(REPOSITORY, LARGE_BLOB))
    assert "too early" in str(caught.value)
    assert len(clock.pauses_s) == 3


def content_range(request: Request) -> str:
    first = request.headers["range"].removeprefix("bytes=").removesuffix("-")
    return f"bytes {first}-{len(LARGE) - 1}/{len(LARGE)}"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="none"),
        pytest.param(f"bytes 0-{len(LARGE) - 1}/{len(LARGE)}", id="from-the-start"),
        pytest.param(f"bytes 1000-{len(LARGE) - 1}/{len(LARGE) + 1}", id="of-something-longer"),
        pytest.param(f"bytes 1000-{len(LARGE)}/{len(LARGE)}", id="beyond-the-end"),
        pytest.param("bytes */5", id="unsatisfied"),
        pytest.param("1000-2000", id="no-unit"),
    ],
)
def test_other_range_is_not_taken(holding: ScriptedRegistry, store: RegistryStore, header: str) -> None:
    headers = {"Content-Range": header} if header else {}
    holding.on(
        "GET", "/blobs/", lambda r: Reply(206, headers, LARGE[1000:]) if "range" in r.headers else None
    )
    assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB, offset=1000)) == LARGE[1000:]
    assert ranges(holding) == ["bytes=1000-", None]


def test_unsatisfied_range_asks_for_all(holding: ScriptedRegistry, store: RegistryStore) -> None:
    holding.on("GET", "/blobs/", lambda r: Reply(416) if "range" in r.headers else None)
    holding.misbehave(Fault.SHORT_BODY, times=1)
    assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB, offset=1000)) == LARGE[1000:]
    # Once is enough: the connection broke, and no range was asked for again.
    assert ranges(holding) == ["bytes=1000-", None, None]


@pytest.mark.parametrize("held", [LARGE[:1000], b"x" * 1000], ids=["right", "wrong"])
def test_pull_goes_on_where_ranges_are_refused(
    holding: ScriptedRegistry, store: RegistryStore, tmp_path: Path, held: bytes
) -> None:
    put_files(store, REPOSITORY, "1.0.0", {"a.bin": LARGE})
    partial = tmp_path / WORK_FOLDER / f"sha256-{LARGE_BLOB.digest.encoded}.partial"
    partial.parent.mkdir()
    partial.write_bytes(held)
    holding.on("GET", "/blobs/", lambda r: Reply(416) if "range" in r.headers else None)
    pull(store, REPOSITORY, Tag("1.0.0"), tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == LARGE
    assert not partial.parent.exists()


def test_no_range_and_nothing_whole_is_a_failure(holding: ScriptedRegistry, store: RegistryStore) -> None:
    holding.on("GET", "/blobs/", Reply(416))
    with pytest.raises(StoreError, match="416"):
        list(store.fetch_blob(REPOSITORY, LARGE_BLOB, offset=1000))
    assert ranges(holding) == ["bytes=1000-", None]


def test_changed_rest_is_noticed(holding: ScriptedRegistry, store: RegistryStore) -> None:
    holding.misbehave(Fault.SHORT_BODY, times=1)
    holding.on("GET", "/blobs/", lambda r: changed(holding, r) if "range" in r.headers else None)
    with pytest.raises(DigestMismatchError, match="got sha256:"):
        list(store.fetch_blob(REPOSITORY, LARGE_BLOB))


def changed(server: ScriptedRegistry, request: Request) -> Reply:
    reply = server.faithful(request)
    return Reply(reply.status, reply.pairs, reply.body[::-1])


def test_partial_answer_to_a_whole_question_is_refused(
    server: ScriptedRegistry, store: RegistryStore
) -> None:
    server.on("GET", "/blobs/", Reply(206, {"Content-Range": "bytes 0-9/10"}, CONTENT))
    with pytest.raises(StoreError, match="the registry answered 206"):
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))


def test_offset_is_where_it_begins(holding: ScriptedRegistry, store: RegistryStore) -> None:
    assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB, offset=3_000_000)) == LARGE[3_000_000:]
    assert ranges(holding) == ["bytes=3000000-"]


def test_nothing_is_asked_for_where_nothing_is_missing(
    holding: ScriptedRegistry, store: RegistryStore
) -> None:
    assert list(store.fetch_blob(REPOSITORY, LARGE_BLOB, offset=len(LARGE))) == []
    assert holding.requests == []


def test_encoded_blob_is_refused(holding: ScriptedRegistry, store: RegistryStore) -> None:
    holding.misbehave(Fault.GZIP)
    with pytest.raises(StoreError, match="the blob is encoded on its way: expected it as it is, got gzip"):
        list(store.fetch_blob(REPOSITORY, LARGE_BLOB))


def test_encoding_that_is_only_said_does_not_matter(holding: ScriptedRegistry, store: RegistryStore) -> None:
    holding.on("GET", "/blobs/", Reply(200, {"Content-Encoding": "gzip"}, LARGE))
    assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB)) == LARGE


def test_endless_body_is_cut_off(holding: ScriptedRegistry, store: RegistryStore) -> None:
    reply = Reply(
        200, {"Transfer-Encoding": "chunked"}, b"%x\r\n" % (len(LARGE) + 1) + LARGE + b"!\r\n0\r\n\r\n"
    )
    holding.on("GET", "/blobs/", reply)
    with pytest.raises(DigestMismatchError, match="got more bytes"):
        list(store.fetch_blob(REPOSITORY, LARGE_BLOB))


def test_storage_gets_ranges_but_no_credentials(holding: ScriptedRegistry) -> None:
    holding.users["ada"] = "lovelace"
    with ScriptedServer() as storage:
        storage.on("GET", "", Reply(200, {}, LARGE, cut_at=2_000_000), times=1)
        storage.on("GET", "", lambda r: Reply(206, {"Content-Range": content_range(r)}, LARGE[rest(r) :]))
        holding.on("GET", "/blobs/", lambda r: redirected(holding, r, storage.url))
        with opened(holding, credential=Credential("ada", "lovelace", source="a test")) as store:
            assert b"".join(store.fetch_blob(REPOSITORY, LARGE_BLOB)) == LARGE
    assert [request.headers.get("authorization") for request in storage.requests] == [None, None]
    assert storage.requests[1].headers["range"].startswith("bytes=")
    # The registry is asked again: signed URLs do not live long.
    assert len(holding.seen("GET", "/blobs/")) == 3


def rest(request: Request) -> int:
    return int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))


def redirected(server: ScriptedRegistry, request: Request, url: str) -> Reply:
    refusal = server.refusal(request, server.url)
    return refusal or Reply(307, {"Location": f"{url}/storage?sig=secret"})
