"""Registries that are known by their host names."""

from __future__ import annotations

import pytest

from reconciler.desired.kinds.schemas import load_schema
from reconciler.errors import NotFoundError
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import BY_NAME, GENERIC, PROFILES, choose_profile, find_profile
from reconciler.oci.registry.store import open_registry
from tests.oci.registry.situations import BLOB, MANIFEST, OCI, REPOSITORY, TAG
from tests.support.scripted_registry import Reply, ScriptedRegistry


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("ghcr.io", "ghcr"),
        ("GHCR.io", "ghcr"),
        ("ghcr.io:443", "ghcr"),
        ("docker.io", "docker-hub"),
        ("registry-1.docker.io", "docker-hub"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr"),
        ("public.ecr.aws", "ecr-public"),
        ("europe-docker.pkg.dev", "gar"),
        ("eu.gcr.io", "gar"),
        ("acme.azurecr.io", "acr"),
        ("quay.io", "quay"),
        ("registry.gitlab.com", "gitlab"),
        ("acme.jfrog.io", "artifactory"),
        ("localhost:5000", "generic"),
        ("[::1]:5000", "generic"),
        ("evil-ghcr.io", "generic"),
        ("ghcr.io.example.com", "generic"),
    ],
)
def test_host_finds_profile(host: str, name: str) -> None:
    assert find_profile(host).name == name


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(PROFILES)


def test_chunk_limits_leave_room() -> None:
    for profile in PROFILES:
        assert profile.chunk_max_bytes is None or profile.chunk_min_bytes < profile.chunk_max_bytes


def test_schema_names_every_profile() -> None:
    document = load_schema("pallet.schema.json").document
    named = document["$defs"]["target"]["properties"]["profile"]["enum"]  # type: ignore[index]
    assert named == [profile.name for profile in PROFILES]


def test_name_wins_over_the_host() -> None:
    assert choose_profile("ghcr.io", name="zot").name == "zot"
    assert choose_profile("ghcr.io").name == "ghcr"


def test_written_concurrency_wins_over_the_profiles() -> None:
    assert choose_profile("ghcr.io", concurrency=8).concurrency == 8
    assert choose_profile("ghcr.io", concurrency=8).throttles_with_403


MISSING = Reply(404, body=b'{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}')


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("ecr", "create it: aws ecr create-repository --repository-name acme/workflows/plan"),
        ("generic", "create the repository in the registry first, or check its name"),
    ],
)
def test_missing_repository_says_how_to_create_it(server: ScriptedRegistry, name: str, fix: str) -> None:
    server.on("POST", "/uploads/", MISSING)
    server.on("PUT", "/manifests/", MISSING)
    endpoint = Endpoint.parse(f"{server.url}/acme")
    store = open_registry(endpoint, credentials=Anonymous(), profile=BY_NAME[name])
    with pytest.raises(NotFoundError, match="NAME_UNKNOWN: no such repository") as caught:
        store.put_blob(REPOSITORY, BLOB)
    assert caught.value.fix == fix
    with pytest.raises(NotFoundError) as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert caught.value.fix == fix
    store.close()


def test_reading_says_nothing_of_creating(server: ScriptedRegistry) -> None:
    server.on("HEAD", "/manifests/", MISSING)
    store = open_registry(Endpoint.parse(server.url), credentials=Anonymous(), profile=BY_NAME["ecr"])
    with pytest.raises(NotFoundError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert caught.value.fix is None or "aws" not in caught.value.fix
    store.close()


def test_generic_profile_limits_nothing() -> None:
    assert (GENERIC.concurrency, GENERIC.requests_per_s, GENERIC.throttles_with_403) == (None, None, False)
