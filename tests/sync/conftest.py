"""A project of two workflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow

LATEST = '\n[defaults]\nfloating-tags = ["latest"]\n'

FILES = {"workflows/router.yaml": workflow(), "workflows/summary.yaml": workflow("2.0.0")}


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return make_project(tmp_path / "project", LATEST + WORKFLOWS, FILES)
