"""Which folders matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.config_reader import read_config
from reconciler.sync.watching.scope import Scope, scope_of, walk
from tests.support.projects import make_project

RULE = '\n[[artifact]]\nfiles = {files}\nrepository = "x/{{stem}}"\nkind = "files"\nversion = {version}\n'


def scope(
    root: Path, files: str, paths: dict[str, str], *, version: str = '"1.0.0"', more: str = ""
) -> Scope:
    folder = make_project(root, RULE.format(files=files, version=version) + more, paths)
    config = read_config(folder.config)
    return scope_of(config, walk(config))


def below(root: Path, scope: Scope) -> set[str]:
    return {folder.removeprefix(str(root)).lstrip("/") or "." for folder in scope.folders}


@pytest.mark.parametrize(
    ("files", "paths", "expected"),
    [
        pytest.param('"a/*.txt"', ["a/x.txt", "a/b/y.txt"], {".", "a"}, id="flat-glob"),
        pytest.param('"a/**/*.txt"', ["a/x.txt", "a/b/y.txt"], {".", "a", "a/b"}, id="deep-glob"),
        pytest.param('"a/b/x.txt"', ["a/b/x.txt"], {".", "a/b"}, id="literal"),
        pytest.param('"a/b/c/*.txt"', ["a/x.txt"], {".", "a"}, id="folder-that-is-not-there-yet"),
        pytest.param('"a/b/c/x.txt"', ["a/x.txt"], {".", "a"}, id="file-that-is-not-there-yet"),
        pytest.param(
            '"**/*.txt"', ["a/x.txt", "out/y.txt", ".git/z.txt", ".pallet/z.txt"], {".", "a"}, id="never-entered"
        ),
    ],
)  # fmt: skip
def test_folders_that_an_edit_can_matter_in(
    tmp_path: Path, files: str, paths: list[str], expected: set[str]
) -> None:
    texts = dict.fromkeys(paths, "x") | {".gitignore": "out/\n"}

    assert below(tmp_path, scope(tmp_path, files, texts)) == expected


def test_version_file_is_shared_by_all(tmp_path: Path) -> None:
    found = scope(
        tmp_path, '"a/*.txt"', {"a/x.txt": "x", "meta/VERSION": "1.0.0"}, version='{ file = "meta/VERSION" }'
    )

    assert "meta" in below(tmp_path, found)
    assert found.is_shared(f"{tmp_path}/meta/VERSION")
    assert found.is_shared(f"{tmp_path}/pallet.toml")
    assert found.is_shared(f"{tmp_path}/a/.gitignore")
    assert not found.is_shared(f"{tmp_path}/a/x.txt")


def test_file_behind_a_link_is_known_by_its_link(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/link.txt").symlink_to("../real/x.txt")

    found = scope(tmp_path, '"a/*.txt"', {"real/x.txt": "x"})

    assert "real" in below(tmp_path, found)
    assert set(found.names_of(f"{tmp_path}/real/x.txt")) == {"real/x.txt", "a/link.txt"}


def test_folder_behind_a_link_is_known_by_its_link(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/link").symlink_to("../real")

    found = scope(tmp_path, '"a/**/*.txt"', {"real/x.txt": "x", "a/y.txt": "y"})

    assert "real" in below(tmp_path, found)
    assert set(found.names_of(f"{tmp_path}/real/x.txt")) == {"real/x.txt", "a/link/x.txt"}


def test_ignore_files_above_the_project_count(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    found = scope(tmp_path / "one/two", '"*.txt"', {"x.txt": "x"})

    assert found.folders == {str(tmp_path / "one/two"), str(tmp_path / "one"), str(tmp_path)}
