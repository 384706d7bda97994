"""A scripted registry for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import opened
from tests.support.scripted_registry import ScriptedRegistry


@pytest.fixture
def server() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as running:
        yield running


@pytest.fixture
def store(server: ScriptedRegistry) -> Iterator[RegistryStore]:
    with opened(server) as store:
        yield store
