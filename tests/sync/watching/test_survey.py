"""What a second look finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.sync.watching.survey import Survey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text("a")
    (tmp_path / "b.yaml").write_text("b")
    (tmp_path / "below").mkdir()
    return tmp_path


def rewrite(folder: Path) -> None:
    (folder / "a.yaml").write_text("other")


def rewrite_as_if_nothing_was(folder: Path) -> None:
    before = (folder / "a.yaml").stat()
    (folder / "a.new").write_text("z")
    os.utime(folder / "a.new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "a.new").replace(folder / "a.yaml")


def take_rights(folder: Path) -> None:
    (folder / "a.yaml").chmod(0o600)


def remove(folder: Path) -> None:
    (folder / "a.yaml").unlink()


def add(folder: Path) -> None:
    (folder / "c.yaml").write_text("c")


def swap_for_folder(folder: Path) -> None:
    (folder / "a.yaml").unlink()
    (folder / "a.yaml").mkdir()


@pytest.mark.parametrize(
    ("change", "names", "is_structural"),
    [
        (rewrite, {"a.yaml"}, False),
        (rewrite_as_if_nothing_was, {"a.yaml"}, False),
        (take_rights, {"a.yaml"}, False),
        (remove, {"a.yaml"}, True),
        (add, {"c.yaml"}, True),
        (swap_for_folder, {"a.yaml"}, True),
    ],
)
def test_second_look_finds_what_changed(
    folder: Path, change: Callable[[Path], None], names: set[str], is_structural: bool
) -> None:
    survey = Survey()
    survey.look([str(folder)])
    change(folder)

    changes = survey.look([str(folder)])

    assert {Path(path).name for path in changes.paths} == names
    assert changes.is_structural is is_structural
    assert not survey.look([str(folder)])


def test_first_look_finds_everything(folder: Path) -> None:
    changes = Survey().look([str(folder)])

    assert {Path(path).name for path in changes.paths} == {"a.yaml", "b.yaml", "below"}


def test_folder_that_is_gone_takes_its_files_along(folder: Path) -> None:
    survey = Survey()
    (folder / "below/x").write_text("x")
    survey.look([str(folder / "below")])
    (folder / "below/x").unlink()
    (folder / "below").rmdir()

    changes = survey.look([str(folder / "below")])

    assert changes.paths == {f"{folder}/below/x"}
    assert survey.folders == frozenset()


def test_link_that_leads_nowhere_is_a_state_like_any_other(folder: Path) -> None:
    (folder / "link").symlink_to("nowhere")
    survey = Survey()
    survey.look([str(folder)])
    (folder / "nowhere").write_text("here")

    assert f"{folder}/link" in survey.look([str(folder)]).paths


def test_link_to_a_folder_that_leads_elsewhere_is_noticed(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "link").symlink_to("below")
    survey = Survey()
    survey.look([str(folder)])
    (folder / "link.new").symlink_to("other")
    (folder / "link.new").replace(folder / "link")

    changes = survey.look([str(folder)])

    assert changes.paths == changes.redirected == {f"{folder}/link"}
    assert changes.is_structural


def test_linked_folders_are_no_folders_below(folder: Path) -> None:
    (folder / "link").symlink_to("below")
    survey = Survey()
    survey.look([str(folder)])

    assert survey.subfolders(str(folder)) == [f"{folder}/below"]
