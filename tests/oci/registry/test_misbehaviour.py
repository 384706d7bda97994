"""Everything that registries were seen to do wrong, each as a switch of the fake, and what the client does then."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from reconciler.errors import PalletError
from tests.oci.registry.misbehaviours import TABLE, Row
from tests.oci.registry.scene import IDENTITY_TOKEN, PASSWORD, Scene, set_up
from tests.support.registry_fake.faults import INSTEAD, SPOIL
from tests.support.scripted_registry import Fault

SECRETS = (PASSWORD, IDENTITY_TOKEN, base64.b64encode(f"bob:{PASSWORD}".encode()).decode(), "token-")


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        pytest.param(fault, row, id=f"{fault.name.lower()}-{number}-{row.does.__name__}")
        for fault, rows in TABLE.items()
        for number, row in enumerate(rows, 1)
    ],
)
def test_misbehaviour_has_its_answer(fault: Fault, row: Row, tmp_path: Path) -> None:
    with set_up(tmp_path, bearer=row.bearer, credential=row.credential, profile=row.profile) as scene:
        scene.server.misbehave(fault, times=row.times).misbehave(*row.also)
        for name, value in row.turned.items():
            assert hasattr(scene.server, name)
            setattr(scene.server, name, value)
        error = _outcome(scene, row)
        assert (fault in scene.server.shown) is not row.never_shown
        _check_requests(scene, row)
        _check_secrets(scene, row, error)


def test_every_misbehaviour_has_a_row() -> None:
    assert set(TABLE) == set(Fault)
    assert all(TABLE.values())


def test_every_misbehaviour_is_built() -> None:
    assert INSTEAD.keys() | SPOIL.keys() == set(Fault)


def _outcome(scene: Scene, row: Row) -> PalletError | None:
    if row.raises is None:
        row.does(scene)
        return None
    with pytest.raises(PalletError, match=row.text) as caught:
        row.does(scene)
    assert isinstance(caught.value, row.raises)
    return caught.value


def _check_requests(scene: Scene, row: Row) -> None:
    counts = scene.store.transport.counts
    assert {kind: counts[kind] for kind in row.counts} == dict(row.counts)
    # Whoever compresses on the way changes sizes and digests.
    assert {request.headers["accept-encoding"] for request in scene.server.requests} == {"identity"}
    if row.pauses_s is not None:
        assert tuple(scene.clock.pauses_s) == row.pauses_s


def _check_secrets(scene: Scene, row: Row, error: PalletError | None) -> None:
    """Nothing secret goes to another origin, nor into a text."""
    for request in scene.foreign_requests():
        if not (row.token_server_elsewhere and request.path == "/token"):
            assert "authorization" not in request.headers
            assert not any(secret.encode() in request.body for secret in SECRETS)
    shown = f"{error} {error.fix}" if error is not None else ""
    assert not [secret for secret in SECRETS if secret in shown]
    assert re.search(r"_state=(?!\*\*\*)", shown) is None
