"""What is done of a plan, in which order, and what becomes of the rest when something fails."""

from __future__ import annotations

import pytest

from reconciler.errors import (
    NotFoundError,
    PalletError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
)
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.actions import Outcome
from reconciler.sync.exit_codes import of_report
from reconciler.sync.outcomes import Result
from reconciler.sync.verdicts import Permission
from tests.support.memory_store import MemoryStore
from tests.support.wanted import NAME, floating_key, key, make_manifest, wanted
from tests.sync.worlds import World, published, put_tags, someone_elses

DOWN = StoreError("memory.test: 503", fix="try again later")


def test_new_artifact_costs_blob_manifest_and_two_calls_a_tag() -> None:
    item = wanted(floating_tags=["latest"])
    world = World([item])
    world.run()
    blob = item.blobs[0].digest
    assert world.store.calls == [
        ("head_manifest", NAME, "1.0.0"),
        ("list_tags", NAME),
        ("put_blob", NAME, blob),
        ("put_manifest", NAME, "1.0.0"),
        ("put_manifest", NAME, "latest"),
        ("head_manifest", NAME, "latest"),
    ]


def test_new_version_moves_the_floating_tag() -> None:
    old = wanted(version="1.0.0", floating_tags=["latest"])
    new = wanted(version="1.1.0", floating_tags=["latest"])
    world = published(old)
    world.wanted = [new]
    world.run()
    assert world.store.calls == [
        ("head_manifest", NAME, "1.1.0"),
        ("head_manifest", NAME, "latest"),
        ("put_blob", NAME, new.blobs[0].digest),
        ("put_manifest", NAME, "1.1.0"),
        ("put_manifest", NAME, "latest"),
        ("head_manifest", NAME, "latest"),
    ]
    assert world.holds(NAME, "latest") == new.digest


@pytest.mark.parametrize(
    ("size_bytes", "is_probed"),
    [
        pytest.param(64 * 1024, False, id="64-KiB-are-sent"),
        pytest.param(64 * 1024 + 1, True, id="more-is-asked-for-first"),
    ],
)
def test_only_large_blobs_are_asked_for_first(size_bytes: int, is_probed: bool) -> None:
    world = World([wanted(content=b"x" * size_bytes)])
    world.run()
    assert world.store.count("has_blob") == is_probed
    assert world.store.count("put_blob") == 1


def test_large_blob_that_is_there_is_not_sent() -> None:
    item = wanted(content=b"x" * (64 * 1024 + 1))
    world = World([item])
    world.store.put_blob(Repository(NAME), item.blobs[0])
    world.run()
    assert world.store.count("put_blob") == 1


def test_restoring_asks_for_the_blob_first() -> None:
    item = wanted()
    world = published(item)
    world.hold(NAME, "1.0.0", someone_elses(NAME))
    world.permissions = {NAME: Permission(immutable=True, restore=True)}
    world.run()
    assert [call[0] for call in world.store.calls] == ["head_manifest", "has_blob", "put_manifest"]


def test_required_artifacts_come_first() -> None:
    world = World(
        [
            wanted("notes/a", requires=["notes/b"]),
            wanted("notes/b", requires=["notes/c"]),
            wanted("notes/c"),
        ]
    )
    world.run()
    assert put_tags(world.store.calls) == [
        ("notes/c", "1.0.0"),
        ("notes/b", "1.0.0"),
        ("notes/a", "1.0.0"),
    ]


def test_one_failure_does_not_stop_the_others() -> None:
    world = World([wanted("notes/a"), wanted("notes/b"), wanted("notes/c")])
    world.store.failing[("put_blob", "notes/b")] = DOWN
    assert world.run_for_outcomes() == {
        "notes/a:1.0.0": "done",
        "notes/b:1.0.0": "failed",
        "notes/c:1.0.0": "done",
    }


def test_failure_says_what_went_wrong_and_what_to_do() -> None:
    world = World([wanted()])
    world.store.failing[("put_manifest", NAME)] = DOWN
    assert world.run_for_result() == Result(Outcome.FAILED, "memory.test: 503", 1, "try again later")


@pytest.mark.parametrize(
    ("failure", "code"),
    [(ThrottledError("memory.test: 429"), 75), (UnauthorisedError("memory.test: 403"), 77)],
    ids=["throttled", "not-authorised"],
)
def test_failure_keeps_its_exit_code(failure: PalletError, code: int) -> None:
    world = World([wanted("notes/a"), wanted("notes/b")])
    world.store.failing = {("put_blob", name): failure for name in ("notes/a", "notes/b")}
    _, results = world.run()
    assert of_report(results) == code


def test_blob_that_failed_leaves_no_manifest() -> None:
    world = World([wanted(floating_tags=["latest"])])
    world.store.failing[("put_blob", NAME)] = DOWN
    world.run()
    assert put_tags(world.store.calls) == []


def test_what_waits_for_a_failure_is_skipped_and_says_so() -> None:
    world = World(
        [
            wanted("notes/a", requires=["notes/b"]),
            wanted("notes/b", requires=["notes/c"]),
            wanted("notes/c"),
            wanted("notes/d"),
        ]
    )
    world.store.failing[("put_blob", "notes/c")] = DOWN
    _, results = world.run()
    assert results.artifacts[key("notes/b")] == Result(
        Outcome.SKIPPED, "waits for notes/c 1.0.0, which was not published", fix="pallet sync"
    )
    assert results.artifacts[key("notes/a")] == Result(
        Outcome.SKIPPED, "waits for notes/b 1.0.0, which was not published", fix="pallet sync"
    )
    assert results.artifacts[key("notes/d")].outcome is Outcome.DONE
    assert of_report(results) == 5


def test_floating_tag_of_a_failed_artifact_is_skipped() -> None:
    world = World([wanted(floating_tags=["latest"])])
    world.store.failing[("put_blob", NAME)] = DOWN
    assert world.run_for_outcomes() == {f"{NAME}:1.0.0": "failed", f"{NAME}:latest": "skipped"}


def test_failed_floating_tag_keeps_its_artifact() -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    world.store.forget(*floating_key(NAME, "latest"))
    world.store.failing[("put_manifest", NAME)] = DOWN
    assert world.run_for_outcomes() == {f"{NAME}:1.0.0": "done", f"{NAME}:latest": "failed"}
    assert world.locked == {item.key: item.as_locked}


def test_what_is_refused_touches_nothing() -> None:
    item = wanted()
    world = World([item])
    held = world.hold(NAME, "1.0.0", someone_elses(NAME))
    result = world.run_for_result()
    assert result.outcome is Outcome.REFUSED
    assert result.error is not None
    assert result.error.startswith("somebody published other content under this version")
    assert result.fix is not None
    assert world.store.writes == []
    assert world.holds(NAME, "1.0.0") == held


def test_what_waits_for_a_refusal_is_skipped() -> None:
    world = World([wanted("notes/a", requires=["notes/b"]), wanted("notes/b")])
    world.hold("notes/b", "1.0.0", someone_elses("notes/b"))
    _, results = world.run()
    assert results.artifacts[key("notes/a")].outcome is Outcome.SKIPPED
    assert world.store.writes == []
    assert of_report(results) == 4


def test_versions_with_the_same_blob_go_one_after_another() -> None:
    """The reference registry may refuse a manifest while its blob is being put once more."""
    items = [wanted(version=text) for text in ("1.0.0", "1.1.0", "2.0.0")]
    world = World(items, jobs=4)
    world.run()
    blob = items[0].blobs[0].digest
    assert world.store.writes == [
        call for item in items for call in (("put_blob", NAME, blob), ("put_manifest", NAME, item.tag))
    ]


def test_failed_version_does_not_stop_one_with_the_same_blob() -> None:
    class Refusing(MemoryStore):
        def put_manifest(
            self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
        ) -> Digest:
            if reference == "1.0.0":
                raise DOWN
            return super().put_manifest(repository, reference, content, media_type)

    world = World([wanted(version=text) for text in ("1.0.0", "2.0.0")], store=Refusing())
    assert world.run_for_outcomes() == {f"{NAME}:1.0.0": "failed", f"{NAME}:2.0.0": "done"}


def test_manifest_that_vanished_is_a_failure() -> None:
    world = World([wanted()])
    world.store.failing[("put_manifest", NAME)] = NotFoundError("memory.test: no such repository")
    assert world.run_for_result().outcome is Outcome.FAILED


def test_floating_tag_moves_back_to_restored_content() -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    other = make_manifest(NAME, "1.0.0", b"changed by hand")
    world.hold(NAME, "1.0.0", other)
    world.hold(NAME, "latest", other)
    world.permissions = {NAME: Permission(immutable=True, restore=True)}
    world.run()
    assert world.holds(NAME, "1.0.0") == item.digest
    assert world.holds(NAME, "latest") == item.digest
