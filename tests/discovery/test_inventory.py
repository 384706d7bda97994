"""Where names come from, what stands behind each, and what that costs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from reconciler.desired.lockfile import Locked
from reconciler.desired.versions.version import Version
from reconciler.discovery.asking import Asking
from reconciler.discovery.catalog import LATEST
from reconciler.discovery.catalog_document import item_of
from reconciler.discovery.entries import Inventory
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.discovery.tag_memory import BELIEVED_S, TagMemory
from reconciler.errors import (
    NotFoundError,
    StoppedError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
    UnreachableError,
)
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, render
from reconciler.oci.reference import Repository, Tag
from tests.discovery.catalogued import (
    CATALOG,
    annotated,
    entry_of,
    learned,
    publisher,
    put_artifact,
    put_catalog,
)
from tests.support.memory_store import MemoryStore

BLOB = Blob.of_bytes(b"steps: []\n")
STABLE = "org.pallet.release.stable"
MANY = 1000


def release(store: MemoryStore, name: str, *tags: str, **annotations: str) -> None:
    """Publish one manifest for each tag."""
    repository = Repository(name)
    store.put_blob(repository, BLOB)
    for tag in tags:
        said = {
            "org.test": f"{name}:{tag}",
            **{f"org.pallet.{key}": text for key, text in annotations.items()},
        }
        store.put_manifest(repository, Tag(tag), annotated(said, blob=BLOB), media_types.OCI_MANIFEST)


def take(
    store: MemoryStore,
    folder: Path | None = None,
    *,
    catalog: Repository | None = None,
    locked: tuple[Locked, ...] = (),
    listed: tuple[str, ...] = (),
    now_s: float | None = None,
) -> Inventory:
    """Take an inventory with a cache below a folder; at a time of one's own where that matters."""
    manifests = CachedManifests(store, ManifestCache(folder))
    if now_s is not None:
        manifests.tags = TagMemory(folder, clock=lambda: now_s)
    names = tuple(map(Repository, listed))
    asking = Asking(jobs=8)
    return take_inventory(
        store, manifests=manifests, asking=asking, catalog=catalog, locked=locked, listed=names
    )


def asked(store: MemoryStore, since: int) -> Counter[str]:
    return Counter(call[0] for call in store.calls[since:])


def names(inventory: Inventory) -> list[str]:
    return [f"{entry.repository}:{entry.tag}" for entry in inventory.entries]


def locked(name: str) -> Locked:
    return Locked(Repository(name), Version("1.0.0"), Digest.of(b""), 1, media_types.OCI_MANIFEST, 1, ())


@pytest.fixture
def store() -> MemoryStore:
    """Two workflows and a tool, each with a version that is not the newest."""
    store = MemoryStore()
    release(store, "workflows/plan", "0.9.0", "1.0.0", "2.0.0-rc.1")
    release(store, "workflows/router", "1.9.0", "1.10.0", "latest")
    release(store, "tools/search", "3.0.0")
    return store


def test_newest_stable_version_of_each_repository(store: MemoryStore) -> None:
    inventory = take(store)

    assert names(inventory) == ["tools/search:3.0.0", "workflows/plan:1.0.0", "workflows/router:1.10.0"]
    assert (inventory.source, inventory.notes) == ("registry", ())
    assert inventory.as_of is not None


def test_many_repositories_cost_two_requests_each_and_then_one(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(MANY):
        release(store, f"workflows/w{number}", "1.0.0", "1.1.0")
    began = len(store.calls)

    first = take(store, tmp_path)
    costs = asked(store, began)
    began = len(store.calls)
    second = take(store, tmp_path)

    assert costs == {"list_repositories": 1, "list_tags": MANY, "fetch_manifest": MANY}
    assert asked(store, began) == {"list_repositories": 1, "list_tags": MANY}
    assert first.entries == second.entries
    assert len(first.entries) == MANY


def test_many_repositories_of_a_catalog_cost_two_requests_and_then_one(tmp_path: Path) -> None:
    store = MemoryStore()
    entries = [entry_of(f"workflows/w{number}") for number in range(MANY)]
    publisher(store).publish(learned(*entries))
    began = len(store.calls)

    first = take(store, tmp_path, catalog=CATALOG)
    costs = asked(store, began)
    began = len(store.calls)
    second = take(store, tmp_path, catalog=CATALOG)

    assert costs == {"fetch_manifest": 1, "fetch_blob": 1}
    assert asked(store, began) == {"fetch_manifest": 1}
    assert (first.source, len(first.entries)) == ("catalog", MANY)
    assert first.entries == second.entries


def test_new_version_is_seen_at_once(store: MemoryStore, tmp_path: Path) -> None:
    take(store, tmp_path)
    release(store, "tools/search", "3.1.0")

    assert "tools/search:3.1.0" in names(take(store, tmp_path))


def test_answer_is_as_old_as_what_was_remembered(store: MemoryStore, tmp_path: Path) -> None:
    take(store, tmp_path, now_s=1000.0)
    began = len(store.calls)

    inventory = take(store, tmp_path, now_s=1000.0 + BELIEVED_S)

    assert inventory.as_of is not None
    assert inventory.as_of.timestamp() == 1000.0
    assert "fetch_manifest" not in asked(store, began)


def test_what_is_remembered_is_believed_for_a_day(store: MemoryStore, tmp_path: Path) -> None:
    take(store, tmp_path, now_s=1000.0)
    release(store, "tools/search", "3.0.0", overwritten="yes")

    inventory = take(store, tmp_path, now_s=1001.0 + BELIEVED_S)

    assert inventory.entries[0].annotations["org.pallet.overwritten"] == "yes"
    assert inventory.as_of is not None
    assert inventory.as_of.timestamp() == 1001.0 + BELIEVED_S


def test_names_that_are_given_say_it_all(store: MemoryStore) -> None:
    publisher(store).publish(learned(entry_of("other/x")))
    began = len(store.calls)

    inventory = take(store, catalog=CATALOG, listed=("tools/search", "gone/away"))

    assert (names(inventory), inventory.source) == (["tools/search:3.0.0"], "list")
    assert inventory.notes == ("memory.test/gone/away: left out: there is no such repository (any more)",)
    assert "list_repositories" not in asked(store, began)


def test_store_that_lists_nothing_leaves_the_lock(store: MemoryStore) -> None:
    store.failing["list_repositories", ""] = UnauthorisedError("memory.test: catalog: 401 unauthorised")

    inventory = take(store, locked=(locked("tools/search"), locked("tools/search")))

    assert (names(inventory), inventory.source) == (["tools/search:3.0.0"], "lock")
    assert inventory.notes == (
        "the names of pallet.lock are looked at, and no others: memory.test: catalog: 401 unauthorised",
    )


def test_nowhere_to_have_names_from(store: MemoryStore) -> None:
    store.failing["list_repositories", ""] = StoreError("memory.test: lists nothing")

    with pytest.raises(StoreError, match=r"^memory\.test: lists nothing$") as caught:
        take(store)

    assert caught.value.fix == "publish a catalog: [catalog] in pallet.toml, then pallet sync"


@pytest.mark.parametrize(
    ("kind", "content", "note"),
    [
        (None, b"", "memory.test/catalog:latest: there is no catalog yet"),
        (
            "text/plain",
            b"hello",
            "memory.test/catalog:latest: expected a catalog, got an artifact of type text/plain",
        ),
        (
            "application/vnd.pallet.catalog.v1+json",
            b"hello",
            "memory.test/catalog:latest: expected a catalog, got a catalog whose content cannot be read: "
            "expected '{', got 'hello'",
        ),
    ],
    ids=["absent", "another-artifact", "another-content"],
)
def test_catalog_that_does_not_help_is_said(
    store: MemoryStore, kind: str | None, content: bytes, note: str
) -> None:
    if kind is not None:
        put_artifact(store, content, kind)

    inventory = take(store, catalog=CATALOG)

    assert inventory.source == "registry"
    assert inventory.notes[0] == note
    assert "workflows/plan:1.0.0" in names(inventory)


def test_oddities_of_a_lost_catalog_are_no_news(store: MemoryStore) -> None:
    publisher(store).publish(learned(entry_of("workflows/plan")))
    store.delete_manifest(CATALOG, LATEST)

    inventory = take(store, catalog=CATALOG)

    assert store.list_tags(CATALOG) == ["project-ours"]
    assert inventory.notes == ("memory.test/catalog:latest: there is no catalog yet",)
    assert len(inventory.entries) == 3


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"hello", "a catalog whose content cannot be read: expected '{', got 'hello'"),
        (b'{"format_version":"2.0","entries":[]}', "a catalog of format 2.0, newer than 1.0"),
        (
            b'{"format_version":"1.0","entries":[{"bad":1},7]}',
            "a catalog of 2 entries of which none can be read, such as the first: tag: expected text, got None",
        ),
    ],
    ids=["broken", "newer", "nothing-readable"],
)
def test_useless_catalog_is_asked_for_once(store: MemoryStore, content: bytes, what: str) -> None:
    put_catalog(store, content)
    began = len(store.calls)

    inventory = take(store, catalog=CATALOG)

    assert inventory.notes == (f"memory.test/catalog:latest: expected a catalog, got {what}",)
    assert [call for call in store.calls[began:] if call[0] == "list_tags" and CATALOG in call] == []
    assert len(inventory.entries) == 3


@pytest.mark.parametrize("tag", ["1.0.0", "latest"])
def test_something_else_of_the_catalogs_name_is_found(store: MemoryStore, tag: str) -> None:
    release(store, CATALOG, tag)

    inventory = take(store, catalog=CATALOG)

    assert names(inventory)[0] == f"catalog:{tag}"
    assert len(inventory.notes) == 1


def test_refused_catalog_is_said(store: MemoryStore) -> None:
    store.failing["fetch_manifest", CATALOG] = UnauthorisedError("memory.test/catalog: 403 denied")

    inventory = take(store, catalog=CATALOG)

    assert inventory.notes == ("the catalog could not be read: memory.test/catalog: 403 denied",)


@pytest.mark.parametrize("failure", [UnreachableError("down"), ThrottledError("later")])
def test_store_that_cannot_be_asked_is_a_failure(store: MemoryStore, failure: StoreError) -> None:
    store.down = failure

    with pytest.raises(type(failure), match=str(failure)):
        take(store, catalog=CATALOG)


def test_flawed_entries_of_a_catalog_are_said() -> None:
    store = MemoryStore()
    flawed = ",".join(["7"] * 25)
    good = item_of(entry_of("workflows/plan"), "ours").text
    put_catalog(store, f'{{"format_version":"1.0","entries":[{flawed},{good}]}}'.encode())

    inventory = take(store, catalog=CATALOG)

    assert names(inventory) == ["workflows/plan:1.0.0"]
    assert inventory.notes[0] == "memory.test/catalog: an entry is left out: expected an object, got int"
    assert inventory.notes[-1] == "memory.test/catalog: entries are left out: 5 more"


def test_bad_repositories_do_not_end_the_rest(store: MemoryStore) -> None:
    store.tamper(Repository("bad/json"), Tag("1.0.0"), b"<html>")
    store.put_blob(Repository("bad/refused"), BLOB)
    release(store, "bad/refused", "1.0.0")
    release(store, "bad/vanished", "1.0.0")
    store.failing["list_tags", "bad/refused"] = UnauthorisedError("denied")
    store.failing["fetch_manifest", "bad/vanished"] = NotFoundError("gone")

    inventory = take(store)

    assert names(inventory) == ["tools/search:3.0.0", "workflows/plan:1.0.0", "workflows/router:1.10.0"]
    assert sorted(inventory.notes) == [
        "memory.test/bad/json:1.0.0: left out: not a manifest: expected JSON, got b'<html>'",
        "memory.test/bad/refused: left out: could not be read: denied",
        "memory.test/bad/vanished:1.0.0: in the list of tags, and not there: left out",
    ]


def test_nothing_readable_is_a_failure() -> None:
    store = MemoryStore()
    release(store, "workflows/plan", "1.0.0")
    store.failing["list_tags", "workflows/plan"] = UnauthorisedError("denied")

    with pytest.raises(UnauthorisedError, match=r"^denied$"):
        take(store)


def test_stop_is_no_note(store: MemoryStore) -> None:
    store.failing["list_tags", "workflows/plan"] = StoppedError("stopped", signal_number=2)

    with pytest.raises(StoppedError):
        take(store)


def test_other_tools_artifacts_are_found() -> None:
    store = MemoryStore()
    release(store, "app", "latest")
    release(store, "named", "main")
    inner = render(Index((), None))
    store.tamper(Repository("multi"), Tag("0.1.0"), inner)
    nested = Descriptor(media_types.OCI_INDEX, Digest.of(inner), len(inner))
    store.tamper(Repository("multi"), Tag("1.0.0"), render(Index((nested,))))

    inventory = take(store)

    assert names(inventory) == ["app:latest", "multi:1.0.0"]
    assert inventory.entries[1].artifact_type == media_types.OCI_INDEX
    assert inventory.notes == (
        "memory.test/named: none of its tags is a version: expected such as 1.0.0, got main",
    )


def test_unstable_releases_are_passed_over() -> None:
    store = MemoryStore()
    release(store, "a", "1.0.0")
    release(store, "a", "1.1.0", **{"release.stable": "false"})
    release(store, "b", "1.0.0", "2.0.0", **{"release.stable": "false"})
    release(store, "c", "1.0.0-rc.1", "1.0.0-rc.2")

    assert names(take(store)) == ["a:1.0.0", "b:2.0.0", "c:1.0.0-rc.2"]


def test_the_catalog_is_no_find_of_its_own(store: MemoryStore) -> None:
    publisher(store).publish(learned(entry_of("workflows/plan")))

    assert all(entry.repository != CATALOG for entry in take(store).entries)


def test_as_of_a_catalog_is_when_it_was_read() -> None:
    store = MemoryStore()
    publisher(store).publish(learned(entry_of("workflows/plan")))

    inventory = take(store, catalog=CATALOG, now_s=5000.0)

    assert inventory.as_of is not None
    assert inventory.as_of.timestamp() == 5000.0
