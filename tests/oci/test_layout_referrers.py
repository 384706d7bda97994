"""What refers to what in a layout, as pallet and oras write it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import EMPTY_CONTENT, Index, render
from reconciler.oci.media_types import OCI_INDEX, OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag
from tests.support.artifacts import Note, publish
from tests.support.referring import SBOM, SIGNATURE, descriptor_of, refer, referrer_of

NAME = Repository("workflows/plan")
SUBJECT = Note(b"subject").descriptor
needs_oras = pytest.mark.skipif(shutil.which("oras") is None, reason="oras is not installed")


def _oras(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["oras", *arguments], capture_output=True, check=False, cwd=cwd, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_referrer_needs_no_tag(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    entry = refer(store, NAME, SUBJECT, say="hello")
    assert store.list_tags(NAME) == ["1.0.0"]
    assert store.list_referrers(NAME, SUBJECT.digest) == [entry]
    assert open_layout(tmp_path).list_referrers(NAME, SUBJECT.digest) == [entry]


def test_tagged_referrer_and_child_of_an_index_count(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    store.put_blob(NAME, Blob.of_bytes(EMPTY_CONTENT))
    tagged, child = referrer_of(SUBJECT, SBOM), referrer_of(SUBJECT, SIGNATURE)
    store.put_manifest(NAME, Tag("report"), tagged, OCI_MANIFEST)
    store.put_manifest(NAME, Digest.of(child), child, OCI_MANIFEST)
    index = render(Index((descriptor_of(child),)))
    store.put_manifest(NAME, Tag("index"), index, OCI_INDEX)
    found = store.list_referrers(NAME, SUBJECT.digest) or []
    assert {entry.digest for entry in found} == {Digest.of(tagged), Digest.of(child)}


def test_deleted_referrer_is_listed_no_more(tmp_path: Path) -> None:
    store, other = open_layout(tmp_path), open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    sbom, signature = refer(store, NAME, SUBJECT), refer(store, NAME, SUBJECT, SIGNATURE)
    assert len(store.list_referrers(NAME, SUBJECT.digest) or []) == 2
    other.delete_manifest(NAME, sbom.digest)
    assert store.list_referrers(NAME, SUBJECT.digest) == [signature]


def test_lost_manifest_hides_no_other(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    sbom, signature = refer(store, NAME, SUBJECT), refer(store, NAME, SUBJECT, SIGNATURE)
    for fresh in (store, open_layout(tmp_path)):
        fresh.list_referrers(NAME, SUBJECT.digest)
        (tmp_path / NAME / "blobs" / "sha256" / sbom.digest.encoded).unlink(missing_ok=True)
        assert fresh.list_referrers(NAME, SUBJECT.digest) == [signature]


def test_entry_that_is_no_manifest_is_passed_over(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    broken = Blob.of_bytes(b"{}")
    store.put_blob(NAME, broken)
    path = tmp_path / NAME / "index.json"
    index = json.loads(path.read_text())
    index["manifests"].append({"mediaType": OCI_MANIFEST, "digest": broken.digest, "size": 2})
    path.write_text(json.dumps(index))
    assert open_layout(tmp_path).list_referrers(NAME, SUBJECT.digest) == []


@needs_oras
def test_oras_finds_what_pallet_attached(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    entry = refer(store, NAME, SUBJECT)
    said = _oras("discover", "--oci-layout", "--format", "json", f"{tmp_path}/{NAME}:1.0.0", cwd=tmp_path)
    assert entry.digest in said


@needs_oras
def test_pallet_finds_what_oras_attached(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    publish(store, NAME, "1.0.0", b"subject")
    ours = refer(store, NAME, SUBJECT)
    (tmp_path / "note.txt").write_text("theirs")
    target = f"{tmp_path}/{NAME}:1.0.0"
    _oras("attach", "--oci-layout", "--artifact-type", "test/note", target, "note.txt", cwd=tmp_path)
    found = store.list_referrers(NAME, SUBJECT.digest) or []
    assert {entry.artifact_type for entry in found} == {SBOM, "test/note"}
    assert ours in found
    assert store.list_tags(NAME) == ["1.0.0"]
