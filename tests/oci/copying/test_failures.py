"""Copies that fail: which side it was, and that nothing half is named."""

from __future__ import annotations

import pytest

from reconciler.errors import (
    DigestMismatchError,
    HiddenError,
    NotFoundError,
    PalletError,
    RefusedError,
    StoreError,
    UnreachableError,
)
from reconciler.oci.copying import Copier, copy_graph
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, render
from reconciler.oci.reference import Repository, Tag
from tests.oci.copying.cases import HERE, LARGE, THERE, V1
from tests.support.artifacts import publish
from tests.support.graphs import put_image
from tests.support.memory_store import MemoryStore

DOWN = "the wire is cut"


@pytest.mark.parametrize(
    ("side", "method", "text"),
    [
        pytest.param("source", "head_manifest", f"source: {DOWN}", id="root-at-the-source"),
        pytest.param("source", "fetch_manifest", f"source: {DOWN}", id="manifest-at-the-source"),
        pytest.param("source", "fetch_blob", f"source: {DOWN}", id="blob-at-the-source"),
        pytest.param("destination", "head_manifest", f"destination: {DOWN}", id="root-at-the-destination"),
        pytest.param("destination", "put_blob", f"destination: {DOWN}", id="blob-at-the-destination"),
        pytest.param("destination", "has_blob", f"destination: {DOWN}", id="question-at-the-destination"),
        pytest.param("destination", "put_manifest", f"destination: {DOWN}", id="manifest-at-the-destination"),
    ],
)
def test_failure_names_its_side(
    source: MemoryStore, destination: MemoryStore, side: str, method: str, text: str
) -> None:
    put_image(source, HERE, "1.0.0", LARGE, b"small")
    store, repository = (source, HERE) if side == "source" else (destination, THERE)
    store.failing[method, repository] = UnreachableError(DOWN, fix="mend it")
    with pytest.raises(UnreachableError) as caught:
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert (str(caught.value), caught.value.fix) == (text, "mend it")
    assert not any(call[-1] == V1 and call[0] == "put_manifest" for call in destination.calls[:-1])


def test_hidden_repository_may_be_created(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    destination.failing["head_manifest", THERE] = HiddenError("it does not say")
    assert copy_graph(source, HERE, V1, destination, THERE, V1).before is None
    destination.failing.clear()
    assert destination.head_manifest(THERE, V1).digest == note.digest


def test_hidden_tag_that_appears_is_not_overwritten(source: MemoryStore) -> None:
    publish(source, HERE, "1.0.0", b"new")
    destination = Shy()
    held = publish(destination, THERE, "1.0.0", b"old")
    with pytest.raises(RefusedError, match="was hidden, and holds other content"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.fetch_manifest(THERE, V1).descriptor.digest == held.digest


class Shy(MemoryStore):
    """Says what is there only to who has put a blob."""

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        if self.count("put_blob") < 2:  # one of them is the test's own
            raise HiddenError("it does not say")
        return super().head_manifest(repository, reference)


def test_absent_tag_is_said_to_be_the_source_s(source: MemoryStore, destination: MemoryStore) -> None:
    with pytest.raises(NotFoundError, match=r"^source: source\.test/team/app:1\.0\.0: not found$"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.calls == []


def test_missing_child_leaves_the_destination_alone(source: MemoryStore, destination: MemoryStore) -> None:
    lost = Descriptor("application/vnd.oci.image.manifest.v1+json", Digest.of(b"lost"), 4)
    source.tamper(HERE, V1, render(Index((lost,))))
    with pytest.raises(NotFoundError, match=r"^source: .*: not found$"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.writes == []


def test_wrong_bytes_at_the_source_are_never_stored(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    source.corrupt(HERE, note.blob.digest, b"HELLO")
    with pytest.raises(DigestMismatchError, match=r"^source: source\.test/team/app@.*: digest mismatch"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert not destination.has_blob(THERE, note.blob.digest)


def test_failed_blob_is_tried_again_by_the_next(source: MemoryStore, destination: MemoryStore) -> None:
    publish(source, HERE, "1.0.0", b"hello")
    with Copier(source, destination) as copier:
        destination.failing["put_blob", THERE] = StoreError("full")
        with pytest.raises(PalletError, match=r"^destination: full$"):
            copier.copy(HERE, V1, THERE, V1)
        destination.failing.clear()
        assert copier.copy(HERE, V1, THERE, V1).blobs == 1


def test_what_is_no_manifest_is_refused(source: MemoryStore, destination: MemoryStore) -> None:
    source.tamper(HERE, V1, b"hello")
    with pytest.raises(StoreError, match=r"^source: .*: cannot be read: not a manifest"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
