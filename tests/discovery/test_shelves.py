"""Looking versions up: what a store is asked, what entries at hand say, and what is gone or broken."""

from __future__ import annotations

import pytest

from reconciler.desired.requirements import REQUIRES
from reconciler.desired.versions.version import Version
from reconciler.discovery.asking import Asking
from reconciler.discovery.dependencies import Dependencies, find_dependencies
from reconciler.discovery.dependents import find_dependents
from reconciler.discovery.roots import find_root
from reconciler.discovery.shelves import EntryShelf, StoreShelf
from reconciler.errors import NotFoundError, StoreError
from reconciler.oci import media_types
from reconciler.oci.reference import Repository, Tag
from tests.discovery.needs import chosen, entry
from tests.discovery.published import BLOB, manifest_of, uncached
from tests.support.memory_store import MemoryStore


def _put(store: MemoryStore, name: str, version: str, requires: str = "") -> None:
    content = manifest_of({"org.test.name": f"{name} {version}", REQUIRES: requires})
    store.put_blob(Repository(name), BLOB)
    store.put_manifest(Repository(name), Tag(version), content, media_types.OCI_MANIFEST)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    _put(store, "w/x", "1.0.0", "a,b")
    _put(store, "w/a", "1.0.0", "c@^1")
    _put(store, "w/b", "1.0.0", "c")
    _put(store, "w/b", "0.9.0", "gone")
    _put(store, "w/c", "1.5.0")
    _put(store, "w/c", "2.0.0")
    return store


def _find(store: MemoryStore) -> Dependencies:
    manifests = uncached(store)
    root = find_root(store, manifests, Repository("w/x"), None)
    store.calls.clear()
    return find_dependencies(root, StoreShelf.of(store, manifests, Asking(jobs=4)))


def test_one_list_and_one_manifest_for_each(store: MemoryStore) -> None:
    found = _find(store)

    assert chosen(found) == {"a": "1.0.0", "b": "1.0.0", "c": "1.5.0"}
    assert sorted(store.calls) == [
        ("fetch_manifest", "w/a", "1.0.0"),
        ("fetch_manifest", "w/b", "1.0.0"),
        ("fetch_manifest", "w/c", "1.5.0"),
        ("list_tags", "w/a"),
        ("list_tags", "w/b"),
        ("list_tags", "w/c"),
    ]


def test_repository_that_is_absent_is_missing(store: MemoryStore) -> None:
    store.forget(Repository("w/c"))
    assert [str(item).partition("\n")[0] for item in _find(store).unmet] == [
        "w/c: missing: expected a repository with versions, got none"
    ]


def test_what_vanished_meanwhile_is_said(store: MemoryStore) -> None:
    store.failing["fetch_manifest", "w/b"] = NotFoundError("w/b: not found")
    found = _find(store)
    assert [item.message for item in found.unmet] == ["w/b 1.0.0: it is gone: deleted just now"]
    assert chosen(found) == {"a": "1.0.0", "c": "1.5.0"}


def test_manifest_that_is_none_is_said(store: MemoryStore) -> None:
    store.tamper(Repository("w/b"), Tag("1.0.0"), b"nothing of the kind")
    (unmet,) = _find(store).unmet
    assert unmet.message.startswith("w/b 1.0.0: its manifest cannot be read: not a manifest: expected JSON")


def test_unknown_is_not_missing(store: MemoryStore) -> None:
    store.failing["list_tags", "w/c"] = StoreError("w/c: 503")
    with pytest.raises(StoreError, match="w/c: 503"):
        _find(store)


def test_tag_that_pallet_writes_counts() -> None:
    from dataclasses import replace

    plain = entry("a", "1.0.0")
    other = replace(plain, tag=Tag("v1.0.0"), annotations={REQUIRES: "gone"})
    for entries in ([plain, other], [other, plain]):
        said = EntryShelf(entries).said([(plain.repository, Version("1.0.0"))])
        assert [item.entry for item in said.values()] == [plain]


# --- roots ------------------------------------------------------------------------------------------------


def test_root_of_a_floating_tag_is_the_version_it_claims(store: MemoryStore) -> None:
    content = manifest_of({"org.opencontainers.image.version": "3.1.0"})
    store.put_manifest(Repository("w/c"), Tag("latest"), content, media_types.OCI_MANIFEST)
    root = find_root(store, uncached(store), Repository("w/c"), Tag("latest"))
    assert (root.version, root.tag) == (Version("3.1.0"), "latest")


def test_root_of_a_digest_has_no_request_for_tags(store: MemoryStore) -> None:
    digest = store.head_manifest(Repository("w/c"), Tag("1.5.0")).digest
    store.calls.clear()
    root = find_root(store, uncached(store), Repository("w/c"), digest)
    assert (root.version, root.digest) == (None, digest)
    assert store.calls == [("fetch_manifest", "w/c", digest)]


def test_root_that_is_no_manifest_is_an_error(store: MemoryStore) -> None:
    store.tamper(Repository("w/c"), Tag("1.5.0"), b"{}")
    with pytest.raises(StoreError, match=r"w/c:1\.5\.0: cannot be read: "):
        find_root(store, uncached(store), Repository("w/c"), Tag("1.5.0"))


# --- who needs it -----------------------------------------------------------------------------------------


def test_dependents_are_followed_upwards_once() -> None:
    entries = [entry("c"), entry("b", requires="c"), entry("a", requires="b,c"), entry("z", requires="a,z")]
    found = find_dependents(Repository("w/c"), None, entries)
    assert [(item.entry.repository, item.requires) for item in found.found] == [
        ("w/b", "w/c"),
        ("w/a", "w/c"),
        ("w/a", "w/b"),
        ("w/z", "w/a"),
        ("w/z", "w/z"),
    ]


def test_dependents_of_a_version_want_that_one() -> None:
    entries = [entry("a", requires="c@^1"), entry("b", requires="c@^2"), entry("d", requires="c")]
    found = find_dependents(Repository("w/c"), Version("2.1.0"), entries)
    assert [item.entry.repository for item in found.found] == ["w/b", "w/d"]
    assert [item.entry.repository for item in found.others] == ["w/a"]


def test_nobody_is_offered_a_prerelease_unasked() -> None:
    entries = [entry("a", requires="c"), entry("b", requires="c@^2.0.0-rc.1")]
    found = find_dependents(Repository("w/c"), Version("2.0.0-rc.1"), entries)
    assert [item.entry.repository for item in found.found] == ["w/b"]


def test_dependents_may_hide_behind_what_cannot_be_read() -> None:
    entries = [entry("a", requires="c@^^1, c"), entry("b", requires="c")]
    found = find_dependents(Repository("w/c"), None, entries)
    assert [item.entry.repository for item in found.found] == ["w/a", "w/b"]
    assert [flaw.partition(": not")[0] for flaw in found.flaws] == [
        "w/a:1.0.0: org.pallet.workflow.requires: 'c@^^1'"
    ]
