"""A tag that is told what to name: forward freely, backward on purpose, a version never."""

from __future__ import annotations

import pytest

from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.versions.version import Version
from reconciler.discovery.asking import Asking
from reconciler.discovery.releases import list_releases
from reconciler.errors import NotFoundError, RefusedError, StoreError, UsageError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.retag import Retagged, Retagger, is_version, read_new_tag, read_wanted
from tests.discovery.published import REPOSITORY, release, uncached
from tests.support.memory_store import MemoryStore


def publish(store: MemoryStore, version: str, *tags: str, says: str | None = None) -> Digest:
    """Publish a version under its tag and others; `says` is what it claims to be, empty for nothing."""
    claim = version if says is None else says
    annotations = {"org.opencontainers.image.version": claim} if claim else {}
    return release(store, Version(version).tag, *tags, annotations=annotations)


def retag(store: MemoryStore, wanted: str, tag: str, *, backward: bool = False) -> Retagged:
    releases = list_releases(store, REPOSITORY)
    meant = read_wanted(wanted, releases)
    assert not isinstance(meant, Version)
    retagger = Retagger(store, releases, uncached(store), Asking())
    return retagger.retag(meant or Constraint(wanted), read_new_tag(tag), backward=backward)


def holds(store: MemoryStore, tag: str) -> Digest:
    return store.head_manifest(REPOSITORY, Tag(tag)).digest


@pytest.fixture
def store() -> MemoryStore:
    """1.0.0, 1.4.0, and 2.0.0 which is latest."""
    store = MemoryStore()
    publish(store, "1.0.0")
    publish(store, "1.4.0")
    publish(store, "2.0.0", "latest")
    return store


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("1.4.0", "1.4.0"),
        ("v1.4.0", "1.4.0"),
        ("latest", "2.0.0"),
        ("^1", "1.4.0"),
        ("1", "1.4.0"),
        ("<1.4", "1.0.0"),
    ],
)
def test_new_tag_names_what_is_meant(store: MemoryStore, wanted: str, version: str) -> None:
    done = retag(store, wanted, "production")

    assert done.digest == holds(store, "production") == holds(store, version)
    assert (done.version, done.before, done.is_backward) == (Version(version), None, False)


def test_moving_costs_these_requests(store: MemoryStore) -> None:
    publish(store, "2.1.0")
    store.calls.clear()

    retag(store, "2.1.0", "latest")

    assert [(call[0], *call[2:]) for call in store.calls] == [
        ("list_tags",),
        ("fetch_manifest", "2.1.0"),
        ("head_manifest", "latest"),
        ("fetch_manifest", holds(store, "2.0.0")),
        ("put_manifest", "latest"),
        ("head_manifest", "latest"),
    ]


def test_bytes_and_media_type_stay(store: MemoryStore) -> None:
    index = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
    store.put_manifest(REPOSITORY, Tag("3.0.0"), index, media_types.OCI_INDEX)

    retag(store, "3.0.0", "latest")

    found = store.fetch_manifest(REPOSITORY, Tag("latest"))
    assert (found.content, found.descriptor.media_type) == (index, media_types.OCI_INDEX)


def test_same_content_writes_nothing(store: MemoryStore) -> None:
    store.calls.clear()

    done = retag(store, "2.0.0", "latest")

    assert done.before == done.digest
    assert store.writes == []


def test_same_content_by_another_algorithm_writes_nothing(store: MemoryStore) -> None:
    content = store.fetch_manifest(REPOSITORY, Tag("2.0.0")).content
    store.tamper(REPOSITORY, Tag("latest"), content, algorithm="sha512")
    store.calls.clear()

    done = retag(store, "2.0.0", "latest")

    assert done.before == done.digest == Digest.of(content)
    assert store.writes == []


def test_backward_is_refused_unasked(store: MemoryStore) -> None:
    store.calls.clear()

    with pytest.raises(RefusedError) as caught:
        retag(store, "1.4.0", "latest")

    assert str(caught.value) == (
        "memory.test/workflows/router:latest: would move backward: expected 2.0.0 or higher, got 1.4.0"
    )
    assert (caught.value.fix, caught.value.exit_code) == ("say that it is meant: --backward", 4)
    assert store.writes == []


def test_backward_on_purpose_is_done(store: MemoryStore) -> None:
    done = retag(store, "1.4.0", "latest", backward=True)

    assert (done.version, done.version_before, done.is_backward) == (Version("1.4.0"), Version("2.0.0"), True)
    assert holds(store, "latest") == holds(store, "1.4.0")


@pytest.mark.parametrize("backward", [False, True])
def test_forward_is_not_called_backward(store: MemoryStore, backward: bool) -> None:
    publish(store, "2.0.1")

    assert retag(store, "2.0.1", "latest", backward=backward).is_backward is False


def test_version_of_old_manifests_is_found_by_digest(store: MemoryStore) -> None:
    publish(store, "3.0.0", "edge", says="")

    with pytest.raises(RefusedError, match=r"expected 3\.0\.0 or higher, got 2\.0\.0"):
        retag(store, "2.0.0", "edge")


def test_tag_of_no_version_moves_to_one(store: MemoryStore) -> None:
    release(store, "nightly")

    assert retag(store, "1.0.0", "nightly").version == Version("1.0.0")


def test_version_is_not_left_for_something_unknown(store: MemoryStore) -> None:
    build = release(store, "nightly")

    with pytest.raises(RefusedError) as caught:
        retag(store, "nightly", "latest")

    assert str(caught.value).endswith(f"expected 2.0.0 or higher, got {build.short}, which is no version")
    assert retag(store, "nightly", "latest", backward=True).is_backward is True


@pytest.mark.parametrize("tag", ["1.4.0", "v1.4.0"])
@pytest.mark.parametrize("backward", [False, True])
def test_version_never_changes_what_it_holds(store: MemoryStore, tag: str, backward: bool) -> None:
    expected, got = holds(store, "2.0.0"), holds(store, "1.4.0")

    with pytest.raises(RefusedError) as caught:
        retag(store, "2.0.0", tag, backward=backward)

    assert str(caught.value) == (
        "memory.test/workflows/router:1.4.0: this version holds other content: "
        f"expected {expected}, got {got}"
    )
    assert caught.value.exit_code == 4
    assert holds(store, "1.4.0") == got


def test_version_may_be_given_once(store: MemoryStore) -> None:
    done = retag(store, "2.0.0", "2.0.0+signed")

    assert done.tag == "2.0.0_signed"
    assert retag(store, "2.0.0", "2.0.0+signed").before == done.digest


def test_nothing_there_says_what_is(store: MemoryStore) -> None:
    with pytest.raises(NotFoundError, match=r"no such version: expected \^9, got 2\.0\.0"):
        retag(store, "^9", "latest")


class Rival(MemoryStore):
    """Somebody else moves every tag right after we did."""

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        digest = super().put_manifest(repository, reference, content, media_type)
        if reference == "contested":
            self.tamper(repository, Tag("contested"), b"{}")
        return digest


def test_rival_is_noticed() -> None:
    store = Rival()
    expected, got = publish(store, "1.0.0"), Digest.of(b"{}")

    with pytest.raises(StoreError) as caught:
        retag(store, "1.0.0", "contested")

    assert str(caught.value) == (
        "memory.test/workflows/router:contested: moved by somebody else at the same time: "
        f"expected {expected}, got {got}"
    )


def test_unknown_is_not_absent(store: MemoryStore) -> None:
    store.failing[("head_manifest", REPOSITORY)] = StoreError("memory.test: 500")
    store.calls.clear()

    with pytest.raises(StoreError, match=r"memory\.test: 500"):
        retag(store, "1.0.0", "latest")

    assert store.writes == []


@pytest.mark.parametrize(
    ("text", "tag"),
    [("latest", "latest"), ("1.4", "1.4"), ("v1", "v1"), ("1.0.0+b1", "1.0.0_b1"), ("v1.0.0", "1.0.0")],
)
def test_new_tag_is_written_so(text: str, tag: str) -> None:
    assert read_new_tag(text) == tag


@pytest.mark.parametrize("text", ["", "a b", "-x", "a+b", "1.0.0+" + "b" * 130])
def test_new_tag_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--as: not a tag: expected "):
        read_new_tag(text)


@pytest.mark.parametrize(
    ("tag", "answer"), [("1.0.0", True), ("v1.0.0_b1", True), ("1.0", False), ("x", False)]
)
def test_which_tags_are_versions(tag: str, answer: bool) -> None:
    assert is_version(Tag(tag)) is answer
