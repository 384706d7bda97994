"""What wakes a continuous sync: files that artifacts are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sync.stop import Stop
from reconciler.sync.watching.changes import ProjectChanges
from reconciler.sync.watching.observers import Noticing
from tests.support.projects import make_project

RULE = '\n[[artifact]]\nfiles = {files}\nrepository = "{name}/{{stem}}"\nkind = "files"\nversion = "1.0.0"\n'


@pytest.mark.parametrize(
    ("files", "wakes"),
    [
        pytest.param(['["a/*.txt", "!a/x.txt"]'], False, id="taken-out"),
        pytest.param(['["a/*.txt", "!a/x.txt"]', '"a/x*.txt"'], True, id="taken-out-here-and-named-there"),
    ],
)
def test_exclusions_are_of_their_own_list(tmp_path: Path, files: list[str], wakes: bool) -> None:
    toml = "".join(RULE.format(files=each, name=f"r{number}") for number, each in enumerate(files))
    folder = make_project(tmp_path, toml, {"a/x.txt": "1", "a/y.txt": "1"})
    changes = ProjectChanges(
        folder.config, Noticing(is_polling=True, interval_s=0.02), Stop(), lambda _: None
    )
    try:
        changes.begin()
        (tmp_path / "a/x.txt").write_text("two", encoding="utf-8")
        assert changes.wait(20.0 if wakes else 0.5) is wakes
    finally:
        changes.close()


def test_attached_files_count_for_every_artifact(tmp_path: Path) -> None:
    attach = '[[artifact.attach]]\nfiles = ["{dir}/{stem}.cdx.json", "!{dir}/draft.cdx.json"]\n'
    toml = RULE.format(files='["flows/*.txt"]', name="r") + attach
    files = {"flows/a.txt": "1", "flows/draft.txt": "1", "flows/a.cdx.json": "{}"}
    folder = make_project(tmp_path, toml, files)
    changes = ProjectChanges(
        folder.config, Noticing(is_polling=True, interval_s=0.02), Stop(), lambda _: None
    )
    try:
        changes.begin()
        (tmp_path / "flows/a.cdx.json").write_text("[ ]", encoding="utf-8")
        assert changes.wait(20.0)
    finally:
        changes.close()
