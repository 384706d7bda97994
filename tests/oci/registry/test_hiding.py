"""Registries that do not say what is absent: hidden only with the right to push, forbidden otherwise."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from reconciler.errors import HiddenError, NotFoundError, UnauthorisedError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import BY_NAME, GENERIC, Profile
from reconciler.oci.registry.settings import Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.oci.registry.situations import (
    BLOB,
    DIGEST,
    MANIFEST,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    Known,
)
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry

BOB = Credential("bob", "secret")
HIDES, SHOWS = BY_NAME["quay"], GENERIC
READS = [
    pytest.param(lambda store: store.head_manifest(REPOSITORY, TAG), id="manifest"),
    pytest.param(lambda store: store.list_tags(REPOSITORY), id="tags"),
]


def opened(server: ScriptedRegistry, profile: Profile, credential: Credential | None = BOB) -> RegistryStore:
    endpoint = Endpoint.parse(server.url)
    return open_registry(
        endpoint,
        credentials=Known({endpoint.host: credential} if credential else {}),
        settings=Settings(retries=0, timeout_s=5.0),
        clock=FakeClock().clock(),
        profile=profile,
    )


def hides_absent(server: ScriptedRegistry, status: int = 403) -> None:
    """Answer reads of a repository that is not there as if they were forbidden, once it is known who asks."""

    def refuse(request: Request) -> Reply | None:
        asks = server.refusal(request, server.url) is not None
        return None if asks or REPOSITORY in server.repositories else Reply(status, body=b'{"message":"no"}')

    server.on("GET", "/(manifests|tags)/", refuse)
    server.on("HEAD", "/manifests/", refuse)


def says_rights(server: ScriptedRegistry, *actions: str) -> None:
    """Give tokens that say what they grant, whatever was asked for."""
    claims = {"access": [{"type": "repository", "name": REPOSITORY, "actions": list(actions)}]}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    scope = f"repository:{REPOSITORY}:{','.join(actions)}"

    def give(_: Request) -> Reply:
        token = f"e30.{payload}.{len(server.tokens)}"
        server.tokens[token] = {scope}
        return Reply(200, body=json.dumps({"token": token}).encode())

    server.bearer = True
    server.on("GET", "/token", give)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("profile", [HIDES, SHOWS], ids=["known-to-hide", "unknown"])
def test_token_that_grants_push_means_hidden(
    server: ScriptedRegistry, profile: Profile, read: Callable[[RegistryStore], object]
) -> None:
    says_rights(server, "pull", "push")
    hides_absent(server)
    store = opened(server, profile)
    with pytest.raises(HiddenError, match="403 Forbidden") as caught:
        read(store)
    store.close()
    assert caught.value.exit_code == 77


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("profile", [HIDES, SHOWS], ids=["known-to-hide", "unknown"])
def test_token_without_push_means_forbidden(
    server: ScriptedRegistry, profile: Profile, read: Callable[[RegistryStore], object]
) -> None:
    says_rights(server, "pull")
    hides_absent(server)
    store = opened(server, profile)
    with pytest.raises(UnauthorisedError) as caught:
        read(store)
    store.close()
    assert type(caught.value) is UnauthorisedError


@pytest.mark.parametrize(
    ("bearer", "profile", "kind"),
    [
        pytest.param(True, HIDES, HiddenError, id="opaque-token-of-one-that-hides"),
        pytest.param(True, SHOWS, UnauthorisedError, id="opaque-token-of-another"),
        pytest.param(False, HIDES, HiddenError, id="password-at-one-that-hides"),
        pytest.param(False, SHOWS, UnauthorisedError, id="password-at-another"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_rights_that_nobody_states_count_by_profile(
    server: ScriptedRegistry, bearer: bool, profile: Profile, kind: type[UnauthorisedError], status: int
) -> None:
    server.bearer = bearer
    server.users["bob"] = "secret"
    hides_absent(server, status)
    store = opened(server, profile)
    store.put_blob(REPOSITORY.__class__("elsewhere"), BLOB)  # who we are is known by then
    with pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert type(caught.value) is kind


def test_who_was_never_asked_is_never_told_hidden(server: ScriptedRegistry) -> None:
    """The credential was not sent, so that the answer says nothing about what it may do."""
    server.on("*", "/manifests/", Reply(403))
    store = opened(server, HIDES)
    with pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert type(caught.value) is UnauthorisedError


@pytest.mark.parametrize("status", [401, 403])
def test_stranger_is_never_told_hidden(server: ScriptedRegistry, status: int) -> None:
    hides_absent(server, status)
    store = opened(server, HIDES, credential=None)
    with pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert type(caught.value) is UnauthorisedError


def test_wrong_password_is_never_told_hidden(server: ScriptedRegistry) -> None:
    server.bearer = True
    server.users["bob"] = "another"
    store = opened(server, HIDES)
    with pytest.raises(UnauthorisedError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert type(caught.value) is UnauthorisedError


def test_what_the_right_to_push_shows_is_believed(server: ScriptedRegistry) -> None:
    """Artifactory, with rights that part reading from writing."""
    says_rights(server, "pull", "push")
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("HEAD", "/manifests/", Reply(401), times=2)
    store = opened(server, SHOWS)
    assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    store.close()


def test_absence_that_the_right_to_push_shows_is_certain(server: ScriptedRegistry) -> None:
    says_rights(server, "pull", "push")
    server.on("HEAD", "/manifests/", Reply(401), times=2)
    store = opened(server, SHOWS)
    with pytest.raises(NotFoundError):
        store.head_manifest(REPOSITORY, TAG)
    store.close()
