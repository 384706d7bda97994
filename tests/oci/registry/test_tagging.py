"""Several tags for one manifest: one PUT where the registry sets them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from reconciler.errors import PalletError
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_DESCRIPTOR, Manifest, render
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import BY_NAME
from reconciler.oci.registry.settings import Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry, problem

REPOSITORY = Repository("workflows/plan")
TAGS = [Tag("latest"), Tag("1"), Tag("1.2")]
CONTENT = render(Manifest(EMPTY_DESCRIPTOR, ()))
DIGEST = Digest.of(CONTENT)


@pytest.fixture
def server() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as registry:
        registry.hold(REPOSITORY).blobs[EMPTY_DESCRIPTOR.digest] = b"{}"
        yield registry


@pytest.fixture
def store(server: ScriptedRegistry) -> Iterator[RegistryStore]:
    store = open_registry(
        Endpoint.parse(server.url),
        credentials=Anonymous(),
        settings=Settings(retries=0),
        profile=BY_NAME["zot"],
    )
    yield store
    store.close()


def set_tags(server: ScriptedRegistry, *, limit: int, header: Callable[[list[str]], str]) -> None:
    """Let a PUT by digest set the first `limit` of the tags in its query, and say so."""

    def answer(request: Request) -> Reply:
        tags = request.query.get("tag", [])[:limit]
        server.put(REPOSITORY, request.body, request.headers["content-type"], *tags)
        headers = {"Docker-Content-Digest": str(DIGEST)}
        return Reply(201, headers | ({"OCI-Tag": header(tags)} if tags else {}))

    server.on("PUT", f"/manifests/{DIGEST}", answer)


def puts(server: ScriptedRegistry) -> list[str]:
    return [
        request.target.partition("/manifests/")[2] for request in server.requests if request.method == "PUT"
    ]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(", ".join, id="comma and space"),
        pytest.param(",".join, id="comma"),
        pytest.param(" , ".join, id="spaces"),
    ],
)
def test_one_put_sets_all_tags(
    server: ScriptedRegistry, store: RegistryStore, header: Callable[[list[str]], str]
) -> None:
    set_tags(server, limit=9, header=header)

    assert store.put_tags(REPOSITORY, TAGS, CONTENT, OCI_MANIFEST) == {}

    assert puts(server) == [f"{DIGEST}?tag=latest&tag=1&tag=1.2"]
    assert server.hold(REPOSITORY).tags == dict.fromkeys(TAGS, DIGEST)


def test_tags_left_out_follow_singly(server: ScriptedRegistry, store: RegistryStore) -> None:
    set_tags(server, limit=1, header=",".join)

    assert store.put_tags(REPOSITORY, TAGS, CONTENT, OCI_MANIFEST) == {}

    assert puts(server)[1:] == ["1", "1.2"]
    assert server.hold(REPOSITORY).tags == dict.fromkeys(TAGS, DIGEST)


def test_silence_means_one_by_one(server: ScriptedRegistry, store: RegistryStore) -> None:
    assert store.put_tags(REPOSITORY, TAGS, CONTENT, OCI_MANIFEST) == {}

    assert puts(server)[1:] == TAGS
    assert server.hold(REPOSITORY).tags == dict.fromkeys(TAGS, DIGEST)


def test_refused_tag_leaves_others(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", f"/manifests/{DIGEST}", problem(414, "UNSUPPORTED", "too many"))
    server.on("PUT", "/manifests/1$", problem(400, "DENIED", "protected"))

    failures = store.put_tags(REPOSITORY, TAGS, CONTENT, OCI_MANIFEST)

    assert list(failures) == ["1"]
    assert isinstance(failures[Tag("1")], PalletError)
    assert "protected" in str(failures[Tag("1")])
    assert server.hold(REPOSITORY).tags == {"latest": DIGEST, "1.2": DIGEST}


def test_many_tags_go_in_batches(server: ScriptedRegistry, store: RegistryStore) -> None:
    set_tags(server, limit=99, header=",".join)
    tags = [Tag(f"t{number}") for number in range(50)]

    assert store.put_tags(REPOSITORY, tags, CONTENT, OCI_MANIFEST) == {}

    assert [target.count("tag=") for target in puts(server)] == [46, 4]


def test_single_tag_is_put_plainly(server: ScriptedRegistry, store: RegistryStore) -> None:
    store.put_tags(REPOSITORY, [Tag("latest")], CONTENT, OCI_MANIFEST)

    assert puts(server) == ["latest"]


def test_unknown_registry_costs_no_trial(server: ScriptedRegistry) -> None:
    store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())

    store.put_tags(REPOSITORY, TAGS, CONTENT, OCI_MANIFEST)
    store.close()

    assert puts(server) == TAGS
