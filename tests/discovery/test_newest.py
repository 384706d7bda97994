"""The version that people mean where they name none."""

from __future__ import annotations

from reconciler.discovery.newest import Looked, Newest
from reconciler.errors import NotFoundError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import ManifestContent
from tests.discovery.published import REPOSITORY, release, uncached
from tests.support.memory_store import MemoryStore

UNSTABLE = {"org.pallet.release.stable": "false"}


class Forgetful(MemoryStore):
    """Lists tags that are gone."""

    def __init__(self, *gone: str) -> None:
        super().__init__()
        self._gone = gone

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        if reference in self._gone:
            raise NotFoundError(f"{self.name(repository, reference)}: not found")
        return super().fetch_manifest(repository, reference)


def look(store: MemoryStore) -> Looked:
    return Newest(store, uncached(store)).look(REPOSITORY)


def tag_of(looked: Looked) -> str | None:
    return None if looked.entry is None else str(looked.entry.tag)


def test_older_prerelease_stands_in_for_one_that_is_gone() -> None:
    store = Forgetful("1.0.0-rc.3")
    for tag in ("1.0.0-rc.1", "1.0.0-rc.2", "1.0.0-rc.3"):
        release(store, tag)

    looked = look(store)

    assert tag_of(looked) == "1.0.0-rc.2"
    assert looked.notes == (
        f"memory.test/{REPOSITORY}:1.0.0-rc.3: in the list of tags, and not there: left out",
    )


def test_first_prerelease_that_can_be_read_is_the_last_one_asked_for() -> None:
    store = MemoryStore()
    release(store, "1.0.0-rc.1")
    release(store, "1.0.0-rc.2", annotations=UNSTABLE)
    store.calls.clear()

    assert tag_of(look(store)) == "1.0.0-rc.2"
    assert [call[0] for call in store.calls].count("fetch_manifest") == 1


def test_prereleases_that_are_all_gone_leave_nothing() -> None:
    store = Forgetful("1.0.0-rc.1", "1.0.0-rc.2")
    release(store, "1.0.0-rc.1")
    release(store, "1.0.0-rc.2")

    looked = look(store)

    assert (looked.entry, looked.is_empty, len(looked.notes)) == (None, False, 2)


def test_stable_version_is_preferred() -> None:
    store = MemoryStore()
    release(store, "1.0.0")
    release(store, "1.1.0", annotations=UNSTABLE)
    release(store, "2.0.0-rc.1")

    assert tag_of(look(store)) == "1.0.0"
