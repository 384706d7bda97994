"""How a registry says what it wants: several challenges, none, and what /v2/ is worth."""

from __future__ import annotations

import pytest

from reconciler.errors import NotFoundError, UnauthorisedError
from reconciler.oci.registry.credentials import Credential
from tests.oci.registry.situations import DIGEST, MANIFEST, OCI, REPOSITORY, TAG, opened
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry

BOB = Credential("bob", "s3:cret-passw0rd")


@pytest.fixture
def bearer(server: ScriptedRegistry) -> ScriptedRegistry:
    server.users["bob"] = BOB.password
    server.bearer = True
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    return server


def challenges(server: ScriptedRegistry, *lines: str) -> Reply:
    named = [line.replace("REALM", f"{server.url}/token") for line in lines]
    return Reply(401, [("WWW-Authenticate", line) for line in named])


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(('Basic realm="x"', 'Bearer realm="REALM",service="s"'), id="basic-first"),
        pytest.param(('Bearer realm="REALM",service="s"', 'Basic realm="x"'), id="bearer-first"),
        pytest.param(('Negotiate, Basic realm="x", Bearer realm="REALM"',), id="one-line"),
        pytest.param(("Negotiate", 'Bearer realm="REALM"'), id="unknown-first"),
        pytest.param(('Bearer error="x"', 'Bearer realm="REALM"'), id="no-realm-first"),
    ],
)
def test_bearer_is_chosen_among_challenges(bearer: ScriptedRegistry, lines: tuple[str, ...]) -> None:
    bearer.on("HEAD", "/manifests/", challenges(bearer, *lines), times=1)
    with opened(bearer, credential=BOB) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    assert bearer.requests[-1].headers["authorization"].startswith("Bearer ")
    assert len(bearer.seen("GET", "/token")) == 1


def test_basic_is_taken_where_bearer_cannot_be(server: ScriptedRegistry) -> None:
    server.users["bob"] = BOB.password
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on(
        "HEAD", "/manifests/", challenges(server, 'Bearer service="no realm"', 'Basic realm="x"'), times=1
    )
    with opened(server, credential=BOB) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_root_open_to_all_says_nothing_about_repositories(bearer: ScriptedRegistry) -> None:
    bearer.on("GET", "/v2/$", Reply(200, body=b"{}"))
    with opened(bearer, credential=BOB) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    assert bearer.seen("GET", "/v2/$") == []


@pytest.mark.parametrize("root", [Reply(200, body=b"{}"), Reply(404), Reply(401)], ids=["200", "404", "401"])
def test_401_without_any_challenge_is_final(server: ScriptedRegistry, root: Reply) -> None:
    server.on("HEAD", "/manifests/", Reply(401))
    server.on("GET", "/v2/$", root)
    with opened(server, credential=BOB) as store, pytest.raises(UnauthorisedError, match="401 Unauthorized"):
        store.head_manifest(REPOSITORY, TAG)
    assert all("authorization" not in request.headers for request in server.requests)


def test_challenge_of_another_server_is_not_answered(bearer: ScriptedRegistry) -> None:
    """A token server that asks for authentication itself is told nothing more."""
    bearer.on("GET", "/token", Reply(401, {"WWW-Authenticate": 'Basic realm="more"'}))
    with opened(bearer, credential=BOB) as store, pytest.raises(UnauthorisedError):
        store.head_manifest(REPOSITORY, TAG)
    assert len(bearer.seen("GET", "/token")) <= 2


def test_cookies_of_a_login_are_never_sent(bearer: ScriptedRegistry) -> None:
    """Harbor takes whoever sends one for a browser, and then wants more."""

    def tempt(request: Request) -> Reply | None:
        reply = bearer.faithful(request)
        return Reply(reply.status, [*reply.pairs, ("Set-Cookie", "sid=1; Path=/")], reply.body)

    bearer.on("*", "", tempt)
    with opened(bearer, credential=BOB) as store:
        store.head_manifest(REPOSITORY, TAG)
        with pytest.raises(NotFoundError):
            store.head_manifest(REPOSITORY, type(TAG)("9.9.9"))
    assert all("cookie" not in request.headers for request in bearer.requests)
