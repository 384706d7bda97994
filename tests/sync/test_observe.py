"""What is asked of a store, in which order and how often; and what its answers become."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest

from reconciler.desired.lockfile import Key, Locked
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import Wanted
from reconciler.errors import (
    NotFoundError,
    PalletError,
    StoppedError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
    UnreachableError,
)
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_DESCRIPTOR, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.actions import Observations
from reconciler.sync.facts import Absent, FloatingAbsent, FloatingPresent, Present, Unknown
from reconciler.sync.floating import set_goals
from reconciler.sync.observe import Observer
from reconciler.sync.stop import Stop
from tests.support.memory_store import MemoryStore
from tests.support.wanted import (
    NAME,
    PROJECT_NAME,
    digest,
    floating_key,
    key,
    lock_of,
    locked,
    make_manifest,
    wanted,
)
from tests.sync.worlds import World, published, someone_elses

LATEST = floating_key(NAME, "latest")


class Recorder:
    """Hears of progress."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self, what: str, total: int) -> None:
        self.heard.append(f"{what} {total}")

    def advance(self, item: str) -> None:
        self.heard.append(item)

    def end(self) -> None:
        self.heard.append("end")


def test_tag_that_is_there_is_present() -> None:
    item = wanted()
    assert published(item).observe().artifacts == {item.key: Present(item.digest)}


def test_tag_that_is_not_there_is_absent() -> None:
    item = wanted()
    assert World([item]).observe().artifacts == {item.key: Absent()}


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        pytest.param(UnreachableError("memory.test: no answer", fix="try again"), 1, id="unreachable"),
        pytest.param(StoreError("memory.test: 503"), 1, id="server-error"),
        pytest.param(ThrottledError("memory.test: 429"), 75, id="throttled"),
        pytest.param(UnauthorisedError("memory.test: 401"), 77, id="not-authorised"),
    ],
)
def test_no_answer_is_unknown_and_never_absent(failure: PalletError, code: int) -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    world.store.down = failure
    unknown = Unknown(str(failure), code, failure.fix)
    assert world.observe() == Observations({item.key: unknown}, {LATEST: unknown})


def test_one_unknown_leaves_the_others_known() -> None:
    broken, fine = wanted("notes/broken"), wanted("notes/fine")
    world = published(broken, fine)
    world.store.failing[("head_manifest", "notes/broken")] = StoreError("memory.test: 503")
    assert world.observe().artifacts == {
        broken.key: Unknown("memory.test: 503", 1),
        fine.key: Present(fine.digest),
    }


def test_floating_tag_of_a_wanted_digest_is_known_without_reading() -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    assert world.observe().floating == {LATEST: FloatingPresent(item.digest, item.version)}
    assert world.store.count("fetch_manifest") == 0


def test_floating_tag_of_a_locked_digest_is_known_without_reading() -> None:
    item = wanted(version="1.1.0", floating_tags=["latest"])
    world = World([item])
    old = world.hold(NAME, "latest", make_manifest(NAME, "1.0.0", b"old"))
    world.locked = lock_of(locked(version="1.0.0", holds=old))
    assert world.observe().floating == {LATEST: FloatingPresent(old, Version("1.0.0"))}
    assert world.store.count("fetch_manifest") == 0


def test_version_of_an_unknown_digest_is_read() -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    newer = world.hold(NAME, "latest", make_manifest(NAME, "2.0.0", b"newer"))
    assert world.observe().floating == {LATEST: FloatingPresent(newer, Version("2.0.0"))}
    assert world.store.count("fetch_manifest") == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(someone_elses(NAME), id="another-project"),
        pytest.param(make_manifest(NAME, "newest", b"x"), id="no-semantic-version"),
        pytest.param(b'{"schemaVersion":2,"layers":[],"config":5}', id="no-manifest"),
        pytest.param(b"<html>", id="html"),
    ],
)
def test_what_is_no_version_of_ours_has_none(content: bytes) -> None:
    world = published(wanted(floating_tags=["latest"]))
    world.hold(NAME, "latest", content)
    assert world.observe().floating == {
        LATEST: FloatingPresent(Digest.of(content), None, (Version("1.0.0"),))
    }


def test_what_somebody_put_under_a_version_tag_is_no_version_of_ours() -> None:
    world = published(wanted(floating_tags=["latest"]))
    other = world.hold(NAME, "1.0.0", someone_elses(NAME))
    world.hold(NAME, "latest", someone_elses(NAME))
    assert world.observe().floating == {LATEST: FloatingPresent(other, None, (Version("1.0.0"),))}


def test_floating_tag_whose_manifest_cannot_be_read_is_unknown() -> None:
    world = published(wanted(floating_tags=["latest"]))
    world.hold(NAME, "latest", someone_elses(NAME))
    world.store.failing[("fetch_manifest", NAME)] = StoreError("memory.test: 503")
    assert world.observe().floating == {LATEST: Unknown("memory.test: 503", 1)}


def test_deleted_floating_tag_knows_the_stable_versions() -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    world.store.forget(*LATEST)
    for tag in ("2.0.0", "v1.5.0", "2.1.0-rc.1", "edge", "1.0.0_b1"):
        world.hold(NAME, tag, someone_elses(NAME))
    found = world.observe().floating[LATEST]
    assert isinstance(found, FloatingAbsent)
    stable = [version.text for version in found.published if not version.is_prerelease]
    assert stable == ["1.0.0", "1.0.0+b1", "1.5.0", "2.0.0"]


def test_tag_list_that_cannot_be_read_is_unknown() -> None:
    world = World([wanted(floating_tags=["latest"])])
    world.store.failing[("list_tags", NAME)] = StoreError("memory.test: 503")
    assert world.observe().floating == {LATEST: Unknown("memory.test: 503", 1)}


def test_in_sync_costs_one_head_each() -> None:
    items = [wanted(f"notes/n{index}", floating_tags=["latest", "{major}"]) for index in range(3)]
    world = published(*items)
    world.run()
    assert sorted(world.store.calls) == sorted(
        ("head_manifest", item.name, tag) for item in items for tag in (item.tag, "latest", "1")
    )


def test_in_sync_without_floating_tags_costs_one_head() -> None:
    world = published(wanted())
    world.run()
    assert world.store.calls == [("head_manifest", NAME, "1.0.0")]


def test_in_sync_with_several_versions_reads_no_manifest() -> None:
    items = [wanted(version=text, floating_tags=["latest", "{major}"]) for text in ("1.0.0", "2.0.0")]
    world = published(*items)
    world.run()
    assert [call[0] for call in world.store.calls] == ["head_manifest"] * 5


def test_new_repository_is_listed_instead_of_asked_for_its_tag() -> None:
    world = World([wanted(floating_tags=["latest"])])
    world.observe()
    assert world.store.calls == [("head_manifest", NAME, "1.0.0"), ("list_tags", NAME)]


def test_new_repository_is_listed_once() -> None:
    world = World([wanted(floating_tags=["latest", "{major}", "{major}.{minor}"])])
    world.observe()
    assert world.store.count("list_tags") == 1


def test_repository_that_lost_its_floating_tags_is_listed_once() -> None:
    item = wanted(floating_tags=["latest", "{major}"])
    world = published(item)
    world.store.forget(*LATEST)
    world.store.forget(*floating_key(NAME, "1"))
    world.observe()
    assert world.store.count("list_tags") == 1


def test_repositories_without_floating_tags_are_never_listed() -> None:
    World([wanted()]).observe()
    world = World([wanted()])
    world.observe()
    assert world.store.count("list_tags") == 0


def test_floating_tag_of_a_new_repository_that_exists_is_asked_for() -> None:
    """Nothing is locked and the version is not there, but somebody has a `latest`."""
    world = World([wanted(floating_tags=["latest"])])
    old = world.hold(NAME, "latest", make_manifest(NAME, "0.5.0", b"old"))
    assert world.observe().floating == {LATEST: FloatingPresent(old, Version("0.5.0"))}


def test_looking_writes_nothing() -> None:
    world = World([wanted(floating_tags=["latest"]), wanted("notes/other")])
    world.observe()
    assert world.store.writes == []


def test_stop_before_looking_asks_nothing() -> None:
    world = World([wanted()])
    world.stop.request(signal.SIGINT)
    with pytest.raises(StoppedError) as caught:
        world.observe()
    assert caught.value.exit_code == 130
    assert world.store.calls == []


def test_terminated_while_looking_exits_143() -> None:
    world = World([wanted()])
    world.stop.request(signal.SIGTERM)
    with pytest.raises(StoppedError) as caught:
        world.observe()
    assert caught.value.exit_code == 143


def test_progress_hears_of_every_question() -> None:
    item = wanted(floating_tags=["latest"])
    world, recorder = published(item), Recorder()
    Observer(world.store, PROJECT_NAME, 1, Stop(), recorder).observe([item], set_goals([item]), {})
    assert recorder.heard == ["checking 2", NAME, NAME, "end"]


def test_progress_ends_when_stopped() -> None:
    recorder, stop = Recorder(), Stop()
    stop.request(signal.SIGINT)
    with pytest.raises(StoppedError):
        Observer(MemoryStore(), PROJECT_NAME, 1, stop, recorder).observe([wanted()], [], {})
    assert recorder.heard == ["checking 1", "end"]


class _NoRepository(MemoryStore):
    """Answers as a registry does that has never heard of the repository."""

    def list_tags(self, repository: object) -> list[object]:  # type: ignore[override]
        raise NotFoundError(f"{repository}: not found")


def test_repository_that_is_not_there_has_no_tags() -> None:
    item = wanted(floating_tags=["latest"])
    world = World([item], store=_NoRepository())
    assert world.observe().floating == {LATEST: FloatingAbsent()}


def test_locked_version_of_another_name_says_nothing() -> None:
    item: Wanted = wanted(floating_tags=["latest"])
    lock: dict[Key, Locked] = lock_of(locked("notes/other", holds=digest("x")))
    world = World([item], lock)
    world.hold(NAME, "latest", someone_elses(NAME))
    assert world.observe().floating[LATEST] == FloatingPresent(Digest.of(someone_elses(NAME)), None)
    assert world.observe().artifacts[key(NAME)] == Absent()


def by_sha512(world: World, tag: str, content: bytes) -> Digest:
    """Let a tag name a manifest by its sha512, as other tools may push it."""
    return world.store.tamper(Repository(NAME), Tag(tag), content, algorithm="sha512")


def test_wanted_version_by_another_algorithm_is_present() -> None:
    item = wanted()
    world = World([item])
    by_sha512(world, "1.0.0", item.manifest)
    assert world.observe().artifacts == {item.key: Present(item.digest)}
    assert (world.store.count("head_manifest"), world.store.count("fetch_manifest")) == (1, 1)


def test_locked_version_by_another_algorithm_is_what_we_wrote() -> None:
    item, before = wanted(content=b"edited"), make_manifest(NAME, "1.0.0", b"before")
    world = World([item])
    by_sha512(world, "1.0.0", before)
    world.locked = lock_of(locked(version="1.0.0", holds=Digest.of(before)))
    assert world.observe().artifacts == {item.key: Present(Digest.of(before))}


def test_foreign_version_keeps_the_digest_that_it_has() -> None:
    item = wanted()
    world = World([item])
    foreign = by_sha512(world, "1.0.0", someone_elses(NAME))
    assert world.observe().artifacts == {item.key: Present(foreign)}


def test_floating_tag_by_another_algorithm_is_known() -> None:
    item = wanted(floating_tags=["latest"])
    world = published(item)
    by_sha512(world, "latest", item.manifest)
    assert world.observe().floating == {LATEST: FloatingPresent(item.digest, item.version)}
    world.run()
    assert world.store.writes == []


def test_version_is_found_by_another_algorithm() -> None:
    """Of an image that was built elsewhere only the tags say which version it is."""
    item = replace(wanted(floating_tags=["latest"]), is_verbatim=True)
    world = published(item)
    image = render(Manifest(EMPTY_DESCRIPTOR, (EMPTY_DESCRIPTOR,)))
    by_sha512(world, "2.0.0", image)
    floating = world.hold(NAME, "latest", image)
    assert world.observe().floating == {LATEST: FloatingPresent(floating, Version("2.0.0"))}
