"""A project folder for each test of the command line: in a layout, where no server is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scenarios import Desk, set_up
from tests.support.scripted_registry import ScriptedRegistry


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Three workflows and three agent cards that go to a layout."""
    return set_up(tmp_path / "desk", "oci-layout:.pallet/registry", capsys)


@pytest.fixture
def synced(desk: Desk) -> Desk:
    """The same, published and locked."""
    ran = desk.pallet("sync")
    assert ran.code == 0, ran.everything
    return desk


@pytest.fixture
def registry() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as server:
        yield server


@pytest.fixture
def online(registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The same files, which go to a registry that a test can break."""
    return set_up(tmp_path / "online", registry.url, capsys)
