"""Two runs at once: in one folder they take turns, into one layout from two folders they share it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.desired.lockfile import read_lock
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository
from tests.support.processes import DEADLINE_S, finish, run_pallet, start_pallet
from tests.support.scenarios import NAMES, Desk, set_up, triage, write_project
from tests.support.scripted_registry import Request, ScriptedRegistry

WAITS = "another pallet is writing this project: waiting for it\n"


@contextmanager
def held_sync(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[Desk, subprocess.Popen[str], threading.Event]]:
    """Yield a sync that waits for its registry until the event is set."""
    arrived, go_on = threading.Event(), threading.Event()

    def wait(_: Request) -> None:
        arrived.set()
        assert go_on.wait(DEADLINE_S)

    with ScriptedRegistry() as registry:
        desk = set_up(root, registry.url, capsys)
        registry.on("HEAD", "", wait, times=1)
        try:
            with start_pallet("sync", cwd=desk.root) as first:
                assert arrived.wait(DEADLINE_S)
                yield desk, first, go_on
        finally:
            go_on.set()


@pytest.mark.parametrize("second", ["sync", "lock"])
def test_second_run_in_one_folder_waits_and_says_so(
    second: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        held_sync(tmp_path, capsys) as (desk, first, go_on),
        start_pallet(second, cwd=desk.root) as other,
    ):
        assert other.stderr is not None
        assert other.stderr.readline() == WAITS
        go_on.set()
        ran = [finish(first), finish(other)]
    assert [one.code for one in ran] == [0, 0], ran
    assert len(read_lock(desk.lock).entries) == len(NAMES)


def test_reading_commands_do_not_wait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with held_sync(tmp_path, capsys) as (desk, first, go_on):
        assert desk.pallet("validate").code == 0
        assert desk.pallet("lock", "--check").code == 6
        go_on.set()
        assert finish(first).code == 0


def test_two_folders_share_one_layout(tmp_path: Path) -> None:
    url = "oci-layout:../registry"
    write_project(tmp_path / "one", url, paths=["workflows/triage.yaml", "agents/clerk.json"])
    write_project(tmp_path / "two", url, paths=["workflows/fanout.yaml", "agents/clerk.json"])

    with (
        start_pallet("sync", cwd=tmp_path / "one") as first,
        start_pallet("sync", cwd=tmp_path / "two") as second,
    ):
        ran = [finish(first), finish(second)]

    assert [one.code for one in ran] == [0, 0], ran
    store = open_layout(tmp_path / "registry")
    names = ["agents/clerk", "workflows/fanout", "workflows/triage"]
    assert sorted(map(str, store.list_repositories())) == names
    assert sorted(map(str, store.list_tags(Repository("agents/clerk")))) == ["1.0.0", "latest"]
    assert [run_pallet("check", cwd=tmp_path / name).code for name in ("one", "two")] == [0, 0]


def test_two_folders_race_for_one_version(tmp_path: Path) -> None:
    url = "oci-layout:../registry"
    for name in ("one", "two"):
        write_project(tmp_path / name, url, files={"workflows/triage.yaml": triage(skill=f"choose_{name}")})

    with (
        start_pallet("sync", cwd=tmp_path / "one") as first,
        start_pallet("sync", cwd=tmp_path / "two") as second,
    ):
        ran = [finish(first), finish(second)]

    # Whoever comes second overwrites (both looked before either wrote) or is refused: the registry
    # holds one of the two, and check says so to the other.
    assert {one.code for one in ran} <= {0, 4, 5}, ran
    checked = sorted(run_pallet("check", cwd=tmp_path / name).code for name in ("one", "two"))
    assert checked[0] == 0
    assert checked[1] in (3, 4)
