"""Names that a registry goes on listing, though nothing is left behind them."""

from __future__ import annotations

import pytest

from reconciler.discovery.asking import Asking
from reconciler.discovery.entries import Inventory
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.errors import NotFoundError
from reconciler.oci.reference import Repository, Tag
from tests.support.artifacts import publish
from tests.support.memory_store import MemoryStore

KEPT, LEFT = Repository("tools/search"), Repository("pallet-doctor")


@pytest.fixture
def store() -> MemoryStore:
    memory = MemoryStore()
    for name in (KEPT, LEFT):
        publish(memory, name, "1.0.0", b"content")
    return memory


def _take(store: MemoryStore, *listed: Repository) -> Inventory:
    manifests = CachedManifests(store, ManifestCache(None))
    return take_inventory(store, manifests=manifests, asking=Asking(jobs=2), catalog=None, listed=listed)


def test_empty_repository_of_a_registry_is_no_news(store: MemoryStore) -> None:
    store.delete_manifest(LEFT, Tag("1.0.0"))

    inventory = _take(store)

    assert [entry.repository for entry in inventory.entries] == [KEPT]
    assert (inventory.source, inventory.notes) == ("registry", ())


def test_vanished_repositories_of_a_registry_are_one_note(store: MemoryStore) -> None:
    for name in map(Repository, ("acme/pallet-doctor", *(f"gone/r{number}" for number in range(6)))):
        publish(store, name, "1.0.0", b"content")
        store.failing["list_tags", name] = NotFoundError(f"memory.test/{name}: not found")

    inventory = _take(store)

    assert [entry.repository for entry in inventory.entries] == [LEFT, KEPT]
    assert inventory.notes == (
        "listed, and not there: left out: gone/r0, gone/r1, gone/r2, gone/r3, gone/r4 and 1 more",
    )


def test_tag_that_vanished_is_no_vanished_repository(store: MemoryStore) -> None:
    publish(store, Repository("named"), "latest", b"content")
    store.failing["fetch_manifest", "named"] = NotFoundError("gone")

    assert _take(store).notes == ("memory.test/named:latest: in the list of tags, and not there: left out",)


def test_empty_repository_that_somebody_named_is_news(store: MemoryStore) -> None:
    store.delete_manifest(LEFT, Tag("1.0.0"))

    assert _take(store, KEPT, LEFT).notes == ("memory.test/pallet-doctor: no tags",)
