"""What a registry's answers say about it."""

from __future__ import annotations

import time

import pytest

from reconciler.oci.checkup import Health
from reconciler.oci.reference import Repository
from reconciler.oci.registry.checkup import SKEW_MAX_S, examine_registry
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import open_registry
from tests.support.scripted_registry import ScriptedRegistry


@pytest.mark.parametrize(
    ("skew_s", "health", "said"),
    [
        pytest.param(0, Health.GOOD, "agree", id="same"),
        pytest.param(SKEW_MAX_S + 30, Health.NOTE, "ahead of the registry's", id="we are ahead"),
        pytest.param(-SKEW_MAX_S - 30, Health.NOTE, "behind the registry's", id="we are behind"),
    ],
)
def test_clocks_are_compared(skew_s: float, health: Health, said: str) -> None:
    with ScriptedRegistry() as server:
        store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())
        checks = {
            check.name: check
            for check in examine_registry(store, Repository("probe"), now_s=time.time() + skew_s)
        }
        store.close()

    assert (checks["clock"].health, said in checks["clock"].said) == (health, True)
