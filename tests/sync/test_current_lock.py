"""Whether a lock says what the files say, and whether its bytes are ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import LockOutOfDateError
from reconciler.oci.reference import Repository
from reconciler.sync.reconcile import (
    differences_of,
    lock_is_canonical,
    require_current_lock,
)
from tests.support.projects import ProjectFolder, make_project, workflow
from tests.support.wanted import key


def test_current_lock_is_accepted(folder: ProjectFolder) -> None:
    require_current_lock(folder.write_lock())


BUMP_FIRST = (
    "give what was published a new version (pallet bump --all-edited patch), "
    "then run `pallet lock` and commit it"
)


def _out_of_date(folder: ProjectFolder, fix: str = "run `pallet lock` and commit it") -> str:
    with pytest.raises(LockOutOfDateError) as caught:
        require_current_lock(folder.load())
    assert caught.value.exit_code == 6
    assert caught.value.fix == fix
    return str(caught.value)


def test_missing_lock_is_out_of_date(folder: ProjectFolder) -> None:
    assert _out_of_date(folder) == "pallet.lock: expected a lock, got none"


def test_lock_with_conflict_markers_is_out_of_date(folder: ProjectFolder) -> None:
    text = folder.write_lock().lock.text
    folder.lock.write_text(f"{text}<<<<<<< a\n=======\n>>>>>>> b\n")
    assert _out_of_date(folder) == "pallet.lock: has conflict markers"


def test_lock_that_lags_names_every_difference(folder: ProjectFolder) -> None:
    folder.write_lock()
    folder.write(
        {"workflows/router.yaml": workflow("1.1.0"), "workflows/summary.yaml": workflow("2.0.0", skill="x")}
    )
    before = {entry.name: entry.digest.short for entry in folder.load().lock.entries.values()}
    after = {item.name: item.digest.short for item in folder.load().wanted}
    summary = Repository("workflows/summary")
    assert _out_of_date(folder, BUMP_FIRST) == (
        "pallet.lock: out of date: workflows/router 1.0.0 is locked, and no longer wanted; "
        "workflows/router 1.1.0 is not locked; "
        f"workflows/summary 2.0.0: locked {before[summary]}, files give {after[summary]}"
    )


def test_lock_of_other_bytes_is_said(folder: ProjectFolder) -> None:
    text = folder.write_lock().lock.text or ""
    folder.lock.write_text(text + "# a note\n")
    assert _out_of_date(folder) == "pallet.lock: out of date: its bytes are not those that pallet writes"


def test_moved_file_is_a_difference_of_the_lock(folder: ProjectFolder) -> None:
    project = folder.write_lock()
    entry = project.lock.entries[key("workflows/router")]
    moved = replace(entry, files=(replace(entry.files[0], path="elsewhere.yaml"),))
    lock = replace(project.lock, entries={**project.lock.entries, moved.key: moved})
    assert differences_of(replace(project, lock=lock)) == ["workflows/router 1.0.0: same digest, other files"]


@pytest.mark.parametrize(
    ("change", "canonical"),
    [
        pytest.param(lambda text: text, True, id="as-written"),
        pytest.param(lambda text: text + "# a note\n", False, id="with-a-note"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), True, id="windows-line-ends"),
        pytest.param(lambda text: text + "<<<<<<< a\n=======\n>>>>>>> b\n", False, id="conflict"),
        pytest.param(lambda text: text.replace("router.yaml", "rooter.yaml"), False, id="another-path"),
    ],
)
def test_lock_is_canonical_where_its_bytes_are_ours(
    folder: ProjectFolder, change: object, canonical: bool
) -> None:
    assert callable(change)
    folder.lock.write_text(change(folder.write_lock().lock.text), newline="")
    assert lock_is_canonical(folder.load()) is canonical


def test_lock_that_lags_is_canonical_all_the_same(folder: ProjectFolder) -> None:
    """What it says of other digests is the plan's to judge."""
    folder.write_lock()
    folder.write({"workflows/router.yaml": workflow("1.1.0")})
    assert lock_is_canonical(folder.load())


def test_newer_revision_that_says_the_same_is_current(folder: ProjectFolder) -> None:
    text = folder.write_lock().lock.text or ""
    folder.lock.write_text(text.replace("revision = 0", "revision = 2"))
    require_current_lock(folder.load())
    assert lock_is_canonical(folder.load())


def test_missing_lock_is_canonical_only_where_nothing_is_wanted(
    tmp_path: Path, folder: ProjectFolder
) -> None:
    assert not lock_is_canonical(folder.load())
    assert lock_is_canonical(make_project(tmp_path / "empty", "").load())
