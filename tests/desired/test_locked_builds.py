"""Programs that stay open know by which rules what is locked was built."""

from __future__ import annotations

from pathlib import Path

from reconciler.desired.build import RULES
from reconciler.desired.locked_builds import LockedBuilds
from tests.support.projects import WORKFLOWS, make_project, workflow


def test_numbers_are_those_of_the_lock_as_it_is_now(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS, {"workflows/a.yaml": workflow()})
    builds = LockedBuilds(folder.lock)
    assert builds.read() == {}
    [item] = folder.write_lock().wanted
    assert builds.read() == {item.key: RULES}
    text = folder.lock.read_text("utf-8")
    folder.lock.write_text(text.replace(f"build = {RULES}", "build = 1  "), encoding="utf-8")
    assert builds.read() == {item.key: 1}
    folder.lock.unlink()
    assert builds.read() == {}


def test_lock_that_is_none_has_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "pallet.lock").write_text("version = [", encoding="utf-8")
    assert LockedBuilds(tmp_path / "pallet.lock").read() == {}
