"""Registries that are known by their host names."""

from __future__ import annotations

import pytest

from reconciler.oci.registry.profiles import BY_NAME, PROFILES, find_profile


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
