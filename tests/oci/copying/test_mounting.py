"""Copies within one registry, where no blob need travel."""

from __future__ import annotations

from reconciler.oci.copying import copy_graph
from reconciler.oci.manifest import Descriptor
from reconciler.oci.reference import Repository
from tests.oci.copying.cases import HERE, LARGE, THERE, V1, V2
from tests.support.graphs import put_image
from tests.support.memory_store import MemoryStore


def test_blobs_are_mounted_within_one_store(source: MemoryStore) -> None:
    put_image(source, HERE, "1.0.0", b"small", LARGE)
    source.calls.clear()
    result = copy_graph(source, HERE, V1, source, THERE, V1)
    assert (result.mounted, result.blobs) == (3, 0)
    assert source.count("fetch_blob") == source.count("put_blob") == 0


class Unmountable(MemoryStore):
    """Does not look into its other repositories, as a registry without the rights to."""

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        return False


def test_blobs_that_cannot_be_mounted_are_sent() -> None:
    source = Unmountable()
    put_image(source, HERE, "1.0.0", b"small", LARGE)
    result = copy_graph(source, HERE, V1, source, THERE, V1)
    assert (result.mounted, result.blobs) == (0, 3)


def test_new_tag_in_one_repository_moves_no_blob(source: MemoryStore) -> None:
    put_image(source, HERE, "1.0.0", b"small", LARGE)
    source.calls.clear()
    copy_graph(source, HERE, V1, source, HERE, V2)
    assert {call[0] for call in source.writes} == {"put_manifest"}
