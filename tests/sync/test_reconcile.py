"""The whole way of one run over a project on disk: what is observed, done, and written to the lock."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from reconciler.desired.config import Config, Policy, Target
from reconciler.desired.lockfile import Lock, read_lock
from reconciler.errors import LockError, StoreError, UnreachableError, UsageError
from reconciler.oci.reference import Repository
from reconciler.sync.actions import Observations, Outcome
from reconciler.sync.facts import Absent, Present
from reconciler.sync.outcomes import DONE, Result, Results
from reconciler.sync.plan import make_plan
from reconciler.sync.reconcile import (
    Reconciler,
    advance,
    permit,
)
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Permission
from tests.support.artifacts import publish
from tests.support.memory_store import MemoryStore
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow
from tests.support.wanted import digest, key, lock_of, locked, terms, wanted
from tests.sync.worlds import put_tags, someone_elses


def _reconciler(
    folder: ProjectFolder,
    store: MemoryStore,
    selection: Selection | None = None,
    *,
    immutable: bool = True,
    stop: Stop | None = None,
) -> Reconciler:
    target = Target("memory", "localhost", immutable)
    return Reconciler(folder.load(), target, store, 4, selection or Selection(), stop or Stop())


def _sync(
    folder: ProjectFolder, store: MemoryStore, selection: Selection | None = None, *, immutable: bool = True
) -> dict[str, str]:
    reconciler = _reconciler(folder, store, selection, immutable=immutable)
    results = reconciler.sync(reconciler.plan()).results
    return {f"{name} {version}": str(result.outcome) for (name, version), result in results.artifacts.items()}


def test_sync_writes_the_same_lock_as_lock(folder: ProjectFolder) -> None:
    _sync(folder, MemoryStore())
    written = folder.lock.read_bytes()
    folder.lock.unlink()
    folder.write_lock()
    assert folder.lock.read_bytes() == written


def test_second_sync_changes_no_byte(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    before, calls = folder.lock.stat(), len(store.calls)
    reconciler = _reconciler(folder, store)
    report = reconciler.sync(reconciler.plan())
    assert not report.lock_written
    assert folder.lock.stat() == before
    assert {call[0] for call in store.calls[calls:]} == {"head_manifest"}
    assert len(store.calls) - calls == 4


def test_failed_artifact_stays_out_of_the_lock(folder: ProjectFolder) -> None:
    store = MemoryStore()
    store.failing[("put_blob", "workflows/router")] = StoreError("memory.test: 503")
    outcomes = _sync(folder, store)
    assert outcomes == {"workflows/router 1.0.0": "failed", "workflows/summary 2.0.0": "done"}
    assert list(read_lock(folder.lock).entries) == [key("workflows/summary", "2.0.0")]


def test_failed_bump_keeps_the_old_version_locked(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    folder.write({"workflows/router.yaml": workflow("1.1.0")})
    store.failing[("put_blob", "workflows/router")] = StoreError("memory.test: 503")
    before = folder.lock.read_bytes()
    _sync(folder, store)
    assert folder.lock.read_bytes() == before


def test_bumped_version_takes_the_place_of_the_old_one(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    folder.write({"workflows/router.yaml": workflow("1.1.0", skill="plan_more")})
    _sync(folder, store)
    keys = [key("workflows/router", "1.1.0"), key("workflows/summary", "2.0.0")]
    assert list(read_lock(folder.lock).entries) == keys
    assert store.list_tags(Repository("workflows/router")) == ["1.0.0", "1.1.0", "latest"]


def test_edited_file_without_bump_is_refused(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    folder.write({"workflows/router.yaml": workflow(skill="plan_more")})
    before, written = folder.lock.read_bytes(), len(store.writes)
    plan = _reconciler(folder, store).plan()
    assert (
        plan.artifacts[0].fix
        == "give it a new version, such as 1.0.1: pallet bump workflows/router patch; or take back the change"
    )
    assert _sync(folder, store)["workflows/router 1.0.0"] == "refused"
    assert store.writes[written:] == []
    assert folder.lock.read_bytes() == before


def test_restore_puts_back_what_somebody_changed(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    name, tag = Repository("workflows/router"), folder.load().wanted[0].tag
    store.tamper(name, tag, someone_elses(name))
    assert _sync(folder, store)["workflows/router 1.0.0"] == "refused"
    assert _sync(folder, store, Selection(restore=[name]))["workflows/router 1.0.0"] == "done"
    assert store.head_manifest(name, tag).digest == folder.load().wanted[0].digest


def test_deleted_orphan_leaves_the_lock_and_stays_published(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    (folder.root / "workflows/summary.yaml").unlink()
    _sync(folder, store)
    assert list(read_lock(folder.lock).entries) == [key("workflows/router")]
    assert store.list_tags(Repository("workflows/summary")) == ["2.0.0", "latest"]
    assert store.count("delete_manifest") == 0


def test_moved_file_is_written_to_the_lock_alone(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    written = len(store.writes)
    (folder.root / "flows").mkdir()
    for name in ("router", "summary"):
        (folder.root / f"workflows/{name}.yaml").rename(folder.root / f"flows/{name}.yaml")
    folder.config.write_text(folder.config.read_text().replace("workflows/*.yaml", "flows/*.yaml"))
    _sync(folder, store)
    assert store.writes[written:] == []
    paths = [entry.files[0].path for entry in read_lock(folder.lock).entries.values()]
    assert paths == ["flows/router.yaml", "flows/summary.yaml"]


def test_only_touches_neither_registry_nor_lock_of_others(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store, Selection(only=["workflows/router"]))
    assert list(read_lock(folder.lock).entries) == [key("workflows/router")]
    assert {call[1] for call in store.calls} == {"workflows/router"}


def test_only_looks_at_what_the_chosen_ones_require(tmp_path: Path) -> None:
    needy = workflow().replace("name: Router", "name: Router\n  requires: [helper]")
    files = {
        "workflows/router.yaml": needy,
        "workflows/helper.yaml": workflow(),
        "workflows/x.yaml": workflow(),
    }
    folder = make_project(tmp_path / "project", WORKFLOWS, files)
    store = MemoryStore()
    outcomes = _sync(folder, store, Selection(only=["workflows/router"]))
    assert outcomes == {"workflows/router 1.0.0": "refused"}
    assert {call[1] for call in store.calls} == {"workflows/router", "workflows/helper"}
    assert store.writes == []
    _sync(folder, store, Selection(only=["workflows/helper"]))
    assert _sync(folder, store, Selection(only=["workflows/router"])) == {"workflows/router 1.0.0": "done"}


def test_only_looks_for_what_the_project_does_not_publish(tmp_path: Path) -> None:
    needy = workflow().replace("name: Router", "name: Router\n  requires: [tools/search]")
    folder = make_project(tmp_path / "project", WORKFLOWS, {"workflows/router.yaml": needy})
    store, part = MemoryStore(), Selection(only=["workflows/router"])
    assert _sync(folder, store, part) == {"workflows/router 1.0.0": "refused"}
    assert store.count("list_tags") == 1
    publish(store, Repository("tools/search"), "1.0.0", b"found")
    assert _sync(folder, store, part) == {"workflows/router 1.0.0": "done"}
    lists = store.count("list_tags")
    assert _sync(folder, store, part) == {"workflows/router 1.0.0": "done"}
    assert store.count("list_tags") == lists


def test_required_artifact_is_published_first(tmp_path: Path) -> None:
    needy = workflow().replace("name: Router", "name: Router\n  requires: [z-helper]")
    files = {"workflows/a.yaml": needy, "workflows/z-helper.yaml": workflow()}
    store = MemoryStore()
    _sync(make_project(tmp_path / "project", WORKFLOWS, files), store)
    assert [name for name, _ in put_tags(store.calls)] == ["workflows/z-helper", "workflows/a"]


@pytest.mark.parametrize(
    "selection",
    [Selection(only=["rooter"]), Selection(restore=["rooter"]), Selection(force=["rooter"])],
    ids=["only", "restore", "force"],
)
def test_selection_that_names_nothing_asks_nothing(folder: ProjectFolder, selection: Selection) -> None:
    store = MemoryStore()
    with pytest.raises(UsageError):
        _reconciler(folder, store, selection).plan()
    assert store.calls == []


def test_stop_before_the_first_push_writes_nothing(folder: ProjectFolder) -> None:
    store, stop = MemoryStore(), Stop()
    reconciler = _reconciler(folder, store, stop=stop)
    plan = reconciler.plan()
    stop.request(signal.SIGTERM)
    report = reconciler.sync(plan)
    assert report.results.stopped_by == signal.SIGTERM
    assert {result.outcome for result in report.results.everything} == {Outcome.SKIPPED}
    assert store.writes == []


def test_run_that_confirmed_nothing_begins_no_lock(folder: ProjectFolder) -> None:
    store = MemoryStore()
    store.down = StoreError("memory.test: 503")
    _sync(folder, store)
    assert not folder.lock.exists()


def test_lock_that_cannot_be_written_loses_no_report(folder: ProjectFolder) -> None:
    reconciler = _reconciler(folder, MemoryStore())
    plan = reconciler.plan()
    folder.lock.mkdir()
    report = reconciler.sync(plan)
    assert isinstance(report.lock_error, UnreachableError)
    assert not report.lock_written
    assert {result.outcome for result in report.results.everything} == {Outcome.DONE}


def test_newer_lock_that_would_change_is_refused_before_anything_is_published(folder: ProjectFolder) -> None:
    folder.write_lock()
    folder.write({"pallet.lock": folder.lock.read_text().replace("revision = 0", "revision = 2")})
    before = folder.lock.read_bytes()
    folder.write({"workflows/router.yaml": workflow("1.1.0")})
    store = MemoryStore()
    reconciler = _reconciler(folder, store)
    with pytest.raises(
        LockError, match=r"^pallet\.lock: revision: expected at most 1 to be able to write it"
    ):
        reconciler.sync(reconciler.plan())
    assert store.writes == []
    assert folder.lock.read_bytes() == before


def test_conflict_in_the_lock_is_resolved_by_the_tree(folder: ProjectFolder) -> None:
    store = MemoryStore()
    _sync(folder, store)
    good = folder.lock.read_text()
    line = next(each for each in good.splitlines(keepends=True) if each.startswith("digest"))
    other = line.replace(line[-10:], '00000000"\n')
    folder.lock.write_text(good.replace(line, f"<<<<<<< HEAD\n{line}=======\n{other}>>>>>>> topic\n"))
    _sync(folder, store)
    assert folder.lock.read_text() == good


def _config(tmp_path: Path, toml: str = "") -> Config:
    return make_project(tmp_path, toml).load().config


@pytest.mark.parametrize(
    ("selection", "policy", "permission"),
    [
        pytest.param(Selection(), Policy(), Permission(immutable=True), id="nothing-allowed"),
        pytest.param(
            Selection(restore=["notes/*"]), Policy(), Permission(immutable=True, restore=True), id="restore"
        ),
        pytest.param(Selection(force=["notes/router"]), Policy(), Permission(True, force=True), id="force"),
        pytest.param(Selection(force=["others/*"]), Policy(), Permission(immutable=True), id="somebody-else"),
        pytest.param(Selection(), Policy(immutable=False), Permission(immutable=False), id="mutable"),
        pytest.param(
            Selection(), Policy(restore=True), Permission(immutable=True, restore=True), id="restores-always"
        ),
    ],
)
def test_permission_is_what_config_and_command_line_allow(
    tmp_path: Path, selection: Selection, policy: Policy, permission: Permission
) -> None:
    item = wanted(policy=policy)
    assert permit(_config(tmp_path), Target("x", "localhost"), selection, item) == permission


def test_lock_advances_for_what_was_done_alone() -> None:
    done, failed = wanted("notes/a"), wanted("notes/b")
    old_a, old_b = (
        locked("notes/a", "0.9.0", holds=digest("a")),
        locked("notes/b", "0.9.0", holds=digest("b")),
    )
    gone = locked("notes/gone", holds=digest("gone"))
    lock = Lock(lock_of(old_a, old_b, gone))
    observed = Observations({done.key: Absent(), failed.key: Absent()}, {})
    plan = make_plan([done, failed], lock.entries, observed, terms())
    results = Results({done.key: DONE, failed.key: Result(Outcome.FAILED, "no")})
    assert advance(lock, plan, results) == lock_of(done, old_b)


def test_refused_version_keeps_its_entry() -> None:
    item, entry = wanted(), locked(holds=digest("published"))
    lock = Lock(lock_of(entry))
    plan = make_plan([item], lock.entries, Observations({item.key: Present(entry.digest)}, {}), terms())
    assert advance(lock, plan, Results({item.key: Result(Outcome.REFUSED, "no")})) == lock_of(entry)
