"""A store in memory, and a folder beside a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.memory_store import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("host.test")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret")
    return tmp_path / "out"
