"""One line for each write and each pull."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PalletError, StoreError, UnreachableError
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import Store
from reconciler.sync.audit import AuditedStore, Trail, tell_pull
from tests.support.artifacts import Note, publish
from tests.support.memory_store import MemoryStore

PLAN, V1 = Repository("workflows/plan"), Tag("1.0.0")
NOTE = Note(b"content")


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def store(memory: MemoryStore, path: Path) -> Store:
    return AuditedStore(memory, Trail(path, "production", lambda: "ci", now_s=lambda: 1_700_000_000.25))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_push_is_told_whole(store: Store, path: Path) -> None:
    publish(store, PLAN, "1.0.0", NOTE.content)

    assert lines(path) == [
        {
            "time": "2023-11-14T22:13:20.250Z",
            "target": "production",
            "reference": f"memory.test/workflows/plan@{NOTE.blob.digest}",
            "digest": NOTE.blob.digest,
            "action": "blob",
            "outcome": "accepted",
            "user": "ci",
        },
        {
            "time": "2023-11-14T22:13:20.250Z",
            "target": "production",
            "reference": "memory.test/workflows/plan:1.0.0",
            "digest": NOTE.digest,
            "action": "manifest",
            "outcome": "accepted",
            "user": "ci",
        },
    ]


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(StoreError("no"), "refused", id="an answer"),
        pytest.param(UnreachableError("gone"), "unknown", id="no answer"),
    ],
)
def test_failure_is_told_too(
    store: Store, memory: MemoryStore, path: Path, failure: PalletError, outcome: str
) -> None:
    memory.failing["put_blob", PLAN] = failure

    with pytest.raises(type(failure)):
        store.put_blob(PLAN, NOTE.blob)

    assert [(line["outcome"], line["error"]) for line in lines(path)] == [(outcome, str(failure))]


def test_each_tag_has_its_line(store: Store, memory: MemoryStore, path: Path) -> None:
    publish(memory, PLAN, "1.0.0", NOTE.content)

    store.put_tags(PLAN, [Tag("latest"), Tag("1")], NOTE.manifest, OCI_MANIFEST)

    assert [(line["action"], line["reference"].rpartition(":")[2]) for line in lines(path)] == [
        ("tag", "latest"),
        ("tag", "1"),
    ]


def test_deleting_is_told(store: Store, memory: MemoryStore, path: Path) -> None:
    publish(memory, PLAN, "1.0.0", NOTE.content)

    store.delete_manifest(PLAN, V1)

    assert [(line["action"], line["digest"]) for line in lines(path)] == [("delete", None)]


def test_reading_is_no_deed(store: Store, memory: MemoryStore, path: Path) -> None:
    publish(memory, PLAN, "1.0.0", NOTE.content)

    store.head_manifest(PLAN, V1)
    store.fetch_manifest(PLAN, V1)
    store.list_tags(PLAN)
    store.list_repositories()
    store.list_referrers(PLAN, NOTE.digest)
    store.has_blob(PLAN, NOTE.blob.digest)
    list(store.fetch_blob(PLAN, NOTE.layer))

    assert not path.exists()


def test_pull_is_told_by_who_pulls(store: Store, memory: MemoryStore, path: Path) -> None:
    tell_pull(store, PLAN, V1, NOTE.digest)
    tell_pull(memory, PLAN, V1, NOTE.digest)

    assert [(line["action"], line["digest"]) for line in lines(path)] == [("pull", NOTE.digest)]


def test_nothing_is_written_untold(memory: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = AuditedStore(memory, Trail(tmp_path / "file" / "audit.jsonl", "production"))

    with pytest.raises(UnreachableError, match="audit file"):
        store.put_blob(PLAN, NOTE.blob)

    assert memory.writes == []


def test_folder_of_a_typo_is_not_created(memory: MemoryStore, tmp_path: Path) -> None:
    path = tmp_path / "no such" / "audit.jsonl"

    with pytest.raises(UnreachableError) as caught:
        AuditedStore(memory, Trail(path, "production")).put_blob(PLAN, NOTE.blob)

    assert str(caught.value) == f"audit file: {path}: expected its folder, got nothing there"
    assert caught.value.fix == f"create it: mkdir -p '{path.parent}'; or mend file of [audit]"
    assert (memory.writes, path.parent.exists()) == ([], False)


def test_own_folder_is_created(memory: MemoryStore, tmp_path: Path) -> None:
    path = tmp_path / ".pallet" / "audit.jsonl"

    AuditedStore(memory, Trail(path, "production")).put_blob(PLAN, NOTE.blob)

    assert len(lines(path)) == 1


def test_failing_file_is_named_once(memory: MemoryStore, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.mkdir()

    with pytest.raises(UnreachableError) as caught:
        AuditedStore(memory, Trail(path, "production")).put_blob(PLAN, NOTE.blob)

    assert str(caught.value) == f"audit file: {path}: is a directory"


def test_threads_do_not_mix_lines(store: Store, path: Path) -> None:
    notes = [Note(b"content %d" % number) for number in range(50)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda note: store.put_blob(PLAN, note.blob), notes))

    assert {line["digest"] for line in lines(path)} == {note.blob.digest for note in notes}
