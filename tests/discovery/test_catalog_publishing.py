"""A catalog brought to what it should hold, though others write as well."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.discovery.catalog import LATEST, CatalogAbsent, CatalogForeign, CatalogPresent
from reconciler.discovery.catalog_document import CatalogDocument, item_of, render_catalog
from reconciler.discovery.catalog_publishing import WRITES_MAX, project_tag
from reconciler.discovery.manifest_cache import ManifestCache
from reconciler.errors import RefusedError, StoreError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from tests.discovery.catalogued import (
    CATALOG,
    entry_of,
    learned,
    listed,
    names_in,
    place_in,
    publisher,
    put_artifact,
    put_catalog,
)
from tests.support.memory_store import MemoryStore

OURS, THEIRS = entry_of("ours/a"), entry_of("theirs/b", project="theirs")


class Busy(MemoryStore):
    """A store in which something happens just before or after `latest` is written."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        if reference == LATEST and self.before is not None:
            self.before()
        digest = super().put_manifest(repository, reference, content, media_type)
        if reference == LATEST and self.after is not None:
            self.after()
        return digest


def test_first_catalog_is_written_and_read_again() -> None:
    store = MemoryStore()

    published = publisher(store).publish(learned(OURS))

    assert published.has_written
    assert names_in(store) == ["ours/a:1.0.0"]
    assert store.list_tags(CATALOG) == [LATEST, project_tag("ours")]


def test_nothing_changed_writes_nothing() -> None:
    store = MemoryStore()
    publisher(store).publish(learned(OURS))
    before = len(store.writes)

    published = publisher(store).publish(learned(OURS))

    assert not published.has_written
    assert len(store.writes) == before


def test_nothing_to_list_makes_no_catalog() -> None:
    store = MemoryStore()

    assert publisher(store).publish(learned()).digest is None
    assert store.writes == []


def test_same_entries_are_the_same_catalog() -> None:
    first, second = MemoryStore(), MemoryStore()
    publisher(first).publish(learned(OURS))
    publisher(first).publish(learned(THEIRS, project="theirs"))
    publisher(second).publish(learned(THEIRS, project="theirs"))
    publisher(second).publish(learned(OURS))

    assert first.head_manifest(CATALOG, LATEST) == second.head_manifest(CATALOG, LATEST)


def test_writer_that_was_overtaken_takes_the_other_in() -> None:
    store = Busy()

    def overtake() -> None:
        store.before = None
        publisher(store).publish(learned(THEIRS, project="theirs"))

    store.before = overtake
    publisher(store).publish(learned(OURS))

    assert names_in(store) == ["ours/a:1.0.0", "theirs/b:1.0.0"]


def test_many_projects_at_once_lose_nothing() -> None:
    store = MemoryStore()
    names = [f"p{number}" for number in range(6)]
    barrier = threading.Barrier(len(names))

    def run(name: str) -> None:
        barrier.wait()
        publisher(store).publish(learned(entry_of(f"{name}/x", project=name), project=name))

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names_in(store) == [f"{name}/x:1.0.0" for name in names]


def test_one_that_always_loses_gives_up() -> None:
    store, pauses = Busy(), list[float]()
    theirs = render_catalog(CatalogDocument((item_of(THEIRS, "theirs"),)))
    store.after = lambda: put_catalog_quietly(store, theirs)

    with pytest.raises(StoreError) as caught:
        publisher(store, pauses).publish(learned(OURS))

    assert str(caught.value) == (
        "memory.test/catalog:latest: others write to it at the same time: "
        f"expected our entries to stay, and they were gone {WRITES_MAX} times"
    )
    assert pauses == [0.125, 0.25, 0.5, 1.0]


def put_catalog_quietly(store: MemoryStore, content: bytes) -> None:
    """Let `latest` name a catalog with this content, past what the store does around a write."""
    other = MemoryStore()
    digest = put_catalog(other, content)
    store.put_blob(CATALOG, Blob.of_bytes(content))
    store.tamper(CATALOG, LATEST, other.fetch_manifest(CATALOG, digest).content)


def test_lost_catalog_comes_back_with_everybodys_entries() -> None:
    store = MemoryStore()
    publisher(store).publish(learned(OURS, entry_of("ours/old")))
    publisher(store).publish(learned(THEIRS, project="theirs"))
    store.forget(CATALOG, LATEST)

    publisher(store).publish(learned(OURS))

    assert names_in(store) == ["ours/a:1.0.0", "ours/old:1.0.0", "theirs/b:1.0.0"]


@pytest.mark.parametrize(
    ("content", "kind", "what"),
    [
        (b"{}", "text/plain", "an artifact of type text/plain"),
        (
            b"{}",
            "application/vnd.pallet.catalog.v1+json",
            "a catalog whose content cannot be read: format_version: expected text such as 1.0, got None",
        ),
        (
            b'{"format_version":"2.0","entries":[]}',
            "application/vnd.pallet.catalog.v1+json",
            "a catalog of format 2.0, newer than 1.0",
        ),
    ],
    ids=["another-artifact", "another-content", "a-newer-format"],
)
def test_something_else_is_overwritten_by_consent_alone(content: bytes, kind: str, what: str) -> None:
    store = MemoryStore()
    digest = put_artifact(store, content, kind)

    with pytest.raises(RefusedError) as caught:
        publisher(store).publish(learned(OURS))

    expected = f"memory.test/catalog:latest: not overwritten: expected a catalog, got {what}"
    assert str(caught.value) == expected
    assert store.head_manifest(CATALOG, LATEST).digest == digest
    publisher(store).publish(learned(OURS), force=True)
    assert names_in(store) == ["ours/a:1.0.0"]


def test_entries_of_others_stay_byte_for_byte() -> None:
    store = MemoryStore()
    text = '{"x-new": [1.0],  "repository":"z", "annotations":{"org.pallet.project":"theirs"}}'
    put_catalog(store, f'{{"format_version":"1.3","x":  {{}},"entries":[{text}]}}'.encode())

    publisher(store).publish(learned(OURS))

    seen = place_in(store).read()
    assert isinstance(seen, CatalogPresent)
    assert text in seen.content.decode()
    assert (seen.document.format_version, seen.document.others) == ("1.3", (('"x"', "{}"),))
    assert listed(store)[-1].owner == "theirs"


def test_reading_costs_two_requests_and_then_one(tmp_path: Path) -> None:
    store, cache = MemoryStore(), ManifestCache(tmp_path)
    publisher(store).publish(learned(OURS))
    before = len(store.calls)

    place_in(store, cache=cache).read()
    place_in(store, cache=cache).read()
    place_in(store, cache=cache).look()

    asked = [call[0] for call in store.calls[before:]]
    assert asked == ["fetch_manifest", "fetch_blob", "fetch_manifest", "head_manifest"]


def test_spoiled_cache_is_read_anew(tmp_path: Path) -> None:
    store, cache = MemoryStore(), ManifestCache(tmp_path)
    publisher(store).publish(learned(OURS))
    place_in(store, cache=cache).read()
    for file in tmp_path.glob("sha256/*/*"):
        file.write_bytes(b'{"format_version":"1.0","entries":[]}')

    seen = place_in(store, cache=cache).read()

    assert isinstance(seen, CatalogPresent)
    assert len(seen.document.items) == 1


def test_catalog_whose_content_is_gone_is_foreign() -> None:
    store = MemoryStore()
    publisher(store).publish(learned(OURS))
    manifest = store.fetch_manifest(CATALOG, LATEST)
    other = MemoryStore()
    other.tamper(CATALOG, LATEST, manifest.content)

    seen = place_in(other).read()

    assert isinstance(seen, CatalogForeign)
    assert (seen.what, seen.fix) == ("a catalog whose content is gone", "pallet catalog --rebuild")


def test_no_catalog_is_absent() -> None:
    assert place_in(MemoryStore()).read() == CatalogAbsent()


@pytest.mark.parametrize(
    ("project", "tag"),
    [
        pytest.param("acme-agents", "project-acme-agents", id="plain"),
        pytest.param("acme/a", "project-883a14b33f1d6f1957daef35ca8fad68617b9013", id="slash"),
        pytest.param("x" * 200, None, id="long"),
    ],
)
def test_every_project_has_a_tag(project: str, tag: str | None) -> None:
    found = project_tag(project)

    assert found.startswith("project-")
    assert project_tag(f"{project}2") != found
    if tag is not None:
        assert found == tag
