"""Projects that a watch looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Two workflows that go to a layout."""
    files = {"workflows/router.yaml": workflow(), "workflows/triage.yaml": workflow("2.0.0")}
    return make_project(tmp_path / "project", WORKFLOWS, files)


@pytest.fixture
def online(
    docker_registry: DockerRegistry, repository_prefix: str, tmp_path: Path
) -> tuple[ProjectFolder, str, str]:
    """The same, in a registry: the folder, the registry's host, and the prefix of repositories."""
    target = (
        f'\n[target.lab]\nurl = "{docker_registry.url}/{repository_prefix}"\n[defaults]\ntarget = "lab"\n'
    )
    files = {"workflows/router.yaml": workflow(), "workflows/triage.yaml": workflow("2.0.0")}
    project = make_project(tmp_path / "online", target + WORKFLOWS, files)
    return project, docker_registry.host, repository_prefix
