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
from reconciler.desired.finding.search import LINKS_MAX
from reconciler.desired.finding.tree import Tree
from reconciler.errors import Problem, Severity


def _make(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def _ignore(root: Path, text: str) -> None:
    (root / ".git").mkdir(exist_ok=True)
    (root / ".gitignore").write_text(text, encoding="utf-8")


def _paths(found: Found) -> list[str]:
    assert found.problems == (), found.problems
    return [file.path for file in found.files]


def _problem(found: Found) -> Problem:
    (problem,) = found.problems
    assert problem.path == "files"
    return problem


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
    assert _paths(find_files(_make(tmp_path, *_TREE), patterns)) == expected


def test_title_is_the_part_below_the_fixed_part(tmp_path: Path) -> None:
    _make(tmp_path, "prompts/sub/x.md", "prompts/index.json")
    found = find_files(tmp_path, ["prompts/index.json", "prompts/**/*.md"])
    assert found.files == (
        FoundFile("prompts/index.json", "index.json"),
        FoundFile("prompts/sub/x.md", "sub/x.md"),
    )


def test_first_pattern_gives_the_title(tmp_path: Path) -> None:
    _make(tmp_path, "a/b/c.md")
    assert find_files(tmp_path, ["a/**/*.md", "a/b/*.md"]).files[0].title == "b/c.md"
    assert find_files(tmp_path, ["a/b/*.md", "a/**/*.md"]).files[0].title == "c.md"


def test_one_tree_serves_all_entries(tmp_path: Path) -> None:
    tree = Tree(_make(tmp_path, "sub/a.yaml"))
    assert _paths(find_files(tree, ["sub/*"])) == ["sub/a.yaml"]
    _make(tmp_path, "sub/late.yaml")
    assert _paths(find_files(tree, ["**/*.yaml"])) == ["sub/a.yaml"], "a folder is listed once"


def test_normalisation_of_names_is_left_alone(tmp_path: Path) -> None:
    names = ["e\u0301.md", "\u00e9.md"]
    assert _paths(find_files(_make(tmp_path, *names), ["*.md"])) == names


# ── what git ignores ────────────────────────────────────────────────────────────────────────────


def test_ignored_files_are_no_match(tmp_path: Path) -> None:
    _make(tmp_path, "a.log", "keep.log", "build/a.log", "sub/a.log", "sub/own.log")
    _ignore(tmp_path, "*.log\n!keep.log\nbuild/\n")
    (tmp_path / "sub/.gitignore").write_text("!own.log")
    assert _paths(find_files(tmp_path, ["**/*.log"])) == ["keep.log", "sub/own.log"]


def test_rules_above_the_project_count(tmp_path: Path) -> None:
    _ignore(tmp_path, "one/*.log\nother/a.txt\n")
    (tmp_path / "one").mkdir()
    (tmp_path / "one/.gitignore").write_text("project/b.txt\n")
    root = _make(tmp_path / "one/project", "a.log", "a.txt", "b.txt")
    assert _paths(find_files(root, ["*"])) == ["a.log", "a.txt"]


def test_rules_above_the_repository_do_not_count(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*")
    root = _make(tmp_path / "project", "a.log", ".git")
    assert _paths(find_files(root, ["*"])) == ["a.log"]


def test_without_a_repository_the_projects_rules_count(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log")
    assert _paths(find_files(_make(tmp_path, "a.log", "a.txt"), ["*"])) == ["a.txt"]


def test_literal_path_may_be_ignored(tmp_path: Path) -> None:
    _ignore(_make(tmp_path, "build/out.json"), "build/")
    assert _paths(find_files(tmp_path, ["build/out.json"])) == ["build/out.json"]


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
    _ignore(_make(tmp_path, "build/a.json", "build/b.json", "a.log"), "*.log\nbuild/")
    problem = _problem(find_files(tmp_path, [pattern]))
    assert problem.message == message
    assert (
        problem.fix == "change that rule, or name files that git ignores one by one, without glob characters"
    )


def test_project_that_git_ignores_as_a_whole(tmp_path: Path) -> None:
    _ignore(tmp_path, "\nwork/")
    root = _make(tmp_path / "work/project", "a.md")
    message = "*.md: matches nothing: 1 file matches, but git ignores it (../../.gitignore:2)"
    assert _problem(find_files(root, ["*.md"])).message == message


def test_linked_ignore_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("*.md")
    (tmp_path / ".gitignore").symlink_to("rules")
    assert _paths(find_files(_make(tmp_path, "a.md"), ["*.md"])) == ["a.md"]


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
    _make(tmp_path, "workflows/router.yaml")
    found = find_files(tmp_path, [pattern])
    assert found == Found((), (Problem(code, message, path="files", fix=fix),))


def test_every_problem_names_its_pattern(tmp_path: Path) -> None:
    found = find_files(_make(tmp_path, "a.md"), ["/x", "a.md", "*.txt"])
    assert [file.path for file in found.files] == ["a.md"]
    assert [problem.path for problem in found.problems] == ["files[0]", "files[2]"]


@pytest.mark.parametrize("pattern", ["build/backend", "build/backend/"])
def test_folder_where_the_caller_allows_one(tmp_path: Path, pattern: str) -> None:
    _make(tmp_path, "build/backend/index.json")
    found = find_files(tmp_path, [pattern], allow_folders=True)
    assert found == Found((FoundFile("build/backend", "backend", is_folder=True),), ())


@pytest.mark.parametrize("pattern", ["pipe", "p*"])
def test_fifo_is_no_file(tmp_path: Path, pattern: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert (
        _problem(find_files(tmp_path, [pattern])).message
        == "pipe: expected a file, got a socket, fifo or device"
    )


def test_socket_is_no_file() -> None:
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{short}/s.sock")
        problem = _problem(find_files(Path(short), ["*.sock"]))
    assert problem.message == "s.sock: expected a file, got a socket, fifo or device"


@pytest.mark.skipif(sys.platform == "darwin", reason="APFS refuses such names")
def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.md")).touch()
    problem = _problem(find_files(tmp_path, ["*.md"]))
    assert problem == Problem(
        "not-utf8",
        "caf\\xe9.md: file name: expected UTF-8, got other bytes",
        path="files",
        fix="rename the file",
    )


# ── links ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _make(tmp_path / "project", "real/a.md")


@pytest.mark.parametrize("pattern", ["link.md", "*.md"])
def test_link_to_a_file_inside_is_followed(project: Path, pattern: str) -> None:
    (project / "link.md").symlink_to("real/a.md")
    assert _paths(find_files(project, [pattern])) == ["link.md"]


@pytest.mark.parametrize("pattern", ["linked/*.md", "*ed/*.md", "linked/a.md", "linke*/**/a.md"])
def test_link_to_a_folder_inside_is_followed(project: Path, pattern: str) -> None:
    (project / "linked").symlink_to("real")
    assert _paths(find_files(project, [pattern])) == ["linked/a.md"]


@pytest.mark.parametrize("pattern", ["link.md", "*.md", "out/a.md", "out/*.md"])
def test_link_that_leaves_the_project_is_named(project: Path, pattern: str) -> None:
    outside = _make(project.parent / "outside", "a.md")
    (project / "link.md").symlink_to(outside / "a.md")
    (project / "out").symlink_to(outside)
    problem = _problem(find_files(project, [pattern]))
    assert problem.code == "outside-project"
    path, place = {
        "link.md": ("link.md", "/a.md"),
        "*.md": ("link.md", "/a.md"),
        "out/a.md": (pattern, "/a.md"),
    }.get(pattern, ("out", ""))
    expected = f"{path}: leads outside the project: expected a place below {project}, got {outside}{place}"
    assert problem.message == expected


def test_folder_outside_on_the_way_is_a_warning(project: Path) -> None:
    (project / "out").symlink_to(_make(project.parent / "outside", "b.md"))
    found = find_files(project, ["**/*.md"])
    assert [file.path for file in found.files] == ["real/a.md"]
    assert _problem(found).severity is Severity.WARNING


def test_link_into_git_is_never_followed(project: Path) -> None:
    (_make(project, ".git/config") / "link").symlink_to(".git/config")
    assert (
        _problem(find_files(project, ["link"])).message
        == "link: leads to .git/config, which is never published"
    )


def test_link_to_what_git_ignores_is_ignored(project: Path) -> None:
    _ignore(_make(project, "build/b.md"), "build/")
    (project / "link.md").symlink_to("build/b.md")
    (project / "linked").symlink_to("build")
    assert _paths(find_files(project, ["**/*.md"])) == ["real/a.md"]


def test_folder_that_holds_itself_is_entered_once(project: Path) -> None:
    (project / "real/up").symlink_to("..")
    found = find_files(project, ["real/**/*.md"])
    assert [file.path for file in found.files] == ["real/a.md"]
    problem = _problem(found)
    assert problem.message == "real/up: a symlink to ., a folder that it stands in: not followed"
    assert problem.severity is Severity.WARNING


def test_folders_that_hold_each_other_end(project: Path) -> None:
    _make(project, "other/b.md")
    (project / "real/other").symlink_to("../other")
    (project / "other/real").symlink_to("../real")
    found = find_files(project, ["**/*.md"])
    assert [file.path for file in found.files] == [
        "other/b.md",
        "other/real/a.md",
        "real/a.md",
        "real/other/b.md",
    ]
    assert {problem.severity for problem in found.problems} == {Severity.WARNING}


def test_folders_that_multiply_are_an_error(tmp_path: Path) -> None:
    for one in range(8):
        _make(tmp_path, f"f{one}/a.md")
        for other in range(8):
            (tmp_path / f"f{one}/l{other}").symlink_to(f"../f{other}")
    errors = [p for p in find_files(tmp_path, ["**/*.md"]).problems if p.severity is Severity.ERROR]
    message = f"**/*.md: more than {LINKS_MAX} symlinks to folders followed: do folders link to each other?"
    assert [error.message for error in errors] == [message]


@pytest.mark.parametrize("pattern", ["loop.md", "*.md"])
def test_link_to_itself_is_said(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "loop.md").symlink_to("loop.md")
    problem = _problem(find_files(tmp_path, [pattern]))
    assert problem.message == "loop.md: a symlink that leads back to itself: expected a file"


@pytest.mark.parametrize("pattern", ["link.md", "*.md"])
def test_broken_link_is_said(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "link.md").symlink_to("gone.md")
    problem = _problem(find_files(tmp_path, [pattern]))
    assert problem.message == "link.md: a broken symlink: expected a file, got a link to gone.md"


def test_broken_links_on_the_way_do_not_matter(project: Path) -> None:
    (project / "gone").symlink_to("nowhere")
    (project / "loop").symlink_to("loop")
    assert _paths(find_files(project, ["**/*.md"])) == ["real/a.md"]


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
    _make(unprivileged, "a.md")
    (unprivileged / "a.md").chmod(0)
    assert _problem(find_files(unprivileged, [pattern])).message == "a.md: cannot be read: permission denied"


def test_folder_that_may_not_be_listed(unprivileged: Path) -> None:
    _make(unprivileged, "sub/a.md", "b.md")
    (unprivileged / "sub").chmod(0)
    found = find_files(unprivileged, ["**/*.md"])
    assert _problem(found).message == "sub: folder cannot be listed: permission denied"
    assert (
        _problem(find_files(unprivileged, ["sub/a.md"])).message
        == "sub/a.md: cannot be read: permission denied"
    )


def test_ignore_file_that_may_not_be_read(unprivileged: Path) -> None:
    _make(unprivileged, "sub/a.md", "sub/.gitignore")
    (unprivileged / "sub/.gitignore").chmod(0)
    found = find_files(unprivileged, ["sub/*.md"])
    assert _problem(found).message == "sub/.gitignore: cannot be read: permission denied"


def test_root_that_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        find_files(_make(tmp_path, "file") / "file", ["*"])
