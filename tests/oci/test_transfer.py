from __future__ import annotations

import io

import pytest

from reconciler.errors import DigestMismatchError, RefusedError, UnreachableError
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.transfer import PROBE_MIN_BYTES, push_artifact, require_unseen
from tests.support.artifacts import Note
from tests.support.memory_store import MemoryStore

PLAN, V1 = Repository("workflows/plan"), Tag("1.0.0")
SMALL, LARGE = Note(b"x" * PROBE_MIN_BYTES), Note(b"x" * (PROBE_MIN_BYTES + 1))


def push(store: MemoryStore, note: Note, *, probe: bool = False) -> None:
    push_artifact(store, PLAN, V1, note.manifest, media_types.OCI_MANIFEST, [note.blob], probe=probe)


def asked(store: MemoryStore) -> list[str]:
    return [call[0] for call in store.calls]


@pytest.mark.parametrize(
    ("note", "probe", "calls"),
    [
        pytest.param(SMALL, False, ["put_blob", "put_manifest"], id="small"),
        pytest.param(SMALL, True, ["has_blob", "put_blob", "put_manifest"], id="small-probed"),
        pytest.param(LARGE, False, ["has_blob", "put_blob", "put_manifest"], id="large"),
    ],
)
def test_only_large_blobs_are_asked_for(note: Note, probe: bool, calls: list[str]) -> None:
    store = MemoryStore()
    push(store, note, probe=probe)
    assert asked(store) == calls
    assert store.fetch_manifest(PLAN, V1).content == note.manifest


@pytest.mark.parametrize(("note", "probe"), [(SMALL, True), (LARGE, False)], ids=["probed", "large"])
def test_blob_that_is_there_is_not_sent(note: Note, probe: bool) -> None:
    store = MemoryStore()
    store.put_blob(PLAN, note.blob)
    store.calls.clear()
    push(store, note, probe=probe)
    assert asked(store) == ["has_blob", "put_manifest"]


def test_blob_named_twice_is_sent_once() -> None:
    store, note = MemoryStore(), Note(b"content")
    digest = push_artifact(
        store, PLAN, V1, note.manifest, media_types.OCI_MANIFEST, [note.blob, Note(b"more").blob, note.blob]
    )
    assert digest == note.digest
    assert asked(store) == ["put_blob", "put_blob", "put_manifest"]


def test_failed_blob_leaves_no_manifest() -> None:
    store, down = MemoryStore(), UnreachableError("memory.test: gone")
    store.failing["put_blob", PLAN] = down
    with pytest.raises(UnreachableError) as failed:
        push(store, SMALL)
    assert failed.value is down
    assert asked(store) == ["put_blob"]


def test_changed_file_leaves_no_manifest() -> None:
    store, note = MemoryStore(), Note(b"content")
    changed = Blob(note.blob.digest, note.blob.size_bytes, Blob.of_bytes(b"CONTENT").open)
    with pytest.raises(DigestMismatchError):
        push_artifact(store, PLAN, V1, note.manifest, media_types.OCI_MANIFEST, [changed])
    assert asked(store) == ["put_blob"]


@pytest.mark.parametrize("there", [False, True], ids=["sent", "there-already"])
def test_progress_adds_up_to_all_bytes(there: bool) -> None:
    store, steps = MemoryStore(), list[int]()
    note = Note(b"x" * 3_000_000)
    if there:
        store.put_blob(PLAN, note.blob)
    push_artifact(
        store, PLAN, V1, note.manifest, media_types.OCI_MANIFEST, [note.blob], progress=steps.append
    )
    assert sum(steps) == 3_000_000 + len(note.manifest)
    assert len(steps) == 2 if there else len(steps) > 4


class _Impatient(MemoryStore):
    """Sends half a blob, then the whole of it again, as a client does after a broken connection."""

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        with blob.open() as stream:
            stream.read(blob.size_bytes // 2)
            stream.seek(0, io.SEEK_SET)
            stream.read(blob.size_bytes // 4)
        super().put_blob(repository, blob)


def test_second_attempt_is_not_counted_twice() -> None:
    steps = list[int]()
    push_artifact(
        _Impatient(), PLAN, V1, LARGE.manifest, media_types.OCI_MANIFEST, [LARGE.blob], progress=steps.append
    )
    assert sum(steps) == len(LARGE.content) + len(LARGE.manifest)
    assert min(steps) < 0


def test_hidden_tag_is_compared_across_algorithms() -> None:
    store, note = MemoryStore(), Note(b"content")
    push(store, note)
    require_unseen(store, PLAN, V1, Digest.of(note.manifest, algorithm="sha512"))
    other = Digest.of(b"other", algorithm="sha512")
    with pytest.raises(RefusedError) as refused:
        require_unseen(store, PLAN, V1, other)
    assert str(refused.value) == (
        f"memory.test/workflows/plan:1.0.0: was hidden, and holds other content: expected {other}, got {note.digest}"
    )
