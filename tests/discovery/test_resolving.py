"""A constraint and what it means, with the requests that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.versions.version import Version
from reconciler.discovery.asking import Asking
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import NotFoundError, StoreError, ThrottledError
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Tag
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import open_registry
from reconciler.oci.store import Store
from tests.discovery.published import REPOSITORY, release, uncached
from tests.oci.registry.situations import Known, opened
from tests.support.docker_registry import DockerRegistry
from tests.support.memory_store import MemoryStore
from tests.support.scripted_registry import ScriptedRegistry

UNSTABLE = {"org.pallet.release.stable": "false"}
SUBJECT = "memory.test/workflows/router"


def resolver(store: Store) -> Resolver:
    return Resolver(list_releases(store, REPOSITORY), uncached(store))


def resolved(store: Store, constraint: str, *, prereleases: bool = False) -> str:
    return resolver(store).resolve(Constraint(constraint), prereleases=prereleases).tag


@pytest.fixture
def store() -> MemoryStore:
    """1.0.0, 1.2.0, 1.3.0 which is not stable, 2.0.0, 3.0.0-rc.1; latest and 1 lag behind."""
    store = MemoryStore()
    release(store, "1.0.0", "latest", "1")
    release(store, "1.2.0")
    release(store, "1.3.0", annotations=UNSTABLE)
    release(store, "2.0.0")
    release(store, "3.0.0-rc.1", annotations=UNSTABLE)
    store.calls.clear()
    return store


@pytest.mark.parametrize(
    ("constraint", "tag"),
    [
        ("^1", "1.2.0"),
        ("~1.0", "1.0.0"),
        ("<2", "1.2.0"),
        ("*", "2.0.0"),
        ("latest", "2.0.0"),
        ("1.0.0", "1.0.0"),
        ("1.3.0", "1.3.0"),
        ("=1.3.0+any", "1.3.0"),
        ("3.0.0-rc.1", "3.0.0-rc.1"),
        (">=3.0.0-alpha", "3.0.0-rc.1"),
    ],
)
def test_highest_stable_version_is_taken(store: MemoryStore, constraint: str, tag: str) -> None:
    assert resolved(store, constraint) == tag


@pytest.mark.parametrize(("constraint", "tag"), [("^1", "1.3.0"), ("*", "3.0.0-rc.1"), ("latest", "2.0.0")])
def test_prereleases_are_taken_when_wanted(store: MemoryStore, constraint: str, tag: str) -> None:
    assert resolved(store, constraint, prereleases=True) == tag


def test_result_says_where_it_is(store: MemoryStore) -> None:
    found = resolver(store).resolve(Constraint("^2"))

    assert found.version == Version("2.0.0")
    assert found.digest == store.head_manifest(REPOSITORY, Tag("2.0.0")).digest
    assert found.reference == f"{SUBJECT}:2.0.0"


def test_only_candidates_are_read(store: MemoryStore) -> None:
    resolved(store, "^1")

    digests = [store.head_manifest(REPOSITORY, Tag(tag)).digest for tag in ("1.3.0", "1.2.0")]
    assert store.calls[:-2] == [
        ("list_tags", REPOSITORY),
        ("head_manifest", REPOSITORY, "1.3.0"),
        ("fetch_manifest", REPOSITORY, digests[0]),
        ("head_manifest", REPOSITORY, "1.2.0"),
        ("fetch_manifest", REPOSITORY, digests[1]),
    ]


@pytest.mark.parametrize("constraint", ["1.2.0", "3.0.0-rc.1"])
def test_named_versions_cost_one_head(store: MemoryStore, constraint: str) -> None:
    resolved(store, constraint)

    assert store.calls == [("list_tags", REPOSITORY), ("head_manifest", REPOSITORY, constraint)]


@pytest.mark.parametrize(
    ("constraint", "got", "fix"),
    [
        (
            "^4",
            "3.0.0-rc.1, 2.0.0, 1.3.0, 1.2.0, 1.0.0",
            f"ask for one of these; `pallet tags {SUBJECT}` lists all",
        ),
        (
            "^3",
            "3.0.0-rc.1, 2.0.0, 1.3.0, 1.2.0, 1.0.0",
            "ask for 3.0.0-rc.1 itself; `pallet resolve` takes --prereleases too",
        ),
        (
            "~1.3",
            "1.3.0 (not stable), 1.2.0, 1.0.0, 2.0.0, 3.0.0-rc.1",
            "ask for 1.3.0 itself, which is not stable; `pallet resolve` takes --prereleases too",
        ),
    ],
)
def test_nothing_found_says_what_was_there(store: MemoryStore, constraint: str, got: str, fix: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        resolved(store, constraint)

    assert str(caught.value) == f"{SUBJECT}: no such version: expected {constraint}, got {got}"
    assert (caught.value.fix, caught.value.exit_code) == (fix, 1)


def test_many_versions_are_counted(store: MemoryStore) -> None:
    for number in range(4):
        release(store, f"0.{number}.0")

    with pytest.raises(
        NotFoundError, match=r"got 3\.0\.0-rc\.1, 2\.0\.0, 1\.3\.0, 1\.2\.0, 1\.0\.0 and 4 more$"
    ):
        resolved(store, "9.0.0")


def test_repository_without_versions_is_said() -> None:
    store = MemoryStore()
    release(store, "main")

    with pytest.raises(NotFoundError) as caught:
        resolved(store, "latest")

    assert str(caught.value) == f"{SUBJECT}: none of its tags is a version: expected such as 1.0.0, got main"


def test_tag_that_vanishes_is_passed_over(store: MemoryStore) -> None:
    asker = resolver(store)
    store.forget(REPOSITORY, Tag("2.0.0"))

    assert asker.resolve(Constraint("*")).tag == "1.2.0"


def test_everything_that_vanishes_is_said() -> None:
    store = MemoryStore()
    release(store, "1.0.0")
    asker = resolver(store)
    store.forget(REPOSITORY, Tag("1.0.0"))

    with pytest.raises(NotFoundError, match=r"its versions are gone: deleted just now$"):
        asker.resolve(Constraint("*"))


def test_unknown_is_not_absent(store: MemoryStore) -> None:
    store.failing[("head_manifest", REPOSITORY)] = ThrottledError("memory.test: too many requests")

    with pytest.raises(ThrottledError):
        resolved(store, "^1")


def test_unreadable_manifest_is_not_guessed(store: MemoryStore) -> None:
    store.tamper(REPOSITORY, Tag("2.0.0"), b"{}")

    with pytest.raises(
        StoreError, match=rf"^{SUBJECT}:2\.0\.0: cannot tell whether it is stable: not a manifest"
    ):
        resolved(store, "^2")


def test_all_are_listed_newest_first(store: MemoryStore) -> None:
    asker, asking = resolver(store), Asking(jobs=3)

    assert [item.tag for item in asker.resolve_all(Constraint("*"), asking)] == ["2.0.0", "1.2.0", "1.0.0"]
    assert [item.tag for item in asker.resolve_all(Constraint("^1"), asking, prereleases=True)] == [
        "1.3.0",
        "1.2.0",
        "1.0.0",
    ]
    with pytest.raises(NotFoundError, match=r"expected ~1\.3, got 1\.3\.0 \(not stable\), 1\.2\.0"):
        asker.resolve_all(Constraint("~1.3"), asking)


CORES = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))
TEXTS = st.builds(
    lambda core, pre: ".".join(map(str, core)) + pre, CORES, st.sampled_from(("", "", "-alpha", "-rc.1"))
)
CONSTRAINTS = st.builds(
    lambda form, low, high: form.format(low, high),
    st.sampled_from(
        ("^{0}", "~{0}", ">={0}", "<{0}", "{0}", "{0} - {1}", ">{0} <={1}", "^{0} || ~{1}", "*", "latest")
    ),
    TEXTS,
    TEXTS,
)


@given(st.dictionaries(TEXTS, st.booleans(), min_size=1, max_size=8), CONSTRAINTS, st.booleans())
def test_nothing_newer_satisfies(published: dict[str, bool], text: str, prereleases: bool) -> None:
    store, constraint = MemoryStore(), Constraint(text)
    for tag, stable in published.items():
        release(store, tag, annotations={} if stable else UNSTABLE)
    versions = {Version(tag): stable for tag, stable in published.items()}
    allowed = {
        version
        for version, stable in versions.items()
        if constraint.allows(version, prereleases=prereleases)
        and (stable or prereleases or version.is_prerelease or constraint.exact == version)
    }
    try:
        found = resolver(store).resolve(constraint, prereleases=prereleases).version
    except NotFoundError:
        assert not allowed
    else:
        assert found == max(allowed)


def test_kept_manifests_are_not_asked_for_again(tmp_path: Path) -> None:
    with ScriptedRegistry() as server, opened(server) as store:
        release(store, "1.0.0")
        for expected in (
            [("GET", "/tags/list"), ("HEAD", "1.0.0"), ("GET", "sha256:")],
            [("GET", "/tags/list"), ("HEAD", "1.0.0")],
        ):
            server.requests.clear()
            manifests = CachedManifests(store, ManifestCache(tmp_path))
            Resolver(list_releases(store, REPOSITORY), manifests).resolve(Constraint("^1"))
            assert len(server.requests) == len(expected)
            for request, (method, part) in zip(server.requests, expected, strict=True):
                assert (request.method, part in request.target) == (method, True)


def test_layout_answers_alike(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    release(store, "1.0.0")
    release(store, "1.1.0", annotations=UNSTABLE)

    assert resolved(store, "^1") == "1.0.0"


def test_docker_registry_answers_alike(docker_registry: DockerRegistry, repository_prefix: str) -> None:
    store = open_registry(Endpoint.parse(f"{docker_registry.url}/{repository_prefix}"), credentials=Known())
    try:
        release(store, "1.0.0")
        release(store, "1.1.0", annotations=UNSTABLE)
        assert resolved(store, "^1") == "1.0.0"
    finally:
        store.close()
