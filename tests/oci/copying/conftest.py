"""Two stores in memory."""

from __future__ import annotations

import pytest

from tests.support.memory_store import MemoryStore


@pytest.fixture
def source() -> MemoryStore:
    return MemoryStore("source.test")


@pytest.fixture
def destination() -> MemoryStore:
    return MemoryStore("destination.test")
