"""What a copy brings, in which order, and how much is asked: between stores in memory, so that every call counts."""

from __future__ import annotations

import pytest

from reconciler.errors import (
    ImmutableTagError,
    NotFoundError,
)
from reconciler.oci.copying import Copier, copy_graph
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Platform
from reconciler.oci.reference import Tag
from tests.oci.copying.cases import AMD, ARM, HERE, LARGE, THERE, V1, V2, nested
from tests.support.artifacts import publish
from tests.support.graphs import FOREIGN, put_image, put_index, put_manifest, put_signature
from tests.support.memory_store import MemoryStore


def test_artifact_arrives_byte_for_byte(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.fetch_manifest(THERE, V1) == source.fetch_manifest(HERE, V1)
    assert b"".join(destination.fetch_blob(THERE, note.layer)) == b"hello"
    assert (result.reference, result.descriptor.digest) == (
        "destination.test/mirror/app:1.0.0",
        note.digest,
    )
    assert (result.manifests, result.blobs, result.size_bytes, result.before) == (1, 1, 5, None)


def test_nested_index_arrives_whole(source: MemoryStore, destination: MemoryStore) -> None:
    root = nested(source)
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.head_manifest(THERE, V1).digest == root.digest
    assert (result.manifests, result.blobs) == (5, 7)
    assert destination.list_tags(THERE) == [V1]


def test_leaves_come_first_and_the_tag_last(source: MemoryStore, destination: MemoryStore) -> None:
    # The store in memory refuses what lacks a part, as a registry does.
    root = nested(source)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    writes = destination.writes
    assert writes[-1] == ("put_manifest", THERE, V1)
    kinds = [call[0] for call in writes]
    assert kinds == sorted(kinds)  # every put_blob before the first put_manifest
    assert root.digest not in {call[2] for call in writes}


def test_child_listed_beside_its_own_index_comes_first(source: MemoryStore, destination: MemoryStore) -> None:
    image = put_image(source, HERE, None, b"layer", platform=AMD)
    inner = put_index(source, HERE, None, image)
    put_index(source, HERE, "1.0.0", inner, image)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    assert [call[2] for call in destination.writes if call[0] == "put_manifest"] == [
        image.digest,
        inner.digest,
        V1,
    ]


def test_what_is_there_costs_one_head_on_each_side(source: MemoryStore, destination: MemoryStore) -> None:
    nested(source)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    source.calls.clear()
    destination.calls.clear()
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert result.is_unchanged
    assert source.calls == [("head_manifest", HERE, V1)]
    assert destination.calls == [("head_manifest", THERE, V1)]


def test_digest_that_is_there_asks_the_source_nothing(source: MemoryStore, destination: MemoryStore) -> None:
    root = nested(source)
    copy_graph(source, HERE, root.digest, destination, THERE, V1)
    source.calls.clear()
    destination.calls.clear()
    assert copy_graph(source, HERE, root.digest, destination, THERE, V1).descriptor == Descriptor(
        root.media_type, root.digest, root.size_bytes
    )
    assert source.calls == []
    assert destination.calls == [("head_manifest", THERE, V1)]


def test_digest_that_is_missing_is_read_once(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    source.calls.clear()
    result = copy_graph(source, HERE, note.digest, destination, THERE, V1)
    assert [call[0] for call in source.calls] == ["fetch_manifest", "fetch_blob"]
    assert result.descriptor == note.descriptor


def test_only_the_missing_child_travels(source: MemoryStore, destination: MemoryStore) -> None:
    amd = put_image(source, HERE, "amd", LARGE, platform=AMD)
    copy_graph(source, HERE, Tag("amd"), destination, THERE, Tag("amd"))
    arm = put_image(source, HERE, None, LARGE, b"arm", platform=ARM)
    put_index(source, HERE, "1.0.0", amd, arm)
    destination.calls.clear()
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert (result.manifests, result.blobs, result.present) == (2, 2, 1)
    assert ("put_manifest", THERE, amd.digest) not in destination.calls


def test_new_version_asks_for_small_blobs_too_where_a_tag_moves(
    source: MemoryStore, destination: MemoryStore
) -> None:
    put_image(source, HERE, "1.0.0", b"same", b"old")
    copy_graph(source, HERE, V1, destination, THERE, V1)
    put_image(source, HERE, "1.0.0", b"same", b"new")
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert (result.blobs, result.present) == (1, 2)
    assert result.before is not None


def test_second_artifact_of_a_run_asks_nothing_twice(source: MemoryStore, destination: MemoryStore) -> None:
    put_image(source, HERE, "1.0.0", b"base", LARGE)
    put_image(source, HERE, "2.0.0", b"base", LARGE, b"more")
    with Copier(source, destination) as copier:
        copier.copy(HERE, V1, THERE, V1)
        copier.copy(HERE, V2, THERE, V2)
    puts = [call for call in destination.calls if call[0] == "put_blob"]
    assert len(puts) == len(set(puts)) == 4
    assert destination.count("has_blob") == 1


def test_second_tag_of_one_digest_brings_only_the_tag(source: MemoryStore, destination: MemoryStore) -> None:
    nested(source)
    content = source.fetch_manifest(HERE, V1)
    source.put_manifest(HERE, Tag("latest"), content.content, content.descriptor.media_type)
    with Copier(source, destination) as copier:
        copier.copy(HERE, V1, THERE, V1)
        destination.calls.clear()
        copier.copy(HERE, Tag("latest"), THERE, Tag("latest"))
    assert destination.calls == [
        ("head_manifest", THERE, "latest"),
        ("put_manifest", THERE, "latest"),
    ]


def test_check_all_mends_what_is_under_a_root_that_is_there(
    source: MemoryStore, destination: MemoryStore
) -> None:
    root = nested(source)
    destination.tamper(THERE, V1, source.fetch_manifest(HERE, V1).content)
    assert copy_graph(source, HERE, V1, destination, THERE, V1).is_unchanged
    result = copy_graph(source, HERE, V1, destination, THERE, V1, check_all=True)
    assert (result.manifests, result.blobs, result.before) == (4, 7, root.digest)
    again = copy_graph(source, HERE, V1, destination, THERE, V1, check_all=True)
    assert (again.is_unchanged, again.present) == (True, 7)


def test_tag_that_may_not_move_is_refused(source: MemoryStore, destination: MemoryStore) -> None:
    wanted = publish(source, HERE, "1.0.0", b"new")
    held = publish(destination, THERE, "1.0.0", b"old")
    destination.calls.clear()
    with pytest.raises(ImmutableTagError) as caught:
        copy_graph(source, HERE, V1, destination, THERE, V1, replace=False)
    assert str(caught.value) == (
        f"destination: destination.test/mirror/app:1.0.0: holds other content: "
        f"expected {wanted.digest}, got {held.digest}"
    )
    assert destination.writes == []


def test_tag_that_may_move_moves(source: MemoryStore, destination: MemoryStore) -> None:
    wanted = publish(source, HERE, "1.0.0", b"new")
    held = publish(destination, THERE, "1.0.0", b"old")
    assert copy_graph(source, HERE, V1, destination, THERE, V1).before == held.digest
    assert destination.head_manifest(THERE, V1).digest == wanted.digest


def test_copy_without_a_tag_goes_by_digest(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    result = copy_graph(source, HERE, V1, destination, THERE, None)
    assert result.reference == f"destination.test/mirror/app@{note.digest}"
    assert destination.list_tags(THERE) == []
    assert destination.head_manifest(THERE, note.digest).digest == note.digest


def test_foreign_layers_stay_where_they_are(source: MemoryStore, destination: MemoryStore) -> None:
    layer = Descriptor(FOREIGN, Digest.of(b"elsewhere"), 9)
    # The store in memory insists on every blob: the destination is told to be content.
    for store in (source, destination):
        store.keeps_foreign_elsewhere = True
    put_image(source, HERE, "1.0.0", b"own", foreign=layer)
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert result.foreign == (layer,)
    assert not destination.has_blob(THERE, layer.digest)


def test_entry_that_is_no_manifest_is_a_blob(source: MemoryStore, destination: MemoryStore) -> None:
    # As BuildKit's caches are: an index of layers.
    note = publish(source, HERE, "other", b"cached")
    put_manifest(source, HERE, "1.0.0", Index((note.layer,)))
    assert copy_graph(source, HERE, V1, destination, THERE, V1).blobs == 1
    assert destination.has_blob(THERE, note.layer.digest)


def test_platform_copies_one_child_under_the_tag(source: MemoryStore, destination: MemoryStore) -> None:
    amd = put_image(source, HERE, None, b"amd", platform=AMD)
    arm = put_image(source, HERE, None, b"arm", platform=ARM)
    index = put_index(source, HERE, "1.0.0", amd, arm)
    result = copy_graph(source, HERE, V1, destination, THERE, V1, platform=Platform("linux", "arm64"))
    assert destination.head_manifest(THERE, V1).digest == arm.digest
    assert (result.chosen_from, result.manifests) == (index.digest, 1)


def test_platform_that_is_not_there_names_those_that_are(
    source: MemoryStore, destination: MemoryStore
) -> None:
    put_index(source, HERE, "1.0.0", put_image(source, HERE, None, b"amd", platform=AMD))
    with pytest.raises(NotFoundError) as caught:
        copy_graph(source, HERE, V1, destination, THERE, V1, platform=Platform("linux", "s390x"))
    assert str(caught.value) == (
        "source: source.test/team/app:1.0.0: not for linux/s390x: "
        "expected one of its platforms, got linux/amd64"
    )
    assert destination.calls == []


def test_platform_of_a_single_manifest_changes_nothing(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"any")
    result = copy_graph(source, HERE, V1, destination, THERE, V1, platform=AMD)
    assert (result.descriptor.digest, result.chosen_from) == (note.digest, None)


def test_terms_say_what_a_copier_brings(source: MemoryStore, destination: MemoryStore) -> None:
    root = put_image(source, HERE, "1.0.0", b"layer")
    put_signature(source, HERE, root, b"signed")
    with Copier(source, destination, CopyTerms(referrers=True)) as copier:
        assert copier.copy(HERE, V1, THERE, V1).referrers == 1
