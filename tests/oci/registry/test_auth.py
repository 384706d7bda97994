from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.errors import NotFoundError, StoreError, UnauthorisedError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.credentials.files import CredentialFiles
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import open_registry
from tests.oci.registry.situations import (
    BLOB,
    DIGEST,
    MANIFEST,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    Known,
    opened,
)
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry, ScriptedServer

BOB = Credential("bob", "s3:cret", source="/home/bob/.docker/config.json")


@pytest.fixture
def basic(server: ScriptedRegistry) -> ScriptedRegistry:
    server.users["bob"] = "s3:cret"
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    return server


@pytest.fixture
def bearer(basic: ScriptedRegistry) -> ScriptedRegistry:
    basic.bearer = True
    return basic


def test_basic_is_sent_at_once_after_the_first_challenge(basic: ScriptedRegistry) -> None:
    with opened(basic, credential=BOB) as store:
        for _ in range(3):
            store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 4, "GET ping": 1}


def test_token_to_push_serves_to_read_too(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB) as store:
        store.put_blob(REPOSITORY, BLOB)
        store.head_manifest(REPOSITORY, TAG)
        store.list_tags(REPOSITORY)
        assert store.transport.counts["GET token"] == 1
        store.head_manifest(REPOSITORY, TAG)
        with pytest.raises(NotFoundError):
            store.head_manifest(Repository("workflows/other"), TAG)
        assert store.transport.counts["GET token"] == 2


def test_token_to_read_does_not_serve_to_push(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB) as store:
        store.head_manifest(REPOSITORY, TAG)
        store.put_blob(REPOSITORY, BLOB)
    assert [request.query["scope"] for request in bearer.seen("GET", "/token")] == [
        [f"repository:{REPOSITORY}:pull"],
        [f"repository:{REPOSITORY}:pull,push"],
    ]


def test_wider_token_that_is_refused_is_not_insisted_on(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB) as store:
        store.put_blob(REPOSITORY, BLOB)
        refused = bearer.requests[-1].headers["authorization"]
        bearer.on("HEAD", "/manifests/", lambda request: _unless_other(bearer, request, refused))
        for _ in range(2):
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
        assert store.transport.counts["GET token"] == 2
        assert store.transport.counts["HEAD manifest"] == 3


def _unless_other(bearer: ScriptedRegistry, request: Request, refused: str) -> Reply | None:
    challenge = f'Bearer realm="{bearer.url}/token",service="scripted"'
    is_refused = request.headers["authorization"] == refused
    return Reply(401, {"WWW-Authenticate": challenge}) if is_refused else None


def test_wrong_password_is_shown_once(basic: ScriptedRegistry) -> None:
    def push(number: int) -> None:
        with pytest.raises(UnauthorisedError, match="401 Unauthorized"):
            store.put_blob(Repository(f"app-{number}"), BLOB)

    wrong = Credential("bob", "wrong", source="/c.json")
    with opened(basic, credential=wrong) as store, ThreadPoolExecutor(8) as pool:
        list(pool.map(push, range(24)))
    shown = [request for request in basic.requests if "authorization" in request.headers]
    assert [str(request) for request in shown] == ["GET /v2/"]


def test_public_registry_never_asks_for_credentials(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    known = Known()
    store = open_registry(Endpoint.parse(server.url), credentials=known)
    store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert known.asked == []


@pytest.mark.parametrize(
    ("credential", "path", "fix"),
    [
        (None, "workflows/plan/manifests/1.0.0", "log in: pallet login {host}"),
        (
            Credential("bob", "wrong", source="/c.json"),
            "",
            "log in again, or mend the credential of 'bob' from /c.json",
        ),
    ],
    ids=["anonymous", "wrong-password"],
)
def test_refused_identity_is_named(
    basic: ScriptedRegistry, credential: Credential | None, path: str, fix: str
) -> None:
    with opened(basic, credential=credential) as store, pytest.raises(UnauthorisedError) as caught:
        store.fetch_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        f"GET {basic.url}/v2/{path}: the registry answered 401 Unauthorized: "
        "UNAUTHORIZED: authentication required"
    )
    assert caught.value.fix == fix.format(host=basic.host)
    assert caught.value.exit_code == 77


def test_forbidden_is_final(server: ScriptedRegistry) -> None:
    server.on("PUT", "/manifests/", Reply(403, body=b'{"errors":[{"code":"DENIED","message":"not you"}]}'))
    with opened(server) as store, pytest.raises(UnauthorisedError, match="403 Forbidden: DENIED: not you"):
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert store.transport.counts == {"PUT manifest": 1}


def test_token_is_fetched_once_per_scope(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB) as store:
        for _ in range(3):
            store.head_manifest(REPOSITORY, TAG)
        for _ in range(3):
            store.put_blob(REPOSITORY, BLOB)
    assert store.transport.counts == {
        "HEAD manifest": 4,
        "GET token": 2,
        "POST upload": 3,
        "PUT upload": 3,
    }


def test_token_request_says_what_is_needed(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB, prefix="acme") as store:
        store.put_blob(REPOSITORY, BLOB)
    (request,) = bearer.seen("GET", "/token")
    assert request.query == {
        "service": ["scripted"],
        "scope": ["repository:acme/workflows/plan:pull,push"],
        "account": ["bob"],
        "client_id": ["pallet"],
    }
    assert request.headers["authorization"].startswith("Basic ")


def test_tokens_for_more_repositories_cost_no_401(bearer: ScriptedRegistry) -> None:
    names = [Repository(f"w/a{number}") for number in range(5)]
    for name in names:
        bearer.put(name, MANIFEST, OCI, TAG)
    with opened(bearer, credential=BOB) as store:
        assert {store.head_manifest(name, TAG).digest for name in names} == {DIGEST}
    assert store.transport.counts == {"HEAD manifest": 6, "GET token": 5}


def test_anonymous_token_is_enough_to_pull(bearer: ScriptedRegistry) -> None:
    bearer.open_to_all = True
    with opened(bearer) as store:
        store.head_manifest(REPOSITORY, TAG)
        with pytest.raises(UnauthorisedError, match=r"POST .* the registry answered 401"):
            store.put_blob(REPOSITORY, BLOB)
    assert all("authorization" not in request.headers for request in bearer.seen("GET", "/token"))


def test_expired_token_is_renewed_before_it_is_sent(bearer: ScriptedRegistry) -> None:
    clock = FakeClock()
    with opened(bearer, credential=BOB, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
        clock.monotonic_s += 269
        store.head_manifest(REPOSITORY, TAG)
        clock.monotonic_s += 2
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 4, "GET token": 2}


@pytest.mark.parametrize("expires_in", [None, 5, 10**400])
def test_token_lives_at_least_a_minute(bearer: ScriptedRegistry, expires_in: int | None) -> None:
    bearer.expires_in = expires_in
    clock = FakeClock()
    with opened(bearer, credential=BOB, clock=clock) as store:
        store.head_manifest(REPOSITORY, TAG)
        clock.monotonic_s += 53
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts["GET token"] == 1


def test_revoked_token_is_fetched_again_once(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB) as store:
        store.head_manifest(REPOSITORY, TAG)
        bearer.revoke_tokens()
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 4, "GET token": 2}


def test_threads_share_one_token_request(bearer: ScriptedRegistry) -> None:
    with opened(bearer, credential=BOB) as store, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: store.head_manifest(REPOSITORY, TAG).digest, range(40)))
    assert set(found) == {DIGEST}
    assert store.transport.counts["GET token"] == 1


def test_refused_login_is_tried_only_once(bearer: ScriptedRegistry) -> None:
    wrong = Credential("bob", "wrong", source="/c.json")
    with opened(bearer, credential=wrong) as store:
        for number in range(5):
            with pytest.raises(
                UnauthorisedError, match="401 Unauthorized: UNAUTHORIZED: incorrect"
            ) as caught:
                store.head_manifest(Repository(f"a{number}"), TAG)
            assert caught.value.fix == "log in again, or mend the credential of 'bob' from /c.json"
    logins = [request for request in bearer.seen("GET", "/token") if "authorization" in request.headers]
    assert len(logins) == 1


def test_identity_token_is_exchanged(bearer: ScriptedRegistry) -> None:
    bearer.identity_tokens.add("id&token")
    with opened(bearer, credential=Credential("bob", "", "id&token")) as store:
        store.head_manifest(REPOSITORY, TAG)
    (request,) = bearer.seen("POST", "/token")
    assert request.body == (
        b"grant_type=refresh_token&service=scripted&client_id=pallet"
        b"&scope=repository:workflows/plan:pull&refresh_token=id%26token"
    )
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [404, 405])
def test_server_without_oauth_gets_basic(bearer: ScriptedRegistry, status: int) -> None:
    bearer.on("POST", "/token", Reply(status))
    with opened(bearer, credential=Credential("bob", "s3:cret", "id")) as store:
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 2, "POST token": 1, "GET token": 1}


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        pytest.param(Reply(200, body=b"<html>"), "expected a token as JSON, got something else", id="html"),
        pytest.param(Reply(200, body=b"{}"), "expected a token, got an answer without one", id="no-token"),
        pytest.param(
            Reply(200, body=b'{"token":"a\\r\\nX-Evil: 1"}'),
            "expected a token, got an answer without one",
            id="header",
        ),
        pytest.param(
            Reply(200, body=b" " * 200_000), "answer too large: expected at most 131072 bytes", id="huge"
        ),
        pytest.param(
            Reply(404, body=b"gone"), "the registry answered 404 Not Found: gone", id="404-is-not-absence"
        ),
        pytest.param(
            Reply(302, {"Location": "https://evil/"}), "302 Found, pointing to https://evil", id="redirect"
        ),
    ],
)
def test_strange_token_answer_is_named(bearer: ScriptedRegistry, reply: Reply, message: str) -> None:
    bearer.on("GET", "/token", reply)
    with opened(bearer, credential=BOB) as store, pytest.raises(StoreError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert type(caught.value) is StoreError
    assert message in str(caught.value)


def test_401_without_challenge_asks_the_root(bearer: ScriptedRegistry) -> None:
    bearer.on("HEAD", "", Reply(401), times=1)
    with opened(bearer, credential=BOB) as store:
        store.head_manifest(REPOSITORY, TAG)
    assert store.transport.counts == {"HEAD manifest": 2, "GET ping": 1, "GET token": 1}


def test_unknown_challenge_is_named(server: ScriptedRegistry) -> None:
    server.on("HEAD", "", Reply(401, [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")]))
    with opened(server) as store, pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        f"{server.url}: asks for authentication by negotiate, ntlm: expected bearer or basic"
    )
    assert caught.value.fix is not None
    assert caught.value.fix.startswith("this registry, or a proxy in front of it, wants Kerberos: ")


def test_scope_of_the_challenge_is_asked_for_too(bearer: ScriptedRegistry) -> None:
    challenge = f'Bearer realm="{bearer.url}/token",service="scripted",scope="aws"'
    bearer.on("HEAD", "", Reply(401, {"WWW-Authenticate": challenge}), times=1)
    with opened(bearer, credential=BOB) as store:
        store.head_manifest(REPOSITORY, TAG)
    (request,) = bearer.seen("GET", "/token")
    assert request.query["scope"] == ["repository:workflows/plan:pull", "aws"]


def test_token_server_in_the_network_is_refused(server: ScriptedRegistry) -> None:
    challenge = 'Bearer realm="http://169.254.169.254/token",service="s"'
    server.on("HEAD", "", Reply(401, {"WWW-Authenticate": challenge}))
    with opened(server, credential=BOB) as store, pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        f"{server.url}: its token server is refused: expected a public token server, "
        "got one in a private network: http://169.254.169.254"
    )
    assert caught.value.fix == (
        "reach the registry by https, and by its address in the network of its token server; "
        "else whoever runs it has to name a token server that may be asked"
    )


def test_token_server_on_another_port_gets_the_password(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    with ScriptedServer() as issuer:
        issuer.on("GET", "/issue", Reply(200, body=b'{"access_token":"abc"}'))
        challenge = f'Bearer realm="{issuer.url}/issue?kind=x",service="s"'
        server.on("HEAD", "", Reply(401, {"WWW-Authenticate": challenge}), times=1)
        with opened(server, credential=BOB) as store:
            store.head_manifest(REPOSITORY, TAG)
    assert issuer.requests[0].query["kind"] == ["x"]
    assert server.requests[-1].headers["authorization"] == "Bearer abc"


def test_password_never_goes_over_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as proxy:
        proxy.on("HEAD", "", Reply(401, {"WWW-Authenticate": 'Basic realm="x"'}))
        monkeypatch.setenv("http_proxy", proxy.url)
        with (
            opened("http://registry.invalid", credential=BOB) as store,
            pytest.raises(UnauthorisedError) as caught,
        ):
            store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (
        "credentials are not sent over plain http: expected https, got http://registry.invalid"
    )
    assert all("authorization" not in request.headers for request in proxy.requests)


def test_broken_docker_config_is_not_anonymous(basic: ScriptedRegistry, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    credentials = CredentialFiles(environment={"DOCKER_CONFIG": str(tmp_path)}, home=tmp_path)
    store = open_registry(Endpoint.parse(basic.url), credentials=credentials)
    with pytest.raises(UnauthorisedError, match=r"config\.json: not JSON at line 1"):
        store.head_manifest(REPOSITORY, TAG)
    store.close()
