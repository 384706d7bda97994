"""A project as a whole: config, lock and files together."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.build import RULES
from reconciler.errors import LockError
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return make_project(tmp_path, WORKFLOWS, {"workflows/router.yaml": workflow()})


def test_project_without_a_lock_is_fine(folder: ProjectFolder) -> None:
    project = folder.load()
    assert project.lock.text is None
    assert len(project.wanted) == 1


def test_locked_project_agrees_with_its_tree(folder: ProjectFolder) -> None:
    project = folder.write_lock()
    assert project.lock.entries == {item.key: item.as_locked for item in project.wanted}


@pytest.mark.parametrize("build", [RULES + 1, 99])
def test_unknown_build_rules_are_refused(folder: ProjectFolder, build: int) -> None:
    text = folder.write_lock().lock.text or ""
    folder.lock.write_text(text.replace(f"build = {RULES}", f"build = {build}"))
    with pytest.raises(LockError) as caught:
        folder.load()
    assert str(caught.value) == (
        f"pallet.lock: workflows/router 1.0.0: build: expected at most {RULES}, got {build}"
    )
    assert caught.value.problems[0].fix == "upgrade pallet"
    assert caught.value.exit_code == 78


def test_build_rules_without_a_number_are_refused(folder: ProjectFolder) -> None:
    text = folder.write_lock().lock.text or ""
    folder.lock.write_text(text.replace(f"build = {RULES}\n", ""))
    with pytest.raises(LockError) as caught:
        folder.load()
    assert str(caught.value) == "pallet.lock:5: artifact[0]: missing key 'build'"


def test_broken_lock_is_no_empty_lock(folder: ProjectFolder) -> None:
    text = folder.write_lock().lock.text or ""
    folder.lock.write_text(text[: len(text) // 2])
    with pytest.raises(LockError):
        folder.load()
    assert folder.lock.read_text() == text[: len(text) // 2]


def test_problems_of_files_and_lock_are_said_at_once(folder: ProjectFolder) -> None:
    folder.write({"workflows/router.yaml": "- 1\n", "pallet.lock": "version = 2\n"})
    places = {complaint.partition(":")[0] for complaint in folder.complaints()}
    assert places == {"workflows/router.yaml", "pallet.lock"}
