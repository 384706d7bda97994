"""What others do while a plan is applied: tags that move, stops, files that change, mistakes."""

from __future__ import annotations

import io
import signal
import threading
from dataclasses import replace

from reconciler.desired.wanted import Wanted
from reconciler.errors import (
    UnreachableError,
)
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.actions import Outcome
from reconciler.sync.exit_codes import of_report
from reconciler.sync.outcomes import Result
from tests.support.memory_store import MemoryStore
from tests.support.wanted import NAME, floating_key, key, wanted
from tests.sync.worlds import World, put_tags, someone_elses


class _Racing(MemoryStore):
    """Somebody else moves `latest` right after each of our writes to it."""

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        written = super().put_manifest(repository, reference, content, media_type)
        if reference == "latest":
            self.tamper(repository, Tag("latest"), someone_elses(repository))
        return written


def test_tag_that_somebody_moved_meanwhile_is_reported() -> None:
    item = wanted(floating_tags=["latest"])
    world = World([item], store=_Racing())
    _, results = world.run()
    other = Digest.of(someone_elses(NAME))
    assert results.floating[floating_key(NAME, "latest")] == Result(
        Outcome.FAILED,
        f"memory.test/{NAME}:latest: moved by somebody else at the same time: "
        f"expected {item.digest}, got {other}",
        1,
        "pallet sync",
    )
    assert results.artifacts[item.key].outcome is Outcome.DONE


class _Vanishing(MemoryStore):
    """Somebody else deletes `latest` right after each of our writes to it."""

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        written = super().put_manifest(repository, reference, content, media_type)
        if reference == "latest":
            self.forget(repository, Tag("latest"))
        return written


def test_tag_that_somebody_deleted_meanwhile_is_reported() -> None:
    world = World([wanted(floating_tags=["latest"])], store=_Vanishing())
    assert world.run_for_outcomes() == {f"{NAME}:1.0.0": "done", f"{NAME}:latest": "failed"}


class _Stopping(MemoryStore):
    """Asks for a stop in the middle of the first blob."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        assert self.world is not None
        self.world.stop.request(signal.SIGINT)
        super().put_blob(repository, blob)


def test_stop_finishes_what_is_in_flight_and_skips_the_rest() -> None:
    store = _Stopping()
    items = [wanted("notes/a", floating_tags=["latest"]), wanted("notes/b"), wanted("notes/c")]
    world = World(items, store=store, jobs=1)
    store.world = world
    _, results = world.run()
    assert {str(name): str(result.outcome) for (name, _), result in results.artifacts.items()} == {
        "notes/a": "done",
        "notes/b": "skipped",
        "notes/c": "skipped",
    }
    assert results.artifacts[key("notes/b")] == Result(
        Outcome.SKIPPED, "stopped before it was begun", fix="pallet sync"
    )
    assert results.floating[floating_key("notes/a", "latest")].outcome is Outcome.SKIPPED
    assert of_report(results) == 130


def test_stop_keeps_the_lock_for_what_is_done() -> None:
    store = _Stopping()
    items = [wanted("notes/a"), wanted("notes/b")]
    world = World(items, store=store, jobs=1)
    store.world = world
    world.run()
    assert world.locked == {items[0].key: items[0].as_locked}


def test_run_after_a_stop_converges() -> None:
    store = _Stopping()
    items = [wanted("notes/a"), wanted("notes/b")]
    world = World(items, store=store, jobs=1)
    store.world = world
    world.run()
    quiet = World(items, world.locked, store)
    store.world = quiet
    _, results = quiet.run()
    assert [result.outcome for result in results.artifacts.values()] == [Outcome.DONE, Outcome.DONE]


class _Meeting(MemoryStore):
    """Two blobs have to be under way at once before one of them goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.barrier = threading.Barrier(2, timeout=30)

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        self.barrier.wait()
        super().put_blob(repository, blob)


def test_jobs_publish_side_by_side() -> None:
    world = World([wanted("notes/a"), wanted("notes/b")], store=_Meeting(), jobs=2)
    assert world.run_for_outcomes() == {"notes/a:1.0.0": "done", "notes/b:1.0.0": "done"}


def _changed_on_disk(item: Wanted) -> Wanted:
    blob = item.blobs[0]
    return replace(
        item, blobs=(Blob(blob.digest, blob.size_bytes, lambda: io.BytesIO(b"x" * blob.size_bytes)),)
    )


def test_file_that_changed_since_it_was_read_is_not_published() -> None:
    world = World([_changed_on_disk(wanted("notes/a")), wanted("notes/b")])
    _, results = world.run()
    failed = results.artifacts[key("notes/a")]
    assert failed.outcome is Outcome.FAILED
    assert failed.error is not None
    assert "digest mismatch" in failed.error
    assert put_tags(world.store.calls) == [("notes/b", "1.0.0")]


def _gone_from_disk(item: Wanted) -> Wanted:
    def open_blob() -> io.BytesIO:
        raise FileNotFoundError(2, "No such file or directory", "notes/a.txt")

    blob = item.blobs[0]
    return replace(item, blobs=(Blob(blob.digest, blob.size_bytes, open_blob),))


def test_file_that_is_gone_since_it_was_read_fails_alone() -> None:
    world = World([_gone_from_disk(wanted("notes/a")), wanted("notes/b")], jobs=1)
    _, results = world.run()
    assert results.artifacts[key("notes/a")] == Result(
        Outcome.FAILED, "notes/a.txt: No such file or directory", 1, "pallet sync"
    )
    assert list(world.locked) == [key("notes/b")]


class _Mistaken(MemoryStore):
    """Does what no store should: raises what is no PalletError."""

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        if repository == "notes/a":
            raise LookupError("who?")
        super().put_blob(repository, blob)


def test_mistake_of_our_own_fails_alone() -> None:
    world = World([wanted("notes/a"), wanted("notes/b")], store=_Mistaken())
    _, results = world.run()
    assert results.artifacts[key("notes/a")] == Result(
        Outcome.FAILED, "a mistake in pallet: LookupError('who?')", 1, "please report it"
    )
    assert list(world.locked) == [key("notes/b")]


def test_store_that_goes_away_fails_everything_else() -> None:
    world = World([wanted("notes/a"), wanted("notes/b")])
    plan = world.plan()
    world.store.down = UnreachableError("memory.test: no answer")
    results = world.apply(plan)
    assert {result.outcome for result in results.everything} == {Outcome.FAILED}
    assert of_report(results) == 1
    assert world.locked == {}
