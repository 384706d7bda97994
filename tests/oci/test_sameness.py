"""Digests of one manifest by two algorithms: when they count as one, and what it costs to know."""

from __future__ import annotations

import pytest

from reconciler.errors import NotFoundError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.sameness import is_same, recognise
from reconciler.oci.store import ManifestContent
from tests.support.memory_store import MemoryStore
from tests.support.wanted import make_manifest

HERE, V1 = Repository("notes/router"), Tag("1.0.0")
CONTENT, OTHER = make_manifest(HERE, "1.0.0", b"one"), make_manifest(HERE, "1.0.0", b"other")


def by(algorithm: str, content: bytes = CONTENT) -> Digest:
    return Digest.of(content, algorithm=algorithm)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.tamper(HERE, V1, CONTENT, algorithm="sha512")
    return store


@pytest.mark.parametrize(
    ("known", "recognised", "reads"),
    [
        pytest.param([], by("sha512"), 0, id="nothing-known"),
        pytest.param([by("sha512")], by("sha512"), 0, id="known-as-it-is"),
        pytest.param([by("sha256"), by("sha512")], by("sha512"), 0, id="known-both-ways"),
        pytest.param([by("sha512", OTHER)], by("sha512"), 0, id="other-bytes-same-algorithm"),
        pytest.param([by("sha256")], by("sha256"), 1, id="known-otherwise"),
        pytest.param([by("sha256", OTHER), by("sha256")], by("sha256"), 1, id="second-of-two"),
        pytest.param([by("sha256", OTHER)], by("sha512"), 1, id="other-bytes"),
    ],
)
def test_digest_is_recognised(
    store: MemoryStore, known: list[Digest], recognised: Digest, reads: int
) -> None:
    assert recognise(store, HERE, V1, by("sha512"), known) == recognised
    assert store.count("fetch_manifest") == reads


def test_tag_that_moved_meanwhile_is_not_recognised(store: MemoryStore) -> None:
    store.tamper(HERE, V1, OTHER)
    assert recognise(store, HERE, V1, by("sha512"), [by("sha256", OTHER)]) == by("sha512")


def test_tag_that_went_meanwhile_is_not_found(store: MemoryStore) -> None:
    store.forget(HERE, V1)
    with pytest.raises(NotFoundError):
        recognise(store, HERE, V1, by("sha512"), [by("sha256")])


@pytest.mark.parametrize(
    ("other", "expected"),
    [(by("sha512"), True), (by("sha256"), True), (by("sha256", OTHER), False), (by("sha512", OTHER), False)],
)
def test_bytes_decide(store: MemoryStore, other: Digest, expected: bool) -> None:
    held: ManifestContent = store.fetch_manifest(HERE, V1)
    assert is_same(store, HERE, V1, held.descriptor.digest, other) is expected
