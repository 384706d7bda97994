"""The same client against the reference registry itself."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from reconciler.errors import NotFoundError, StoreError, UnauthorisedError, UnreachableError
from reconciler.oci.registry.credentials.files import CredentialFiles
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import Profile
from reconciler.oci.registry.settings import Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.oci.registry.situations import (
    BLOB,
    DESCRIPTOR,
    DIGEST,
    MANIFEST,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    opened,
)
from tests.support.docker_registry import PASSWORD, USER, DockerRegistry


def publish(store: RegistryStore) -> None:
    store.put_blob(REPOSITORY, BLOB)
    assert store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST


def test_artifact_goes_there_and_back(docker_registry: DockerRegistry, repository_prefix: str) -> None:
    with opened(docker_registry.url, prefix=repository_prefix) as store:
        with pytest.raises(NotFoundError):
            store.head_manifest(REPOSITORY, TAG)
        with pytest.raises(NotFoundError):
            store.list_tags(REPOSITORY)
        publish(store)
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
        assert store.fetch_manifest(REPOSITORY, DIGEST).content == MANIFEST
        assert b"".join(store.fetch_blob(REPOSITORY, DESCRIPTOR)) == BLOB.open().read()
        assert store.list_tags(REPOSITORY) == [TAG]
        assert store.list_repositories() == [REPOSITORY]
    assert store.transport.counts == {
        "HEAD manifest": 2,
        "GET manifest": 1,
        "PUT manifest": 1,
        "POST upload": 1,
        "PUT upload": 1,
        "GET blob": 1,
        "GET tags": 2,
        "GET catalog": 1,
    }


def test_single_post_is_answered_with_a_session(
    docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    profile = Profile("test", single_post=True)
    with opened(docker_registry.url, prefix=repository_prefix, profile=profile) as store:
        store.put_blob(REPOSITORY, BLOB)
        assert store.has_blob(REPOSITORY, BLOB.digest)
    assert store.transport.counts == {"POST upload": 1, "PUT upload": 1, "HEAD blob": 1}


def test_tag_cannot_be_deleted_alone(docker_registry: DockerRegistry, repository_prefix: str) -> None:
    with opened(docker_registry.url, prefix=repository_prefix) as store:
        publish(store)
        with pytest.raises(StoreError, match="400 Bad Request: DIGEST_INVALID") as caught:
            store.delete_manifest(REPOSITORY, TAG)
        assert caught.value.fix is not None
        assert caught.value.fix.startswith("this registry cannot delete one tag")
        store.delete_manifest(REPOSITORY, DIGEST)
        with pytest.raises(NotFoundError):
            store.head_manifest(REPOSITORY, TAG)


def login(folder: Path, host: str, password: str) -> CredentialFiles:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return CredentialFiles(environment={"DOCKER_CONFIG": str(folder)}, home=folder)


def test_password_of_docker_config_is_taken(login_docker_registry: DockerRegistry, tmp_path: Path) -> None:
    credentials = login(tmp_path, login_docker_registry.host, PASSWORD)
    store = open_registry(Endpoint.parse(login_docker_registry.url), credentials=credentials)
    publish(store)
    assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    store.close()
    assert store.transport.counts["HEAD manifest"] == 1


def test_wrong_password_is_refused(login_docker_registry: DockerRegistry, tmp_path: Path) -> None:
    credentials = login(tmp_path, login_docker_registry.host, "wrong")
    store = open_registry(Endpoint.parse(login_docker_registry.url), credentials=credentials)
    with pytest.raises(UnauthorisedError, match="401 Unauthorized") as caught:
        store.put_blob(REPOSITORY, BLOB)
    store.close()
    assert "wrong" not in str(caught.value)


def test_stopped_registry_is_unreachable(own_docker_registry: DockerRegistry) -> None:
    store = open_registry(
        Endpoint.parse(own_docker_registry.url),
        credentials=CredentialFiles(environment={}, home=Path("/nonexistent")),
        settings=Settings(retries=1),
        clock=FakeClock().clock(),
    )
    publish(store)
    own_docker_registry.stop()
    with pytest.raises(UnreachableError, match="cannot be reached: connection refused"):
        store.head_manifest(REPOSITORY, TAG)
    store.close()
