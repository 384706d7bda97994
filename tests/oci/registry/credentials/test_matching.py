from __future__ import annotations

import pytest

from reconciler.oci.registry.credentials.matching import canonical, keys_below, keys_of, written_key


@pytest.mark.parametrize(
    ("host", "keys", "found"),
    [
        pytest.param("h", ["h"], ["h"], id="exact"),
        pytest.param("h", ["https://h", "h"], ["h", "https://h"], id="exact-first"),
        pytest.param("h", ["http://h/v1/", "https://h/v2"], ["http://h/v1/", "https://h/v2"], id="versions"),
        pytest.param("h", ["H"], ["H"], id="case"),
        pytest.param("h:5000", ["h", "h:5000"], ["h:5000"], id="port"),
        pytest.param("h", ["h:5000", "h/ns", "x.h", "hh"], [], id="others"),
        pytest.param("docker.io", ["https://index.docker.io/v1/"], ["https://index.docker.io/v1/"], id="hub"),
        pytest.param("registry-1.docker.io", ["docker.io"], ["docker.io"], id="hub-api"),
        pytest.param("docker.io", ["hub.docker.io"], [], id="not-the-hub"),
        pytest.param("[::1]:5000", ["[::1]:5000"], ["[::1]:5000"], id="ipv6"),
    ],
)
def test_host_has_its_keys(host: str, keys: list[str], found: list[str]) -> None:
    assert keys_of(host, keys) == found


@pytest.mark.parametrize(
    ("repository", "found"),
    [
        pytest.param("a/b/c", ["h/a/b/c", "h/a/b", "h/a"], id="most-specific-first"),
        pytest.param("a/b", ["h/a/b", "h/a"], id="part"),
        pytest.param("a/bb", ["h/a"], id="whole-components-only"),
        pytest.param("x", [], id="other"),
        pytest.param(None, [], id="no-repository"),
    ],
)
def test_part_of_a_host_is_named(repository: str | None, found: list[str]) -> None:
    assert keys_below("h", repository, ["h", "h/a", "h/a/b", "h/a/b/c", "g/a"]) == found


def test_part_of_docker_hub_is_named() -> None:
    assert keys_below("registry-1.docker.io", "library/x", ["docker.io/library"]) == ["docker.io/library"]


@pytest.mark.parametrize(
    ("host", "key"),
    [("ghcr.io", "ghcr.io"), ("h:5000", "h:5000"), ("docker.io", "https://index.docker.io/v1/")],
)
def test_key_is_written_as_docker_does(host: str, key: str) -> None:
    assert written_key(host) == key
    assert canonical(key) == canonical(host)
