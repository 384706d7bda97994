"""A registry object over a directory, and one over HTTP, each with the same project in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import Registry
from tests.library.shop import environment_of, write_project
from tests.support.scripted_registry import ScriptedRegistry


@pytest.fixture
def server() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as server:
        yield server


@pytest.fixture(params=["directory", "http"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "directory":
        return f"oci-layout:{tmp_path / 'shelf'}"
    server = request.getfixturevalue("server")
    assert isinstance(server, ScriptedRegistry)
    return f"{server.url}/acme"


@pytest.fixture
def project(url: str, tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", url)


@pytest.fixture
def registry(url: str, project: Path, tmp_path: Path) -> Iterator[Registry]:
    """The registry, with the project published."""
    with Registry.open(url, directory=tmp_path, environment=environment_of(tmp_path)) as registry:
        assert registry.sync(project).exit_code == 0
        yield registry
