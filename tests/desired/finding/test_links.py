"""Links among the files that patterns match: followed inside the project, and never out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.search import LINKS_MAX
from reconciler.errors import Severity
from tests.desired.finding.trees import make_tree, only_problem, paths_of, write_ignores


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "project", "real/a.md")


@pytest.mark.parametrize("pattern", ["link.md", "*.md"])
def test_link_to_a_file_inside_is_followed(project: Path, pattern: str) -> None:
    (project / "link.md").symlink_to("real/a.md")
    assert paths_of(find_files(project, [pattern])) == ["link.md"]


@pytest.mark.parametrize("pattern", ["linked/*.md", "*ed/*.md", "linked/a.md", "linke*/**/a.md"])
def test_link_to_a_folder_inside_is_followed(project: Path, pattern: str) -> None:
    (project / "linked").symlink_to("real")
    assert paths_of(find_files(project, [pattern])) == ["linked/a.md"]


@pytest.mark.parametrize("pattern", ["link.md", "*.md", "out/a.md", "out/*.md"])
def test_link_that_leaves_the_project_is_named(project: Path, pattern: str) -> None:
    outside = make_tree(project.parent / "outside", "a.md")
    (project / "link.md").symlink_to(outside / "a.md")
    (project / "out").symlink_to(outside)
    problem = only_problem(find_files(project, [pattern]))
    assert problem.code == "outside-project"
    path, place = {
        "link.md": ("link.md", "/a.md"),
        "*.md": ("link.md", "/a.md"),
        "out/a.md": (pattern, "/a.md"),
    }.get(pattern, ("out", ""))
    expected = f"{path}: leads outside the project: expected a place below {project}, got {outside}{place}"
    assert problem.message == expected


def test_folder_outside_on_the_way_is_a_warning(project: Path) -> None:
    (project / "out").symlink_to(make_tree(project.parent / "outside", "b.md"))
    found = find_files(project, ["**/*.md"])
    assert [file.path for file in found.files] == ["real/a.md"]
    assert only_problem(found).severity is Severity.WARNING


def test_link_into_git_is_never_followed(project: Path) -> None:
    (make_tree(project, ".git/config") / "link").symlink_to(".git/config")
    assert (
        only_problem(find_files(project, ["link"])).message
        == "link: leads to .git/config, which is never published"
    )


def test_link_to_what_git_ignores_is_ignored(project: Path) -> None:
    write_ignores(make_tree(project, "build/b.md"), "build/")
    (project / "link.md").symlink_to("build/b.md")
    (project / "linked").symlink_to("build")
    assert paths_of(find_files(project, ["**/*.md"])) == ["real/a.md"]


def test_folder_that_holds_itself_is_entered_once(project: Path) -> None:
    (project / "real/up").symlink_to("..")
    found = find_files(project, ["real/**/*.md"])
    assert [file.path for file in found.files] == ["real/a.md"]
    problem = only_problem(found)
    assert problem.message == "real/up: a symlink to ., a folder that it stands in: not followed"
    assert problem.severity is Severity.WARNING


def test_folders_that_hold_each_other_end(project: Path) -> None:
    make_tree(project, "other/b.md")
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
        make_tree(tmp_path, f"f{one}/a.md")
        for other in range(8):
            (tmp_path / f"f{one}/l{other}").symlink_to(f"../f{other}")
    errors = [p for p in find_files(tmp_path, ["**/*.md"]).problems if p.severity is Severity.ERROR]
    message = f"**/*.md: more than {LINKS_MAX} symlinks to folders followed: do folders link to each other?"
    assert [error.message for error in errors] == [message]


@pytest.mark.parametrize("pattern", ["loop.md", "*.md"])
def test_link_to_itself_is_said(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "loop.md").symlink_to("loop.md")
    problem = only_problem(find_files(tmp_path, [pattern]))
    assert problem.message == "loop.md: a symlink that leads back to itself: expected a file"


@pytest.mark.parametrize("pattern", ["link.md", "*.md"])
def test_broken_link_is_said(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "link.md").symlink_to("gone.md")
    problem = only_problem(find_files(tmp_path, [pattern]))
    assert problem.message == "link.md: a broken symlink: expected a file, got a link to gone.md"


def test_broken_links_on_the_way_do_not_matter(project: Path) -> None:
    (project / "gone").symlink_to("nowhere")
    (project / "loop").symlink_to("loop")
    assert paths_of(find_files(project, ["**/*.md"])) == ["real/a.md"]
