"""What a hostile registry may not get out of the client, rule by rule; each fails without its rule.

| rule                                                        | learnt from                              | held by                              |
|-------------------------------------------------------------|------------------------------------------|--------------------------------------|
| an upload goes on at the same origin, never by http         | GHSA-jxpm-75mh-9fp7                      | `LEADS`: location-*                  |
| a credential stays with its scheme, host and port           | GHSA-vh4v-2xq2-g5cg                      | `LEADS`: every row                   |
| a challenge from another origin is not answered             | GHSA-vh4v-2xq2-g5cg                      | test_challenge_of_another_origin…    |
| a token server is never in the user's own network           | GHSA-28r5-37g7-p6mp, GHSA-xf85-363p-868w | test_realm_…, test_realms.py         |
| a name that resolves into that network is no way there      | regclient checks the same                | test_whereabouts.py                  |
| a next page is on the same origin                           | GHSA-h7vf-4x9w-h99v                      | `LEADS`: link-*                      |
| pages are bounded                                           | oras-go#1215                             | misbehaviours: LINK_ENDLESS, _LOOP   |
| nothing is allocated because somebody declared a size       | GHSA-f36w-mj3v-6jqv                      | test_declared_size…                  |
| what is read is bounded                                     |                                          | test_endless_body…                   |
| titles, symlinks, hardlinks stay inside                     | GHSA-8xwf-rjm4-xvhv, GHSA-m37j-52j7-pjw7 | tests/oci/pulling                    |
| a helper's name is no path                                  |                                          | credentials/test_helpers.py          |
| no secret in a text                                         |                                          | test_texts…, misbehaviours: all rows |
"""

from __future__ import annotations

import base64
import logging
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reconciler.errors import DigestMismatchError, PalletError, UnauthorisedError
from reconciler.oci.manifest import Descriptor
from reconciler.oci.registry.credentials import Credential
from tests.oci.registry import scene as does
from tests.oci.registry.scene import IDENTITY, IDENTITY_TOKEN, LOGIN, PASSWORD, Scene, set_up
from tests.oci.registry.situations import BLOB, REPOSITORY, TAG
from tests.support.scripted_registry import Fault, Reply, Request

SECRETS = (PASSWORD, IDENTITY_TOKEN, base64.b64encode(f"bob:{PASSWORD}".encode()).decode(), "token-")
_NEXT = 'rel="next"'


@dataclass(frozen=True)
class Lead:
    """An answer of the registry that leads somewhere, and the request that it answers."""

    does: Callable[[Scene], None]
    method: str
    pattern: str
    answer: Callable[[str], Reply]
    """Given the origin that it leads to."""


def _redirect(status: int, path: str) -> Callable[[str], Reply]:
    return lambda there: Reply(status, {"Location": f"{there}{path}"})


def _location(there: str) -> Reply:
    return Reply(202, {"Location": f"{there}/v2/workflows/plan/blobs/uploads/1", "Range": "0-999"})


def _link(body: bytes, content_type: str = "application/json") -> Callable[[str], Reply]:
    return lambda there: Reply(
        200, {"Content-Type": content_type, "Link": f"<{there}/v2/next>; {_NEXT}"}, body
    )


_INDEX = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'

LEADS = {
    "blob-redirect": Lead(does.pull, "GET", "/blobs/sha", _redirect(307, "/blob?sig=1")),
    "blob-head-redirect": Lead(does.look, "HEAD", "/blobs/sha", _redirect(302, "/blob?sig=1")),
    "manifest-redirect": Lead(does.fetch, "GET", "/manifests/", _redirect(303, "/manifest")),
    "manifest-put-redirect": Lead(does.publish, "PUT", "/manifests/", _redirect(307, "/manifest")),
    "referrers-redirect": Lead(does.find_attached, "GET", "/referrers/", _redirect(307, "/referrers")),
    "tags-redirect": Lead(does.list_tags, "GET", "/tags/", _redirect(302, "/tags")),
    "token-redirect": Lead(does.head, "*", "/token", _redirect(307, "/token")),
    "delete-redirect": Lead(does.delete_tag, "DELETE", "/manifests/", _redirect(307, "/manifest")),
    "upload-redirect": Lead(does.push, "POST", "/uploads/", _redirect(307, "/v2/workflows/plan/blobs/")),
    "location-of-post": Lead(does.push, "POST", "/uploads/", _location),
    "location-of-mount": Lead(does.mount, "POST", "mount=", _location),
    "location-of-patch": Lead(does.push_chunks, "PATCH", "/uploads/", _location),
    "link-of-tags": Lead(does.list_tags, "GET", "/tags/", _link(b'{"tags":["1.0.0"]}')),
    "link-of-catalog": Lead(does.list_repositories, "GET", "_catalog", _link(b'{"repositories":["a"]}')),
    "link-of-referrers": Lead(
        does.find_attached,
        "GET",
        "/referrers/",
        _link(_INDEX, "application/vnd.oci.image.index.v1+json"),
    ),
}
OTHER_ORIGINS: dict[str, Callable[[Scene], str]] = {
    "port": lambda scene: scene.elsewhere.url,
    "host": lambda scene: f"http://localhost:{scene.server.port}",
}
WAYS = {"basic": (False, LOGIN), "token": (True, LOGIN), "identity-token": (True, IDENTITY)}


@pytest.mark.parametrize(
    ("lead", "way"),
    [(lead, way) for lead in LEADS for way in WAYS if (lead, way) != ("token-redirect", "basic")],
)
@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_credentials_stay_with_their_origin(lead: str, origin: str, way: str, tmp_path: Path) -> None:
    bearer, credential = WAYS[way]
    with set_up(tmp_path, bearer=bearer, credential=credential) as scene:
        scene.store.head_manifest(REPOSITORY, TAG)  # so that the client is logged in
        _lead_to(scene, LEADS[lead], OTHER_ORIGINS[origin](scene))
        _attempt(LEADS[lead].does, scene)
        assert _was_led(scene, LEADS[lead])
        assert not [request for request in scene.foreign_requests() if _is_secret(request)]


@pytest.mark.parametrize("place", ["same-port", "other-port"])
@pytest.mark.parametrize("lead", LEADS)
def test_nothing_leads_from_https_to_http(lead: str, place: str, tmp_path: Path) -> None:
    with set_up(tmp_path, bearer=True, tls=True) as scene:
        scene.store.head_manifest(REPOSITORY, TAG)
        clear = f"http://{scene.server.host}" if place == "same-port" else scene.elsewhere.url
        _lead_to(scene, LEADS[lead], clear)
        _attempt(LEADS[lead].does, scene)
        assert _was_led(scene, LEADS[lead])
        assert (scene.server.plain_requests, scene.elsewhere.requests) == (0, [])


@pytest.mark.parametrize(
    "more", ["", ',error="insufficient_scope",scope="repository:x:pull"'], ids=["", "scope"]
)
@pytest.mark.parametrize("is_known", [True, False], ids=["logged-in", "not-yet"])
@pytest.mark.parametrize("way", WAYS)
def test_challenge_of_another_origin_is_not_answered(
    way: str, is_known: bool, more: str, tmp_path: Path
) -> None:
    bearer, credential = WAYS[way]
    with set_up(tmp_path, bearer=bearer, credential=credential) as scene:
        if is_known:
            does.pull(scene)
        scene.server.misbehave(Fault.REDIRECT_CROSS_PORT)
        realm = f'Bearer realm="{scene.elsewhere.url}/token",service="thief"{more}'
        scene.elsewhere.forget_rules().on("*", "", Reply(401, {"WWW-Authenticate": realm}))
        with pytest.raises(UnauthorisedError, match="401 Unauthorized"):
            does.pull(scene)
        assert [request.path for request in scene.elsewhere.requests] == [
            f"/v2/{REPOSITORY}/blobs/{BLOB.digest}"
        ]


@pytest.mark.parametrize("credential", [LOGIN, None], ids=["logged-in", "anonymous"])
@pytest.mark.parametrize(
    "realm",
    [
        "http://10.255.255.1/token",
        "http://169.254.169.254/token",
        "http://192.168.0.1:8080/token",
        "http://0.0.0.0:{port}/token",
        "http://[fe80::1]/token",
        "http://167772161/token",
    ],
)
def test_realm_in_the_network_is_not_asked(realm: str, credential: Credential | None, tmp_path: Path) -> None:
    """The registry is reached by plain http on loopback, so that nothing but this rule stands in between."""
    with set_up(tmp_path, bearer=True, credential=credential) as scene:
        scene.server.realm = realm.format(port=scene.elsewhere.port)
        with pytest.raises(UnauthorisedError, match=r"its token server is refused: .* in a private network"):
            does.head(scene)
        assert scene.elsewhere.requests == []
        assert scene.store.transport.counts["GET token"] == 0


@pytest.mark.parametrize("credential", [LOGIN, IDENTITY], ids=["password", "identity-token"])
def test_realm_in_clear_text_gets_no_secret(credential: Credential, tmp_path: Path) -> None:
    with set_up(tmp_path, bearer=True, credential=credential) as scene:
        scene.server.realm = "http://auth.example.com/token"
        with pytest.raises(UnauthorisedError, match="credentials are not sent over plain http"):
            does.head(scene)
        counts = scene.store.transport.counts
        assert counts["GET token"] + counts["POST token"] == 0


def _attempt(deed: Callable[[Scene], None], scene: Scene) -> None:
    """Do it; most of it fails, some is got in another way, and both is fine."""
    with suppress(PalletError, AssertionError):
        deed(scene)


def _lead_to(scene: Scene, lead: Lead, there: str) -> None:
    """Let the registry answer so to everybody who asks it under its own name."""
    if lead.pattern == "/token":
        scene.server.revoke_tokens()

    def answer(request: Request) -> Reply | None:
        here = request.headers["host"] == scene.server.host
        known = scene.server.refusal(request, scene.server.url) is None or lead.pattern == "/token"
        return lead.answer(there) if here and known else None

    scene.server.on(lead.method, lead.pattern, answer)
    scene.server.on("*", "", _stranger(scene))


def _stranger(scene: Scene) -> Callable[[Request], Reply | None]:
    """What the registry's other name answers: it asks for a password, as a thief would."""
    challenge = {"WWW-Authenticate": 'Basic realm="storage"'}
    return lambda request: None if request.headers["host"] == scene.server.host else Reply(401, challenge)


def _was_led(scene: Scene, lead: Lead) -> bool:
    seen = scene.server.seen(lead.method, lead.pattern)
    return bool(seen) and any(_is_secret(request) for request in scene.server.requests)


def _is_secret(request: Request) -> bool:
    text = f"{request.target} {dict(request.headers)}".encode() + request.body
    return "authorization" in request.headers or any(secret.encode() in text for secret in SECRETS)


HUGE = {"Content-Length": str(10**13)}
LIMIT_BYTES = 40 * 1024 * 1024
"""More than any answer may take, and far less than what is declared or sent here."""


@pytest.mark.parametrize(
    ("deed", "method", "pattern"),
    [
        pytest.param(does.fetch, "GET", "/manifests/", id="manifest"),
        pytest.param(does.pull, "GET", "/blobs/", id="blob"),
        pytest.param(does.list_tags, "GET", "/tags/", id="tags"),
        pytest.param(does.list_repositories, "GET", "_catalog", id="catalog"),
        pytest.param(does.find_attached, "GET", "/referrers/", id="referrers"),
        pytest.param(does.head, "GET", "/token", id="token"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_declared_size_allocates_nothing(
    deed: Callable[[Scene], None], method: str, pattern: str, status: int, tmp_path: Path
) -> None:
    content_type = {"Content-Type": "application/vnd.oci.image.index.v1+json"}
    with set_up(tmp_path, bearer=True) as scene, _little_memory():
        scene.server.on(method, pattern, Reply(status, {**HUGE, **content_type}, b"{}", close=True))
        _attempt(deed, scene)


@pytest.mark.parametrize("size_bytes", [10**9, 10**15, 2**63 - 1])
def test_declared_size_of_a_descriptor_allocates_nothing(size_bytes: int, tmp_path: Path) -> None:
    with set_up(tmp_path) as scene, _little_memory(), pytest.raises(DigestMismatchError):
        list(scene.store.fetch_blob(REPOSITORY, Descriptor("text/plain", BLOB.digest, size_bytes)))


@pytest.mark.parametrize(
    ("deed", "method", "pattern"),
    [
        pytest.param(does.fetch, "GET", "/manifests/", id="manifest"),
        pytest.param(does.pull, "GET", "/blobs/", id="blob"),
        pytest.param(does.list_tags, "GET", "/tags/", id="tags"),
        pytest.param(does.find_attached, "GET", "/referrers/", id="referrers"),
        pytest.param(does.head, "GET", "/token", id="token"),
        pytest.param(does.publish, "PUT", "/manifests/", id="answer-to-a-push"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_endless_body_is_not_read_to_its_end(
    deed: Callable[[Scene], None], method: str, pattern: str, status: int, tmp_path: Path
) -> None:
    body = b" " * (2 * LIMIT_BYTES)
    content_type = {"Content-Type": "application/vnd.oci.image.index.v1+json"}
    with set_up(tmp_path, bearer=True) as scene, _little_memory():
        scene.server.on(method, pattern, Reply(status, content_type, body))
        _attempt(deed, scene)


@contextmanager
def _little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < LIMIT_BYTES
    finally:
        tracemalloc.stop()


def test_texts_never_hold_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is logged, by us or by what we use, at the lowest level."""
    caplog.set_level(logging.DEBUG)
    with set_up(tmp_path, bearer=True, credential=IDENTITY) as scene:
        does.push(scene)
        scene.server.revoke_tokens()
        scene.server.misbehave(Fault.THROTTLED_SECONDS, times=1)
        does.fetch(scene)
        scene.server.on("GET", "/tags/", lambda request: Reply(418, body=str(dict(request.headers)).encode()))
        shown = f"{scene.store!r} {scene.store.session!r} {scene.store.transport!r} {caplog.text}"
        assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("credential", [LOGIN, IDENTITY], ids=["password", "identity-token"])
def test_repr_of_a_credential_shows_no_secret(credential: Credential) -> None:
    shown = f"{credential!r} {credential} {replace(credential, source='x')!r} {[credential]}"
    assert not [secret for secret in SECRETS if secret in shown]
    assert "bob" in shown
