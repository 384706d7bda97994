"""One artifact pushed on somebody's word: what is written, what is refused, what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired.single import Single
from reconciler.desired.versions.version import Version
from reconciler.errors import RefusedError, StoppedError, StoreError, ThrottledError, UnauthorisedError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.reports.pushed import narrate_push, pushed_document
from reconciler.sync.floating import FloatingVerdict
from reconciler.sync.push import Change, Pushed, Pusher
from reconciler.sync.stop import Stop
from tests.support.memory_store import MemoryStore
from tests.support.wanted import NAME, PROJECT_NAME, make_manifest, wanted
from tests.sync.test_hidden import HidingStore

HERE = Repository(NAME)


def single(version: str = "1.0.0", *floating: str, content: bytes = b"one", tag: str | None = None) -> Single:
    item = wanted(NAME, version, content=content, floating_tags=floating)
    return Single(item, Tag(tag) if tag else item.tag, item.version)


def push(
    store: MemoryStore, item: Single, *, force: bool = False, project: str | None = PROJECT_NAME
) -> Change:
    return Pusher(store, project).push(item, force=force).change


def holds(store: MemoryStore, tag: str) -> str:
    return store.head_manifest(HERE, Tag(tag)).digest


def methods(store: MemoryStore) -> list[str]:
    return [call[0] for call in store.calls]


def test_new_version_costs_a_look_a_blob_and_a_manifest() -> None:
    store = MemoryStore()

    assert push(store, single()) is Change.PUSHED
    assert methods(store) == ["head_manifest", "put_blob", "put_manifest"]


def test_same_content_costs_a_look() -> None:
    store = MemoryStore()
    push(store, single())
    store.calls.clear()

    assert push(store, single()) is Change.UNCHANGED
    assert methods(store) == ["head_manifest"]


@pytest.mark.parametrize("tag", [None, "edge"], ids=["version", "other-tag"])
def test_same_content_by_another_algorithm_is_unchanged(tag: str | None) -> None:
    item = single(tag=tag)
    if tag is not None:
        item = replace(item, version=None)
    store = MemoryStore()
    store.tamper(HERE, item.tag, item.wanted.manifest, algorithm="sha512")

    assert push(store, item) is Change.UNCHANGED
    assert store.writes == []


def test_other_content_under_a_version_is_refused() -> None:
    store = MemoryStore()
    push(store, single())
    before, after = single().wanted.digest, single(content=b"two").wanted.digest
    store.calls.clear()

    with pytest.raises(RefusedError) as caught:
        push(store, single("1.0.0", "latest", content=b"two"))

    assert str(caught.value) == (
        f"memory.test/{NAME}:1.0.0: this version holds other content: expected {after}, got {before}"
    )
    assert caught.value.fix == "push another version, such as 1.0.1; or overwrite what is there: --force"
    assert caught.value.exit_code == 4
    assert store.writes == []


def test_force_overwrites_a_version() -> None:
    store = MemoryStore()
    push(store, single())
    other = single(content=b"two")

    assert push(store, other, force=True) is Change.OVERWRITTEN
    assert holds(store, "1.0.0") == other.wanted.digest


def test_hidden_tag_is_put_after_the_first_upload() -> None:
    store = HidingStore()

    assert push(store, single(tag="dev")) is Change.PUSHED
    assert methods(store) == ["head_manifest", "put_blob", "head_manifest", "put_manifest"]


def test_hidden_tag_that_comes_to_light_is_not_moved() -> None:
    store = HidingStore()
    digest = store.tamper(HERE, Tag("dev"), make_manifest(NAME, "1.0.0", content=b"other"))

    with pytest.raises(RefusedError, match="was hidden, and holds other content"):
        push(store, single(tag="dev"))

    assert holds(store, "dev") == digest
    assert push(store, single(tag="dev")) is Change.OVERWRITTEN


def test_hidden_tag_without_the_right_to_push_is_named() -> None:
    with pytest.raises(UnauthorisedError, match="no push"):
        push(HidingStore(may_push=False), single(tag="dev"))


def test_tag_that_is_no_version_moves_freely() -> None:
    store = MemoryStore()
    dev, other = single(tag="dev"), single(content=b"two", tag="dev")

    changes = [push(store, item) for item in (dev, dev, other)]

    assert changes == [Change.PUSHED, Change.UNCHANGED, Change.OVERWRITTEN]
    assert store.list_tags(HERE) == ["dev"]
    assert holds(store, "dev") == other.wanted.digest


def test_floating_tags_are_left_alone_unasked() -> None:
    store = MemoryStore()
    push(store, single("1.0.0", "latest"))
    push(store, single("2.0.0"))

    assert holds(store, "latest") == holds(store, "1.0.0")


@pytest.mark.parametrize("project", [PROJECT_NAME, None], ids=["project", "nobody"])
@pytest.mark.parametrize(
    ("versions", "latest"),
    [
        pytest.param(["1.0.0", "2.0.0"], "2.0.0", id="forward"),
        pytest.param(["2.0.0", "1.0.1"], "2.0.0", id="backport"),
        pytest.param(["1.0.0", "1.0.0"], "1.0.0", id="again"),
        pytest.param(["1.0.0", "2.0.0-rc.1"], "1.0.0", id="pre-release"),
    ],
)
def test_floating_tag_moves_forward_only(versions: list[str], latest: str, project: str | None) -> None:
    store = MemoryStore()
    for version in versions:
        item = single(version, "latest")
        manifest = make_manifest(NAME, version, b"one", project=project) if project else _nobodys(version)
        push(store, _with(item, manifest), project=project)

    assert holds(store, "latest") == holds(store, latest)


def test_deleted_floating_tag_is_not_taken_by_a_backport() -> None:
    store = MemoryStore()
    push(store, single("2.0.0"))

    pushed = Pusher(store, PROJECT_NAME).push(single("1.0.1", "latest", "{major}.{minor}"))

    assert [(tag.plan.goal.tag, tag.plan.verdict) for tag in pushed.followed] == [
        ("1.0", FloatingVerdict.ABSENT),
        ("latest", FloatingVerdict.ABSENT),
    ]
    assert store.list_tags(HERE) == ["1.0", "1.0.1", "2.0.0"]


def test_held_floating_tag_stays() -> None:
    store = MemoryStore()
    push(store, single("1.0.0", "latest"))

    held = {(HERE, Tag("latest")): Version("1.0.0")}
    pushed = Pusher(store, PROJECT_NAME, held=held).push(single("2.0.0", "latest"))

    assert [tag.plan.verdict for tag in pushed.followed] == [FloatingVerdict.HELD]
    assert pushed.exit_code == 0
    assert holds(store, "latest") == holds(store, "1.0.0")


def test_unstable_version_says_which_tags_it_leaves() -> None:
    pushed = Pusher(MemoryStore(), PROJECT_NAME).push(single("1.0.0-rc.1", "latest"))

    assert (pushed.followed, pushed.left_alone, pushed.exit_code) == ((), ("latest",), 0)


@pytest.mark.parametrize(("force", "code"), [(False, 4), (True, 0)], ids=["refused", "forced"])
def test_floating_tag_of_somebody_else_needs_force(force: bool, code: int) -> None:
    store = MemoryStore()
    store.tamper(HERE, Tag("latest"), make_manifest(NAME, "1.0.0", b"theirs", project="others"))

    pushed = Pusher(store, PROJECT_NAME).push(single("1.0.0", "latest"), force=force)

    assert pushed.exit_code == code
    assert (holds(store, "latest") == holds(store, "1.0.0")) is force


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (StoreError("memory.test: 500"), 1),
        (ThrottledError("memory.test: 429"), 75),
        (UnauthorisedError("memory.test: 401", fix="pallet login memory.test"), 77),
    ],
    ids=["failed", "throttled", "unauthorised"],
)
@pytest.mark.parametrize("method", ["head_manifest", "put_blob", "put_manifest"])
@pytest.mark.parametrize("tag", [None, "dev"])
def test_failure_keeps_its_words_and_code(
    failure: StoreError, code: int, method: str, tag: str | None
) -> None:
    store = MemoryStore()
    store.failing[(method, NAME)] = failure

    with pytest.raises(StoreError) as caught:
        push(store, single("1.0.0", *(() if tag else ("latest",)), tag=tag))

    assert (str(caught.value), caught.value.exit_code, caught.value.fix) == (str(failure), code, failure.fix)
    assert store.count("put_manifest") == (method == "put_manifest")


def test_floating_tag_that_fails_is_partly_done() -> None:
    store = Stubborn()

    pushed = Pusher(store, PROJECT_NAME).push(single("1.0.0", "latest"))

    assert (pushed.change, pushed.exit_code) == (Change.PUSHED, 5)
    assert [tag.result.error for tag in pushed.followed] == ["memory.test: 500"]
    assert [problem["fix"] for problem in _problems_of(pushed)] == ["run the same command again"]
    assert f"memory.test/{NAME}:latest: memory.test: 500" in list(narrate_push(pushed))


def test_signal_ends_it_before_anything_is_written() -> None:
    store, stop = MemoryStore(), Stop()
    stop.request(15)

    with pytest.raises(StoppedError) as caught:
        Pusher(store, PROJECT_NAME, stop=stop).push(single())

    assert caught.value.exit_code == 143
    assert store.writes == []


class Stubborn(MemoryStore):
    """Takes versions, and no floating tag."""

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        if reference == "latest":
            raise StoreError("memory.test: 500")
        return super().put_manifest(repository, reference, content, media_type)


def _problems_of(pushed: Pushed) -> list[dict[str, object]]:
    problems = pushed_document(pushed)["problems"]
    assert isinstance(problems, list)
    return problems


def _nobodys(version: str) -> bytes:
    """Return a manifest that names no project."""
    named = make_manifest(NAME, version, b"one", project="nobody")
    return named.replace(b',"org.pallet.project":"nobody"', b"").replace(
        b'"org.pallet.project":"nobody",', b""
    )


def _with(item: Single, manifest: bytes) -> Single:
    return replace(item, wanted=replace(item.wanted, manifest=manifest, digest=Digest.of(manifest)))
