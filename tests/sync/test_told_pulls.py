"""One line for each pull, however it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PalletError, StoreError, UnauthorisedError, UnreachableError, UsageError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.audit import AuditedStore, Trail
from reconciler.sync.told_pulls import pull_told, resolving_told
from tests.support.graphs import put_files
from tests.support.memory_store import MemoryStore

APP, V1 = Repository("team/app"), Tag("1.0.0")
HELLO = Digest.of(b"hello")


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore("host.test")


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def store(memory: MemoryStore, audit: Path) -> AuditedStore:
    return AuditedStore(memory, Trail(audit, "production"))


def lines(audit: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in audit.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("method", "failure", "outcome"),
    [
        pytest.param("fetch_manifest", UnauthorisedError("403"), "refused", id="manifest-refused"),
        pytest.param("fetch_blob", StoreError("500"), "refused", id="blob-refused"),
        pytest.param("fetch_manifest", UnreachableError("gone"), "failed", id="no-answer"),
    ],
)
def test_pull_that_fails_is_told(
    store: AuditedStore, memory: MemoryStore, audit: Path, method: str, failure: PalletError, outcome: str
) -> None:
    put_files(memory, APP, "1.0.0", {"a.txt": b"hello"})
    memory.failing[method, APP] = failure
    with pytest.raises(type(failure)):
        pull_told(store, APP, V1, audit.parent / "out")
    [line] = lines(audit)
    assert (line["action"], line["outcome"], line["error"]) == ("pull", outcome, str(failure))
    assert (line["reference"], line["digest"]) == ("host.test/team/app:1.0.0", None)


def test_title_that_leads_out_is_rejected(store: AuditedStore, memory: MemoryStore, audit: Path) -> None:
    found = put_files(memory, APP, "1.0.0", {"../evil": b"hello"})
    with pytest.raises(PalletError):
        pull_told(store, APP, found.digest, audit.parent / "out")
    [line] = lines(audit)
    assert (line["outcome"], line["digest"]) == ("rejected", found.digest)
    assert "does not lead out of its folder" in line["error"]


def test_other_bytes_are_rejected(store: AuditedStore, memory: MemoryStore, audit: Path) -> None:
    put_files(memory, APP, "1.0.0", {"a.txt": b"hello"})
    memory.corrupt(APP, HELLO, b"HELLO")
    with pytest.raises(PalletError):
        pull_told(store, APP, V1, audit.parent / "out")
    assert [line["outcome"] for line in lines(audit)] == ["rejected"]


def test_disk_that_refuses_is_a_failure(store: AuditedStore, memory: MemoryStore, audit: Path) -> None:
    put_files(memory, APP, "1.0.0", {"a.txt": b"hello"})
    (audit.parent / "file").write_text("in the way")
    with pytest.raises(UnreachableError):
        pull_told(store, APP, V1, audit.parent / "file")
    assert [line["outcome"] for line in lines(audit)] == ["failed"]


def test_pull_that_ends_well_is_told(store: AuditedStore, memory: MemoryStore, audit: Path) -> None:
    found = put_files(memory, APP, "1.0.0", {"a.txt": b"hello"})
    pulled = pull_told(store, APP, V1, audit.parent / "out")
    assert pulled.descriptor.digest == found.digest
    assert [(line["outcome"], line["digest"]) for line in lines(audit)] == [("accepted", found.digest)]


def test_nothing_is_pulled_untold(memory: MemoryStore, tmp_path: Path) -> None:
    put_files(memory, APP, "1.0.0", {"a.txt": b"hello"})
    store = AuditedStore(memory, Trail(tmp_path / "no such" / "audit.jsonl", "production"))
    with pytest.raises(UnreachableError, match="audit file"):
        pull_told(store, APP, V1, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_store_without_an_audit_is_just_pulled(memory: MemoryStore, tmp_path: Path) -> None:
    put_files(memory, APP, "1.0.0", {"a.txt": b"hello"})
    pull_told(memory, APP, V1, tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_bytes() == b"hello"
    with pytest.raises(StoreError), resolving_told(memory, APP):
        raise StoreError("no")


def test_version_that_nobody_told_is_told(store: AuditedStore, audit: Path) -> None:
    with pytest.raises(UnauthorisedError), resolving_told(store, APP):
        raise UnauthorisedError("403")
    [line] = lines(audit)
    assert (line["reference"], line["digest"], line["outcome"]) == ("host.test/team/app", None, "refused")


def test_wrong_usage_is_no_pull(store: AuditedStore, audit: Path) -> None:
    with pytest.raises(UsageError), resolving_told(store, APP):
        raise UsageError("expected a tag")
    assert not audit.exists()
