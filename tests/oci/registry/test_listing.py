from __future__ import annotations

import json

import pytest

from reconciler.errors import NotFoundError, StoreError, UnauthorisedError
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import MANIFEST, OCI, REPOSITORY, opened
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry


def page(tags: object, link: str | None = None) -> Reply:
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Reply(200, headers, json.dumps({"name": REPOSITORY, "tags": tags}).encode())


def test_ten_thousand_tags_are_listed(server: ScriptedRegistry, store: RegistryStore) -> None:
    tags = [f"1.0.{number}" for number in range(10_000)]
    server.put(REPOSITORY, MANIFEST, OCI, *tags)
    assert store.list_tags(REPOSITORY) == sorted(tags)
    assert store.transport.counts == {"GET tags": 10}


def test_short_pages_are_followed(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.page_size = 2
    server.put(REPOSITORY, MANIFEST, OCI, "a", "b", "c", "d")
    assert store.list_tags(REPOSITORY) == ["a", "b", "c", "d"]
    assert store.transport.counts == {"GET tags": 2}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(None, [], id="null"),
        pytest.param([], [], id="none"),
        pytest.param(["b", None, "a", 5, "sha256:" + "0" * 64, "", "-x", "a"], ["a", "b"], id="odd-entries"),
    ],
)
def test_odd_lists_are_read(
    server: ScriptedRegistry, store: RegistryStore, tags: object, expected: list[str]
) -> None:
    server.on("GET", "/tags/", page(tags))
    assert store.list_tags(REPOSITORY) == expected


def test_empty_last_page_is_the_end(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "last=a", page([]))
    server.on("GET", "/tags/", page(["a"], "/v2/x/tags/list?last=a"))
    assert store.list_tags(REPOSITORY) == [Tag("a")]


def test_unknown_repository_is_not_found(store: RegistryStore) -> None:
    with pytest.raises(NotFoundError, match="NAME_UNKNOWN: repository name not known to registry"):
        store.list_tags(REPOSITORY)


@pytest.mark.parametrize(
    "link",
    ["/v2/workflows/plan/tags/list?n=1000", "?n=1000", "/v2/x/tags/list?last=b"],
    ids=["itself", "query", "b"],
)
def test_page_that_points_to_itself_ends(server: ScriptedRegistry, store: RegistryStore, link: str) -> None:
    server.on("GET", "/tags/", page(["a", "b"], link))
    with pytest.raises(StoreError, match=r"the list does not end: page [12] points to one more"):
        store.list_tags(REPOSITORY)


def test_endless_new_pages_end_too(server: ScriptedRegistry, store: RegistryStore) -> None:
    def answer(request: Request) -> Reply:
        number = len(server.requests)
        return page([f"t{number}"], f"/v2/x/tags/list?page={number}")

    server.on("GET", "/tags/", answer)
    with pytest.raises(StoreError, match="the list does not end: page 1000 points to one more"):
        store.list_tags(REPOSITORY)


def test_next_page_elsewhere_is_refused(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/tags/", page(["a"], "https://evil.example.com/v2/x/tags/list"))
    with pytest.raises(StoreError, match="its next page is refused: expected a next page on http://127"):
        store.list_tags(REPOSITORY)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>", "expected a list of tags as JSON, got something else"),
        (b'{"tags": {}}', "tags: expected a list, got dict"),
        (b"[]", "tags: expected a list, got list"),
    ],
)
def test_what_is_no_list_is_named(
    server: ScriptedRegistry, store: RegistryStore, body: bytes, message: str
) -> None:
    server.on("GET", "/tags/", Reply(200, body=body))
    with pytest.raises(StoreError, match=message):
        store.list_tags(REPOSITORY)


def test_repositories_below_the_prefix_are_listed(server: ScriptedRegistry) -> None:
    for name in ("acme/a", "acme/b/c", "acmeother/a", "other", "acme", "Acme/BAD"):
        server.put(name, MANIFEST, OCI)
    server.page_size = 2
    with opened(server, prefix="acme") as store:
        assert store.list_repositories() == [Repository("a"), Repository("b/c")]
    with opened(server) as store:
        assert store.list_repositories() == ["acme", "acme/a", "acme/b/c", "acmeother/a", "other"]


def test_catalog_has_a_scope_of_its_own(server: ScriptedRegistry) -> None:
    server.users["bob"], server.bearer = "x", True
    with opened(server, credential=Credential("bob", "x")) as store:
        store.list_repositories()
    assert server.seen("GET", "/token")[0].query["scope"] == ["registry:catalog:*"]


def test_registry_without_catalog_does_not_say_absent(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/_catalog", Reply(404))
    with pytest.raises(StoreError, match="404 Not Found") as caught:
        store.list_repositories()
    assert not isinstance(caught.value, NotFoundError)
    assert caught.value.fix == "this registry does not list its repositories: name them instead"


def test_forbidden_catalog_is_not_authorised(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/_catalog", Reply(403))
    with pytest.raises(UnauthorisedError, match="403 Forbidden"):
        store.list_repositories()


def test_full_page_without_link_is_followed_once(server: ScriptedRegistry, store: RegistryStore) -> None:
    tags = [f"1.0.{number:04}" for number in range(2500)]

    def answer(request: Request) -> Reply:
        last = request.query.get("last", [""])[0]
        return page([tag for tag in tags if tag > last][: int(request.query["n"][0])])

    server.on("GET", "/tags/", answer)
    assert store.list_tags(REPOSITORY) == tags
    assert [request.query.get("last") for request in server.requests] == [None, ["1.0.0999"], ["1.0.1999"]]


def test_server_without_pages_is_asked_once_more(server: ScriptedRegistry, store: RegistryStore) -> None:
    tags = [f"1.0.{number:04}" for number in range(1000)]
    server.on("GET", "/tags/", page(tags))
    assert store.list_tags(REPOSITORY) == tags
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 404, 405])
def test_server_without_last_is_believed(server: ScriptedRegistry, store: RegistryStore, status: int) -> None:
    tags = [f"1.0.{number:04}" for number in range(1000)]
    server.on("GET", "/tags/", page(tags), times=1)
    server.on("GET", "/tags/.*last=", Reply(status))
    assert store.list_tags(REPOSITORY) == tags


def test_page_behind_a_full_one_may_not_fail(server: ScriptedRegistry) -> None:
    server.on("GET", "/tags/", page([f"1.0.{number:04}" for number in range(1000)]), times=1)
    server.on("GET", "/tags/.*last=", Reply(403))
    with opened(server) as store, pytest.raises(UnauthorisedError, match="403 Forbidden"):
        store.list_tags(REPOSITORY)


def test_refused_page_size_is_learnt(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, *[f"1.0.{number}" for number in range(150)])
    server.on("GET", "n=1000", Reply(400, body=b'{"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]}'), times=1)
    assert len(store.list_tags(REPOSITORY)) == 150
    assert len(store.list_tags(REPOSITORY)) == 150
    assert [request.query["n"] for request in server.requests] == [["1000"]] + [["100"]] * 4


def test_refused_list_says_what_the_registry_said(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("GET", "/tags/", Reply(400, body=b'{"errors":[{"code":"NAME_INVALID"}]}'))
    with pytest.raises(StoreError, match=r"n=100: the registry answered 400 Bad Request: NAME_INVALID"):
        store.list_tags(REPOSITORY)
