"""More versions than the one that an inventory has."""

from __future__ import annotations

import pytest

from reconciler.desired.versions.constraints import Constraint
from reconciler.discovery.asking import Asking
from reconciler.discovery.current import Eligible
from reconciler.discovery.deepening import deepen
from reconciler.discovery.entries import Inventory
from reconciler.errors import StoppedError, StoreError
from reconciler.oci.reference import Tag
from tests.discovery.published import REPOSITORY, release, uncached
from tests.support.memory_store import MemoryStore

EMPTY = Inventory((), "registry", None, ("before",))


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for tag in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
        release(store, tag)
    release(store, "2.0.0", annotations={"org.pallet.release.stable": "false"})
    return store


def tags(store: MemoryStore, eligible: Eligible | None = None) -> list[str]:
    found = deepen(EMPTY, [REPOSITORY], store, uncached(store), Asking(2), eligible=eligible)
    return [entry.tag for entry in found.entries]


def test_every_version_is_read(store: MemoryStore) -> None:
    assert tags(store) == ["1.0.0", "1.1.0", "2.0.0", "2.0.0-rc.1"]


@pytest.mark.parametrize(
    ("eligible", "expected", "reads"),
    [
        (Eligible(Constraint("~1.0")), ["1.0.0"], 1),
        (Eligible(Constraint("^1")), ["1.1.0"], 1),
        (Eligible(Constraint(">=1")), ["1.1.0", "2.0.0"], 2),
        (Eligible(prereleases=True), ["2.0.0"], 1),
        (Eligible(Constraint("^9")), [], 0),
    ],
)
def test_only_as_many_as_it_takes(
    store: MemoryStore, eligible: Eligible, expected: list[str], reads: int
) -> None:
    assert tags(store, eligible) == expected
    assert store.count("fetch_manifest") == reads


def test_what_cannot_be_read_is_a_note(store: MemoryStore) -> None:
    store.tamper(REPOSITORY, Tag("1.1.0"), b"<html>")

    found = deepen(EMPTY, [REPOSITORY], store, uncached(store), Asking())

    assert len(found.entries) == 3
    assert found.notes == (
        "before",
        "memory.test/workflows/router:1.1.0: left out: not a manifest: expected JSON, got b'<html>'",
    )


def test_repository_that_cannot_be_asked_is_a_note(store: MemoryStore) -> None:
    store.failing["list_tags", REPOSITORY] = StoreError("memory.test: 503")

    found = deepen(EMPTY, [REPOSITORY], store, uncached(store), Asking())

    assert found.entries == ()
    assert found.notes[1:] == ("memory.test/workflows/router: older versions are left out: memory.test: 503",)


def test_signal_stops_it(store: MemoryStore) -> None:
    store.failing["list_tags", REPOSITORY] = StoppedError("stopped", signal_number=2)

    with pytest.raises(StoppedError):
        deepen(EMPTY, [REPOSITORY], store, uncached(store), Asking())
