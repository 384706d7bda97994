"""The same bytes under another algorithm."""

from __future__ import annotations

import pytest

from reconciler.errors import (
    ImmutableTagError,
)
from reconciler.oci.copying import copy_graph
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from tests.oci.copying.cases import HERE, THERE, V1
from tests.support.graphs import put_image
from tests.support.memory_store import MemoryStore


def _by_sha512(store: MemoryStore) -> Descriptor:
    """Publish an image, and its manifest by its sha512; return the latter's descriptor."""
    image = put_image(store, HERE, None, b"layer")
    content = store.fetch_manifest(HERE, image.digest).content
    digest = Digest.of(content, algorithm="sha512")
    store.put_manifest(HERE, digest, content, image.media_type)
    return Descriptor(image.media_type, digest, len(content))


def test_copy_is_called_what_the_destination_calls_it(source: MemoryStore, destination: MemoryStore) -> None:
    root = _by_sha512(source)
    result = copy_graph(source, HERE, root.digest, destination, THERE, V1, replace=False)
    assert result.descriptor == destination.head_manifest(THERE, V1)
    assert result.descriptor.digest.algorithm == "sha256"


@pytest.mark.parametrize("check_all", [False, True], ids=["trusting", "checking-all"])
def test_same_bytes_by_another_algorithm_are_there(
    source: MemoryStore, destination: MemoryStore, check_all: bool
) -> None:
    root = _by_sha512(source)
    copy_graph(source, HERE, root.digest, destination, THERE, V1)
    there = destination.head_manifest(THERE, V1)
    destination.calls.clear()
    again = copy_graph(source, HERE, root.digest, destination, THERE, V1, replace=False, check_all=check_all)
    assert again.is_unchanged
    assert again.descriptor == there
    assert destination.writes == []


def test_other_bytes_by_another_algorithm_are_refused(source: MemoryStore, destination: MemoryStore) -> None:
    root = _by_sha512(source)
    other = put_image(destination, THERE, "1.0.0", b"other")
    with pytest.raises(ImmutableTagError) as refused:
        copy_graph(source, HERE, root.digest, destination, THERE, V1, replace=False)
    assert str(refused.value) == (
        "destination: destination.test/mirror/app:1.0.0: holds other content: "
        f"expected {root.digest}, got {other.digest}"
    )
