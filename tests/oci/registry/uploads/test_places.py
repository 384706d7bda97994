"""What is sent once only, and what a registry may ask for again."""

from __future__ import annotations

import pytest

from reconciler.errors import ThrottledError
from tests.oci.registry.uploads.large_blobs import is_stored, put
from tests.support.scripted_registry import Reply, ScriptedRegistry


@pytest.mark.parametrize("status", [502, 503])
def test_failure_after_the_commit_sends_nothing_again(server: ScriptedRegistry, status: int) -> None:
    server.on("PUT", "/uploads/", lambda request: (server.faithful(request), Reply(status))[1], times=1)
    assert put(server, None, retries=1) == {"POST": 1, "PUT": 1, "HEAD blob": 1}
    assert is_stored(server)


def test_503_with_retry_after_is_waited_for(server: ScriptedRegistry) -> None:
    server.on("PUT", "/uploads/", Reply(503, {"Retry-After": "1"}), times=1)
    assert put(server, None) == {"POST": 1, "PUT": 2}
    assert is_stored(server)


def test_503_to_the_end_is_throttling(server: ScriptedRegistry) -> None:
    server.on("PUT", "/uploads/", Reply(503))
    with pytest.raises(ThrottledError):
        put(server, None, retries=1)
    assert not is_stored(server)
