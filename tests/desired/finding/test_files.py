"""From patterns to files, on real folders."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.desired.finding.files import Found, FoundFile, find_files
from reconciler.desired.finding.tree import Tree
from reconciler.errors import Problem
from tests.desired.finding.trees import make_tree, only_problem, paths_of, write_ignores

# ── what patterns match ─────────────────────────────────────────────────────────────────────────

_TREE = (
    "a.yaml", "b.yml", "sub/a.yaml", "sub/b.txt", "sub/deep/a.yaml", "sub/deep/er/c.yaml",
    ".hidden.yaml", ".config/a.yaml", "sub/.secret/a.yaml", ".git/x.yaml", ".pallet/x.yaml", "sub/.git/x.yaml",
    "Upper/a.yaml", "ü/é.yaml",
)  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param(["*.yaml"], ["a.yaml"], id="star"),
        pytest.param(["?.y*ml"], ["a.yaml", "b.yml"], id="question-mark"),
        pytest.param(["[ab].*"], ["a.yaml", "b.yml"], id="class"),
        pytest.param(["sub/*.yaml"], ["sub/a.yaml"], id="star-stays-in-its-folder"),
        pytest.param(["sub/*/a.yaml"], ["sub/deep/a.yaml"], id="star-for-a-folder"),
        pytest.param(["sub/**/*.yaml"], ["sub/a.yaml", "sub/deep/a.yaml", "sub/deep/er/c.yaml"], id="any-depth"),
        pytest.param(["sub/**"], ["sub/a.yaml", "sub/b.txt", "sub/deep/a.yaml", "sub/deep/er/c.yaml"], id="everything-below"),
        pytest.param(["**/deep/**/c.yaml"], ["sub/deep/er/c.yaml"], id="twice-any-depth"),
        pytest.param(["**/a.yaml"], ["Upper/a.yaml", "a.yaml", "sub/a.yaml", "sub/deep/a.yaml"], id="sorted-by-bytes"),
        pytest.param([".*.yaml"], [".hidden.yaml"], id="the-dot-is-named"),
        pytest.param([".config/*.yaml"], [".config/a.yaml"], id="hidden-folder-by-name"),
        pytest.param([".*/*.yaml"], [".config/a.yaml"], id="never-into-git-or-pallet"),
        pytest.param(["sub/.*/*.yaml"], ["sub/.secret/a.yaml"], id="nor-into-a-nested-git"),
        pytest.param([".hidden.yaml"], [".hidden.yaml"], id="hidden-literal"),
        pytest.param(["ü/*"], ["ü/é.yaml"], id="not-ascii"),
        pytest.param(["*.yaml", "a.yaml", "sub/a.yaml"], ["a.yaml", "sub/a.yaml"], id="each-once"),
        pytest.param([], [], id="no-pattern"),
    ],
)  # fmt: skip
def test_patterns(tmp_path: Path, patterns: list[str], expected: list[str]) -> None:
    assert paths_of(find_files(make_tree(tmp_path, *_TREE), patterns)) == expected


def test_title_is_the_part_below_the_fixed_part(tmp_path: Path) -> None:
    make_tree(tmp_path, "prompts/sub/x.md", "prompts/index.json")
    found = find_files(tmp_path, ["prompts/index.json", "prompts/**/*.md"])
    assert found.files == (
        FoundFile("prompts/index.json", "index.json"),
        FoundFile("prompts/sub/x.md", "sub/x.md"),
    )


def test_first_pattern_gives_the_title(tmp_path: Path) -> None:
    make_tree(tmp_path, "a/b/c.md")
    assert find_files(tmp_path, ["a/**/*.md", "a/b/*.md"]).files[0].title == "b/c.md"
    assert find_files(tmp_path, ["a/b/*.md", "a/**/*.md"]).files[0].title == "c.md"


def test_one_tree_serves_all_entries(tmp_path: Path) -> None:
    tree = Tree(make_tree(tmp_path, "sub/a.yaml"))
    assert paths_of(find_files(tree, ["sub/*"])) == ["sub/a.yaml"]
    make_tree(tmp_path, "sub/late.yaml")
    assert paths_of(find_files(tree, ["**/*.yaml"])) == ["sub/a.yaml"], "a folder is listed once"


def test_normalisation_of_names_is_left_alone(tmp_path: Path) -> None:
    names = ["e\u0301.md", "\u00e9.md"]
    assert paths_of(find_files(make_tree(tmp_path, *names), ["*.md"])) == names


# ── what git ignores ────────────────────────────────────────────────────────────────────────────


def test_ignored_files_are_no_match(tmp_path: Path) -> None:
    make_tree(tmp_path, "a.log", "keep.log", "build/a.log", "sub/a.log", "sub/own.log")
    write_ignores(tmp_path, "*.log\n!keep.log\nbuild/\n")
    (tmp_path / "sub/.gitignore").write_text("!own.log")
    assert paths_of(find_files(tmp_path, ["**/*.log"])) == ["keep.log", "sub/own.log"]


def test_rules_above_the_project_count(tmp_path: Path) -> None:
    write_ignores(tmp_path, "one/*.log\nother/a.txt\n")
    (tmp_path / "one").mkdir()
    (tmp_path / "one/.gitignore").write_text("project/b.txt\n")
    root = make_tree(tmp_path / "one/project", "a.log", "a.txt", "b.txt")
    assert paths_of(find_files(root, ["*"])) == ["a.log", "a.txt"]


def test_rules_above_the_repository_do_not_count(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*")
    root = make_tree(tmp_path / "project", "a.log", ".git")
    assert paths_of(find_files(root, ["*"])) == ["a.log"]


def test_without_a_repository_the_projects_rules_count(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log")
    assert paths_of(find_files(make_tree(tmp_path, "a.log", "a.txt"), ["*"])) == ["a.txt"]


def test_literal_path_may_be_ignored(tmp_path: Path) -> None:
    write_ignores(make_tree(tmp_path, "build/out.json"), "build/")
    assert paths_of(find_files(tmp_path, ["build/out.json"])) == ["build/out.json"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param(
            "build/*.json",
            "build/*.json: matches nothing: 2 files match, but git ignores them (.gitignore:2)",
            id="in-an-ignored-folder",
        ),
        pytest.param(
            "*.log",
            "*.log: matches nothing: 1 file matches, but git ignores it (.gitignore:1)",
            id="one-file",
        ),
    ],
)
def test_ignored_matches_are_counted(tmp_path: Path, pattern: str, message: str) -> None:
    write_ignores(make_tree(tmp_path, "build/a.json", "build/b.json", "a.log"), "*.log\nbuild/")
    problem = only_problem(find_files(tmp_path, [pattern]))
    assert problem.message == message
    assert (
        problem.fix == "change that rule, or name files that git ignores one by one, without glob characters"
    )


def test_project_that_git_ignores_as_a_whole(tmp_path: Path) -> None:
    write_ignores(tmp_path, "\nwork/")
    root = make_tree(tmp_path / "work/project", "a.md")
    message = "*.md: matches nothing: 1 file matches, but git ignores it (../../.gitignore:2)"
    assert only_problem(find_files(root, ["*.md"])).message == message


def test_linked_ignore_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("*.md")
    (tmp_path / ".gitignore").symlink_to("rules")
    assert paths_of(find_files(make_tree(tmp_path, "a.md"), ["*.md"])) == ["a.md"]


# ── what is wrong ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pattern", "code", "message", "fix"),
    [
        pytest.param("*.md", "no-match", "*.md: matches nothing: expected at least one file", None, id="nothing"),
        pytest.param(
            "workflow/*.yaml",
            "no-match",
            "workflow/*.yaml: matches nothing: there is no folder workflow",
            "did you mean workflows?",
            id="folder",
        ),
        pytest.param(
            "workflows/rooter.yaml",
            "no-match",
            "workflows/rooter.yaml: there is no such file",
            "did you mean workflows/router.yaml?",
            id="literal",
        ),
        pytest.param("gone/x/y.yaml", "no-match", "gone/x/y.yaml: there is no such file", None, id="literal-folder"),
        pytest.param(
            "workflows/router.yaml/x", "no-match", "workflows/router.yaml/x: there is no such file", None, id="file-as-folder"
        ),
        pytest.param(
            "workflows", "not-a-file", "workflows: expected a file, got a folder", "to publish what is in it: workflows/*", id="a-folder"
        ),
        pytest.param(
            "workflows/router.yaml/", "not-a-folder", "workflows/router.yaml: expected a folder, got a file", None, id="slash"
        ),
        pytest.param("../*", "invalid-pattern", "../*: leaves the project: expected a path without ..", None, id="pattern"),
        pytest.param("x" * 300, "unreadable", "x" * 300 + ": cannot be read: file name too long", None, id="long-name"),
    ],
)  # fmt: skip
def test_pattern_without_a_file(
    tmp_path: Path, pattern: str, code: str, message: str, fix: str | None
) -> None:
    make_tree(tmp_path, "workflows/router.yaml")
    found = find_files(tmp_path, [pattern])
    assert found == Found((), (Problem(code, message, path="files", fix=fix),))


@pytest.mark.parametrize(
    ("patterns", "by"),
    [
        pytest.param(["a.md", "!a.md"], "!a.md", id="one"),
        pytest.param(["a.md", "b.md", "!*.md"], "!*.md", id="several"),
        pytest.param(["a.md", "!a.md", "!c.md"], "!a.md", id="with-an-idle-one"),
    ],
)
def test_literal_paths_that_are_all_taken_out(tmp_path: Path, patterns: list[str], by: str) -> None:
    tree = make_tree(tmp_path, "a.md", "b.md")
    found = find_files(tree, patterns)
    message = f"a.md: matches nothing but what is taken out by {by}: expected at least one file"
    assert Problem("no-match", message, path="files") in found.problems
    assert find_files(tree, [*patterns[:-1], "b.md", "!a.md"]).files[0].path == "b.md"
    assert all(each.code != "no-match" for each in find_files(tree, patterns, may_be_empty=True).problems)


def test_every_problem_names_its_pattern(tmp_path: Path) -> None:
    found = find_files(make_tree(tmp_path, "a.md"), ["/x", "a.md", "*.txt"])
    assert [file.path for file in found.files] == ["a.md"]
    assert [problem.path for problem in found.problems] == ["files[0]", "files[2]"]


@pytest.mark.parametrize("pattern", ["build/backend", "build/backend/"])
def test_folder_where_the_caller_allows_one(tmp_path: Path, pattern: str) -> None:
    make_tree(tmp_path, "build/backend/index.json")
    found = find_files(tmp_path, [pattern], allow_folders=True)
    assert found == Found((FoundFile("build/backend", "backend", is_folder=True),), ())


@pytest.mark.parametrize("pattern", ["pipe", "p*"])
def test_fifo_is_no_file(tmp_path: Path, pattern: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert (
        only_problem(find_files(tmp_path, [pattern])).message
        == "pipe: expected a file, got a socket, fifo or device"
    )


def test_socket_is_no_file() -> None:
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{short}/s.sock")
        problem = only_problem(find_files(Path(short), ["*.sock"]))
    assert problem.message == "s.sock: expected a file, got a socket, fifo or device"


@pytest.mark.skipif(sys.platform == "darwin", reason="APFS refuses such names")
def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.md")).touch()
    problem = only_problem(find_files(tmp_path, ["*.md"]))
    assert problem == Problem(
        "not-utf8",
        "caf\\xe9.md: file name: expected UTF-8, got other bytes",
        path="files",
        fix="rename the file",
    )


# ── permissions ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder, with the rights of nobody: root may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        user = os.geteuid()
        if user == 0:
            Path(folder).chmod(0o777)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            for path in Path(folder).iterdir():
                path.chmod(0o700)
            os.seteuid(user)


@pytest.mark.parametrize("pattern", ["a.md", "*.md"])
def test_file_that_may_not_be_read(unprivileged: Path, pattern: str) -> None:
    make_tree(unprivileged, "a.md")
    (unprivileged / "a.md").chmod(0)
    assert (
        only_problem(find_files(unprivileged, [pattern])).message == "a.md: cannot be read: permission denied"
    )


def test_folder_that_may_not_be_listed(unprivileged: Path) -> None:
    make_tree(unprivileged, "sub/a.md", "b.md")
    (unprivileged / "sub").chmod(0)
    found = find_files(unprivileged, ["**/*.md"])
    assert only_problem(found).message == "sub: folder cannot be listed: permission denied"
    assert (
        only_problem(find_files(unprivileged, ["sub/a.md"])).message
        == "sub/a.md: cannot be read: permission denied"
    )


def test_ignore_file_that_may_not_be_read(unprivileged: Path) -> None:
    make_tree(unprivileged, "sub/a.md", "sub/.gitignore")
    (unprivileged / "sub/.gitignore").chmod(0)
    found = find_files(unprivileged, ["sub/*.md"])
    assert only_problem(found).message == "sub/.gitignore: cannot be read: permission denied"


def test_root_that_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        find_files(make_tree(tmp_path, "file") / "file", ["*"])
