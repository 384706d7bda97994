"""What a repository has published, with the requests that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.versions.constraints import Constraint
from reconciler.discovery.asking import Asking
from reconciler.discovery.listing import Filter, Listing, list_published
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.discovery.releases import list_releases
from reconciler.errors import UnauthorisedError
from reconciler.oci.reference import Tag
from reconciler.oci.store import Store
from tests.discovery.published import REPOSITORY, release, uncached
from tests.oci.registry.situations import opened
from tests.support.memory_store import MemoryStore
from tests.support.scripted_registry import ScriptedRegistry

SUBJECT = "memory.test/workflows/router"
SAID = {
    "org.opencontainers.image.created": "2024-05-01T10:00:00Z",
    "org.pallet.release.notes": "Faster.\n\nMuch faster.",
    "org.pallet.workflow.breaking-change": "true",
}
UNSTABLE = {"org.pallet.release.stable": "false"}


def listed(store: Store, wanted: Filter | None = None, manifests: CachedManifests | None = None) -> Listing:
    releases = list_releases(store, REPOSITORY)
    return list_published(releases, manifests or uncached(store), wanted or Filter(), Asking(jobs=4))


def tags_of(listing: Listing) -> list[str]:
    return [str(item.tag) for item in listing.versions]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    release(store, "1.0.0", "1.0", on_config=SAID)
    release(store, "1.1.0", "1", "1.1", "edge")
    release(store, "2.0.0", "latest", "2", annotations=SAID)
    release(store, "2.1.0", annotations=UNSTABLE)
    release(store, "2.2.0-rc.1")
    release(store, "nightly")
    store.calls.clear()
    return store


def test_newest_come_first(store: MemoryStore) -> None:
    assert tags_of(listed(store)) == ["2.2.0-rc.1", "2.1.0", "2.0.0", "1.1.0", "1.0.0"]


def test_floating_tags_point_to_their_version(store: MemoryStore) -> None:
    listing = listed(store)

    assert [item.floating_tags for item in listing.versions] == [
        (), (), ("2", "latest"), ("1", "1.1", "edge"), ("1.0",)
    ]  # fmt: skip
    assert list(listing.other_tags) == ["1", "1.0", "1.1", "2", "edge", "latest", "nightly"]


def test_what_is_said_is_told(store: MemoryStore) -> None:
    said = {str(item.tag): item.said for item in listed(store).versions}

    for tag in ("1.0.0", "2.0.0"):
        assert said[tag].created == "2024-05-01T10:00:00Z"
        assert said[tag].notes == "Faster.\n\nMuch faster."
        assert (said[tag].is_breaking, said[tag].is_stable) == (True, True)
    assert (said["1.1.0"].created, said["1.1.0"].notes, said["1.1.0"].is_breaking) == (None, None, None)
    assert [said[tag].is_stable for tag in ("1.1.0", "2.1.0", "2.2.0-rc.1")] == [True, False, False]


@pytest.mark.parametrize(
    ("wanted", "tags"),
    [
        pytest.param(Filter(stable=True), ["2.0.0", "1.1.0", "1.0.0"], id="stable"),
        pytest.param(Filter(match="2.*"), ["2.2.0-rc.1", "2.1.0", "2.0.0"], id="glob"),
        pytest.param(Filter(Constraint("^2")), ["2.1.0", "2.0.0"], id="constraint"),
        pytest.param(Filter(Constraint("^2"), stable=True), ["2.0.0"], id="constraint and stable"),
        pytest.param(Filter(Constraint("^2"), prereleases=True), ["2.2.0-rc.1", "2.1.0", "2.0.0"], id="pre"),
        pytest.param(Filter(Constraint("^9")), [], id="none"),
        pytest.param(Filter(limit=2), ["2.2.0-rc.1", "2.1.0"], id="limit"),
    ],
)
def test_filters_leave_what_is_wanted(store: MemoryStore, wanted: Filter, tags: list[str]) -> None:
    assert tags_of(listed(store, wanted)) == tags


def test_limit_is_said(store: MemoryStore) -> None:
    listing = listed(store, Filter(limit=2))

    assert listing.left_out == 3
    assert listing.notes == (f"{SUBJECT}: older versions are left out: 3; --limit 0 shows all",)


def test_builds_without_number_are_bounded() -> None:
    store = MemoryStore()
    release(store, "1.0.0", *(f"build-{number:04}" for number in range(1001)), "latest")
    store.calls.clear()

    listing = listed(store, Filter(limit=5))

    assert "latest" in listing.other_tags
    assert len(listing.other_tags) == 1000
    assert listing.notes == (f"{SUBJECT}: tags that are no versions are left out: 2; --limit 0 reads all",)


def test_requests_are_counted(store: MemoryStore) -> None:
    listed(store)

    assert (store.count("list_tags"), store.count("head_manifest"), store.count("fetch_manifest")) == (
        1,
        12,
        5,
    )
    assert len(store.calls) == 18


def test_filtered_versions_cost_nothing(store: MemoryStore) -> None:
    listed(store, Filter(Constraint("^1")))

    asked = {call[2] for call in store.calls if call[0] == "head_manifest"}
    assert asked == {"1.0.0", "1.1.0", "1", "1.0", "1.1", "2", "edge", "latest", "nightly"}
    assert store.count("fetch_manifest") == 2


def test_same_manifest_is_read_once() -> None:
    store = MemoryStore()
    release(store, "1.0.0", "1.0.0_b1", "v1.0.0")
    store.calls.clear()

    assert tags_of(listed(store)) == ["1.0.0_b1", "1.0.0", "v1.0.0"]
    assert store.count("fetch_manifest") == 1


def test_kept_manifests_cost_no_request(tmp_path: Path) -> None:
    with ScriptedRegistry() as server, opened(server) as store:
        release(store, "1.0.0", "latest")
        release(store, "1.1.0")
        for manifests in (2, 0):
            server.requests.clear()
            listed(store, manifests=CachedManifests(store, ManifestCache(tmp_path)))
            assert len(server.seen("GET", "/tags/list")) == 1
            assert len(server.seen("HEAD", "/manifests/")) == 3
            assert len(server.seen("GET", "/manifests/")) == manifests
            assert server.seen("*", "/blobs/") == []


def test_tag_that_vanished_is_left_out(store: MemoryStore) -> None:
    releases = list_releases(store, REPOSITORY)
    store.forget(REPOSITORY, Tag("2.0.0"))
    store.forget(REPOSITORY, Tag("edge"))

    listing = list_published(releases, uncached(store), Filter(), Asking())

    assert "2.0.0" not in tags_of(listing)
    assert listing.notes == tuple(
        f"{SUBJECT}:{tag}: in the list of tags, and not there: left out" for tag in ("2.0.0", "edge")
    )


def test_strange_manifests_are_said(store: MemoryStore) -> None:
    store.tamper(REPOSITORY, Tag("1.1.0"), b"{}")

    listing = listed(store)

    assert "1.1.0" in tags_of(listing)
    assert listing.notes == (f"{SUBJECT}:1.1.0: its manifest cannot be read: only its digest is known",)


def test_repository_without_versions_is_noted() -> None:
    store = MemoryStore()
    release(store, "main")

    listing = listed(store)

    assert listing.versions == ()
    assert listing.notes == (f"{SUBJECT}: none of its tags is a version: expected such as 1.0.0, got main",)


def test_unknown_is_no_empty_list(store: MemoryStore) -> None:
    store.failing[("head_manifest", REPOSITORY)] = UnauthorisedError("memory.test: not you")

    with pytest.raises(UnauthorisedError):
        listed(store)
