"""One goal of a watch: what a store that holds it already is asked for, and not sent."""

from __future__ import annotations

import pytest

from reconciler.oci.reference import Repository, Tag
from reconciler.sync.watching.delivery import deliver
from reconciler.sync.watching.ledger import Goal
from tests.support.memory_store import MemoryStore
from tests.support.wanted import NAME, wanted


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_what_a_tag_names_already_is_not_sent(algorithm: str) -> None:
    item, store = wanted(), MemoryStore()
    store.tamper(Repository(NAME), Tag("dev"), item.manifest, algorithm=algorithm)
    done = deliver(store, Goal(item, (Tag("dev"),), is_known=False, is_saved=True))
    assert (done.held, done.pushed, done.error) == ({Tag("dev"): item.digest}, None, None)
    assert store.writes == []
