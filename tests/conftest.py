"""What every test has: an environment of its own, and a registry where it asks for one."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.docker_registry import MISSING, PASSWORD, USER, DockerRegistry, find_binary
from tests.support.token_server import TokenServer

settings.register_profile("pallet", derandomize=True, deadline=None, database=None)
settings.load_profile("pallet")

NO_REGISTRY = os.environ.get("PALLET_TEST_NO_REGISTRY") == "1"
_FOREIGN = re.compile(
    r"(?:(?:https?|all|no|ftp)_proxy|docker_config|docker_auth_config|registry_auth_file|xdg_runtime_dir|xdg_config_home|pallet_.*|ci|ci_.*|github_.*|gitlab_.*)",
    re.IGNORECASE,
)
"""Variables that change what pallet does: a test sets the ones it means."""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if _FOREIGN.fullmatch(name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def repository_prefix() -> str:
    """A first component of repository names that no other test has."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A running registry that many tests share: each keeps below its `repository_prefix`."""
    yield from _running(DockerRegistry(tmp_path_factory.mktemp("registry")))


@pytest.fixture
def own_docker_registry(tmp_path: Path) -> Iterator[DockerRegistry]:
    """A running registry of this test alone, to be stopped, started, emptied."""
    yield from _running(DockerRegistry(_new(tmp_path / "own-registry")))


@pytest.fixture
def login_docker_registry(tmp_path: Path) -> Iterator[DockerRegistry]:
    """A running registry that wants USER and PASSWORD of `tests.support.docker_registry`."""
    yield from _running(DockerRegistry(_new(tmp_path / "login-registry"), with_login=True))


@pytest.fixture(scope="session")
def password_docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """The same, which many tests share: each keeps below its `repository_prefix`."""
    yield from _running(DockerRegistry(tmp_path_factory.mktemp("password-registry"), with_login=True))


@pytest.fixture(scope="session")
def token_docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A shared registry that wants tokens, which its token server gives to USER with PASSWORD."""
    with TokenServer({USER: PASSWORD}) as tokens:
        yield from _running(DockerRegistry(tmp_path_factory.mktemp("token-registry"), tokens=tokens))


@pytest.fixture(scope="session")
def tls_docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A shared registry over https, whose certificate `tests.support.certificates.CA` vouches for."""
    yield from _running(DockerRegistry(tmp_path_factory.mktemp("tls-registry"), with_tls=True))


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _running(registry: DockerRegistry) -> Iterator[DockerRegistry]:
    if NO_REGISTRY:
        pytest.skip("PALLET_TEST_NO_REGISTRY=1: not run against docker-registry")
    if find_binary() is None:
        pytest.fail(MISSING, pytrace=False)
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()
