"""What is done with the credential that was found: sent as it is, exchanged, renewed, or set aside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.errors import NotFoundError, UnauthorisedError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.notices import Notices
from reconciler.oci.registry.settings import Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.oci.registry.scene import push_chunks, set_up
from tests.oci.registry.situations import (
    BLOB,
    DIGEST,
    MANIFEST,
    NOW_S,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    Known,
    opened,
)
from tests.support.scripted_registry import Fault, Reply, Request, ScriptedRegistry

BOB = Credential("bob", "s3:cret", source="/c.json")
EXPIRED = Credential("bob", "expired", source="/c.json")


@pytest.fixture
def bearer(server: ScriptedRegistry) -> ScriptedRegistry:
    server.users["bob"] = "s3:cret"
    server.bearer = True
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    return server


class Listening:
    """A store whose notices are kept."""

    def __init__(self, server: ScriptedRegistry, credential: Credential) -> None:
        self.said: list[str] = []
        endpoint = Endpoint.parse(server.url)
        self.store: RegistryStore = open_registry(
            endpoint,
            credentials=Known({endpoint.host: credential}),
            settings=Settings(retries=0),
            clock=FakeClock().clock(),
            notices=Notices(self.said.append),
        )


@pytest.fixture
def expired(bearer: ScriptedRegistry) -> Listening:
    """Somebody whose login has expired, in front of a public registry."""
    bearer.open_to_all = True
    return Listening(bearer, EXPIRED)


@pytest.mark.parametrize("status", [401, 403])
def test_expired_login_reads_what_is_public(
    bearer: ScriptedRegistry, expired: Listening, status: int
) -> None:
    def refuse(request: Request) -> Reply | None:
        return Reply(status, body=b"denied") if "authorization" in request.headers else None

    bearer.on("GET", "/token", refuse)
    for _ in range(3):
        assert expired.store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    expired.store.close()
    (said,) = expired.said
    assert said.startswith(
        f"{bearer.host}: read anonymously, because the login is refused: GET {bearer.url}/token?"
    )
    assert said.endswith(": denied")
    assert expired.store.transport.counts == {"HEAD manifest": 4, "GET token": 2}


def test_expired_login_never_pushes_as_nobody(bearer: ScriptedRegistry, expired: Listening) -> None:
    with pytest.raises(UnauthorisedError, match="401 Unauthorized: UNAUTHORIZED: incorrect") as caught:
        expired.store.put_blob(REPOSITORY, BLOB)
    expired.store.close()
    assert caught.value.fix == "log in again, or mend the credential of 'bob' from /c.json"
    assert expired.said == []
    assert len(bearer.seen("GET", "/token")) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_expired_login_is_blamed_where_nobody_may_read(
    bearer: ScriptedRegistry, expired: Listening, status: int
) -> None:
    def hide(request: Request) -> Reply | None:
        challenge = f'Bearer realm="{bearer.url}/token",service="scripted"'
        return Reply(status, {"WWW-Authenticate": challenge}) if "authorization" in request.headers else None

    bearer.on("*", "/manifests/", hide)
    with pytest.raises(UnauthorisedError, match=r"GET .*/token\?.* incorrect username or password"):
        expired.store.head_manifest(REPOSITORY, TAG)
    expired.store.close()
    assert expired.said == []


def test_login_is_blamed_where_nobody_gets_a_token(bearer: ScriptedRegistry) -> None:
    with (
        opened(bearer, credential=EXPIRED) as store,
        pytest.raises(UnauthorisedError, match="incorrect username or password") as caught,
    ):
        store.head_manifest(REPOSITORY, TAG)
    assert caught.value.fix == "log in again, or mend the credential of 'bob' from /c.json"


def test_wrong_password_is_tried_once_by_many_threads(bearer: ScriptedRegistry) -> None:
    def push(number: int) -> str:
        with pytest.raises(UnauthorisedError) as caught:
            store.put_blob(Repository(f"app-{number}"), BLOB)
        return str(caught.value)

    with opened(bearer, credential=EXPIRED) as store, ThreadPoolExecutor(8) as pool:
        said = set(pool.map(push, range(24)))
    assert all("incorrect username or password" in text for text in said)
    assert len(bearer.seen("GET", "/token")) == 1


@pytest.mark.parametrize("is_bearer", [True, False], ids=["bearer", "basic"])
def test_registry_token_is_sent_as_it_is(server: ScriptedRegistry, is_bearer: bool) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    challenge = f'Bearer realm="{server.url}/token",service="s"' if is_bearer else 'Basic realm="s"'

    def gate(request: Request) -> Reply | None:
        is_ours = request.headers.get("authorization") == "Bearer t0ken"
        return None if is_ours else Reply(401, {"WWW-Authenticate": challenge})

    server.on("*", "", gate)
    with opened(server, credential=Credential(registry_token="t0ken")) as store:
        for _ in range(3):
            store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 4}


def test_refused_registry_token_is_named(server: ScriptedRegistry) -> None:
    server.on("*", "", Reply(401, {"WWW-Authenticate": 'Bearer realm="/token"'}))
    token = Credential(registry_token="geheim", source="variable TOKEN")
    with opened(server, credential=token) as store, pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert caught.value.fix == "log in again, or mend the credential from variable TOKEN"
    assert "geheim" not in f"{caught.value}{caught.value.fix}"
    assert server.seen("*", "/token") == []


def test_identity_token_is_no_password(server: ScriptedRegistry) -> None:
    server.users["bob"] = "s3:cret"
    with (
        opened(server, credential=Credential(identity_token="refresh")) as store,
        pytest.raises(UnauthorisedError, match=r"asks for a name and a password: .* an identity token alone"),
    ):
        store.head_manifest(REPOSITORY, TAG)
    assert all("authorization" not in request.headers for request in server.requests)


def test_identity_token_alone_gets_no_empty_password(server: ScriptedRegistry) -> None:
    server.bearer, server.users["bob"] = True, "s3:cret"
    server.misbehave(Fault.TOKEN_POST_404)
    token = Credential("bob", identity_token="refresh", source="/c.json")
    with opened(server, credential=token) as store:
        for number in range(3):
            with pytest.raises(
                UnauthorisedError, match="takes no identity token: expected a password"
            ) as caught:
                store.head_manifest(Repository(f"a{number}"), TAG)
            assert caught.value.fix == "log in again, or mend the credential of 'bob' from /c.json"
    assert all("authorization" not in request.headers for request in server.requests)
    assert store.transport.counts["POST token"] == 1


class ByRepository:
    """Somebody who is two people."""

    def __init__(self, credentials: Mapping[str, Credential]) -> None:
        self.credentials = credentials
        self.asked: list[str | None] = []

    def find(self, host: str, repository: str | None = None) -> Credential | None:
        self.asked.append(repository)
        return self.credentials.get(repository or "")


@pytest.mark.parametrize("is_bearer", [True, False], ids=["bearer", "basic"])
def test_repositories_may_have_their_own_credential(server: ScriptedRegistry, is_bearer: bool) -> None:
    server.users.update({"ann": "a", "bob": "b"})
    server.bearer = is_bearer
    for name in ("acme/one", "acme/two"):
        server.put(name, MANIFEST, OCI, TAG)
    known = ByRepository({"acme/one": Credential("ann", "a"), "acme/two": Credential("bob", "b")})
    store = open_registry(Endpoint.parse(f"{server.url}/acme"), credentials=known)
    for _ in range(2):
        for name in ("one", "two"):
            store.head_manifest(Repository(name), TAG)
    store.close()
    assert known.asked == ["acme/one", "acme/two"]
    logins = {request.headers.get("authorization") for request in server.seen("GET" if is_bearer else "HEAD")}
    assert {"Basic YW5uOmE=", "Basic Ym9iOmI="} <= logins


def test_refresh_token_that_changes_is_followed(bearer: ScriptedRegistry) -> None:
    given: list[str] = []

    def exchange(request: Request) -> Reply:
        form = Request("GET", f"?{request.body.decode()}", {}, b"").query
        given.append(form["refresh_token"][0])
        bearer.tokens[f"t{len(given)}"] = set(form["scope"][0].split())
        answer = {"access_token": f"t{len(given)}", "refresh_token": f"refresh-{len(given)}"}
        return Reply(200, body=json.dumps(answer).encode())

    bearer.on("POST", "/token", exchange)
    for name in ("a", "b", "c"):
        bearer.put(name, MANIFEST, OCI, TAG)
    with opened(bearer, credential=Credential("bob", "", "refresh-0")) as store:
        for name in ("a", "b", "c"):
            store.head_manifest(Repository(name), TAG)
    assert given == ["refresh-0", "refresh-1", "refresh-2"]


@pytest.mark.parametrize(
    ("issued_s_ago", "lives_s"),
    [
        pytest.param(100, 180, id="given-before"),
        pytest.param(0, 270, id="given-now"),
        pytest.param(400, 270, id="over-already"),
        pytest.param(-100, 270, id="yet-to-come"),
    ],
)
def test_age_of_a_token_counts(bearer: ScriptedRegistry, issued_s_ago: int, lives_s: int) -> None:
    issued_at = datetime.fromtimestamp(NOW_S - issued_s_ago, UTC).isoformat().replace("+00:00", "Z")

    def give(request: Request) -> Reply:
        bearer.tokens["t"] = set(request.query["scope"])
        answer = {"token": "t", "expires_in": 300, "issued_at": issued_at}
        return Reply(200, body=json.dumps(answer).encode())

    bearer.on("GET", "/token", give)
    clock = FakeClock()
    with opened(bearer, credential=BOB, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
        clock.monotonic_s += lives_s - 1
        store.head_manifest(REPOSITORY, TAG)
        assert store.transport.counts["GET token"] == 1
        clock.monotonic_s += 2
        store.head_manifest(REPOSITORY, TAG)
        assert store.transport.counts["GET token"] == 2


@pytest.mark.parametrize(
    "issued_at", ["yesterday", "2027-01-15T07:58:20", "0001-01-01T00:00:00+23:59", 5, None]
)
def test_time_that_is_none_is_no_matter(bearer: ScriptedRegistry, issued_at: object) -> None:
    def give(request: Request) -> Reply:
        bearer.tokens["t"] = set(request.query["scope"])
        answer = {"token": "t", "expires_in": 300, "issued_at": issued_at}
        return Reply(200, body=json.dumps(answer).encode())

    bearer.on("GET", "/token", give)
    clock = FakeClock()
    with opened(bearer, credential=BOB, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
        clock.monotonic_s += 269
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts["GET token"] == 1


def insufficient(server: ScriptedRegistry, scope: str) -> Reply:
    error = f'error="insufficient_scope",scope="{scope}"'
    return Reply(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token",service="scripted",{error}'})


def test_token_that_allows_too_little_is_widened_once(bearer: ScriptedRegistry) -> None:
    pull = "repository:workflows/plan:pull"

    def gate(request: Request) -> Reply | None:
        scopes = bearer.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return insufficient(bearer, "repository:base:pull") if scopes == {pull} else None

    bearer.on("HEAD", "/manifests/", gate)
    with opened(bearer, credential=BOB) as store:
        for _ in range(2):
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    scopes = [request.query["scope"] for request in bearer.seen("GET", "/token")]
    assert scopes == [[pull], [pull, "repository:base:pull"]]
    assert store.transport.counts == {"HEAD manifest": 4, "GET token": 2}


def test_token_that_never_allows_enough_ends(bearer: ScriptedRegistry) -> None:
    bearer.on("HEAD", "/manifests/", insufficient(bearer, "repository:base:pull"))
    with opened(bearer, credential=BOB) as store, pytest.raises((UnauthorisedError, NotFoundError)):
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts["HEAD manifest"] == 3


def test_token_that_is_revoked_between_chunks_is_fetched_again(tmp_path: Path) -> None:
    with set_up(tmp_path, bearer=True) as scene:
        calls = iter(range(100))

        def revoke(_: Request) -> None:
            if next(calls) == 2:
                scene.server.revoke_tokens()

        scene.server.on("PATCH", "", revoke)
        push_chunks(scene)
        assert len(scene.server.seen("GET", "/token")) == 2
        # Five chunks, one of them twice.
        assert scene.store.transport.counts["PATCH upload"] == 6


def test_token_that_expires_between_chunks_costs_no_refusal(tmp_path: Path) -> None:
    with set_up(tmp_path, bearer=True) as scene:

        def pass_time(_: Request) -> None:
            scene.clock.monotonic_s += 100

        scene.server.on("PATCH", "", pass_time)
        push_chunks(scene)
        assert len(scene.server.seen("GET", "/token")) == 2
        assert scene.store.transport.counts["PATCH upload"] == 5


def test_token_server_that_must_wait_is_asked_again(bearer: ScriptedRegistry) -> None:
    bearer.on("GET", "/token", Reply(429, {"Retry-After": "3"}), times=1)
    clock = FakeClock()
    with opened(bearer, credential=BOB, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts["GET token"] == 2
    assert clock.pauses_s
