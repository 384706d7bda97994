"""What git is asked, in real repositories."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.desired.history.git import (
    GitRepository,
    Missing,
    NoRepository,
    last_commit_time,
    open_repository,
)
from reconciler.errors import ConfigError, PalletError, Problem
from tests.desired.repositories import Work, git_environment, make_repository


@pytest.fixture
def work(tmp_path: Path) -> Work:
    work = make_repository(tmp_path)
    work.commit("a.yaml", "a")
    return work


def _open(work: Work) -> GitRepository:
    repository = open_repository(work.root, work.environment)
    assert isinstance(repository, GitRepository)
    return repository


def _time(work: Work, *paths: str) -> datetime:
    return last_commit_time(work.root, paths, environment=work.environment)


def _problems(work: Work, *paths: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        _time(work, *paths)
    return caught.value.problems


def test_repository_is_found_from_below(work: Work) -> None:
    work.write("deep/er/file", "")
    repository = open_repository(work.root / "deep/er", work.environment)
    assert isinstance(repository, GitRepository)
    assert repository.top.resolve() == work.root.resolve()
    assert not repository.is_shallow


def test_shallow_clone_is_known(work: Work) -> None:
    work.commit("b.yaml", "b")
    assert _open(work.clone("clone", "--depth", "1")).is_shallow


def test_folder_without_repository(tmp_path: Path) -> None:
    found = open_repository(tmp_path, git_environment(tmp_path))
    assert found == NoRepository(Missing.NO_REPOSITORY, f"{tmp_path}: not a git repository")


def test_git_that_is_not_installed(work: Work, tmp_path: Path) -> None:
    found = open_repository(work.root, {**work.environment, "PATH": str(tmp_path)})
    assert found == NoRepository(Missing.NO_BINARY, "git is not installed", "install git")


def test_repository_of_another_user(work: Work) -> None:
    found = open_repository(work.root, {**work.environment, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert isinstance(found, NoRepository)
    assert found.reason is Missing.UNTRUSTED


def test_bare_repository_has_no_tree(work: Work) -> None:
    bare = work.clone("bare", "--bare")
    found = open_repository(bare.root, bare.environment)
    assert isinstance(found, NoRepository)
    assert (
        found.message
        == f"{bare.root}: git cannot read the repository: this operation must be run in a work tree"
    )


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PalletError, match=r"^git rev-parse: cannot be run: .*No such file or directory"):
        open_repository(tmp_path / "gone", git_environment(tmp_path))


def test_file_at_a_revision(work: Work) -> None:
    first = work.git("rev-parse", "HEAD")
    work.commit("a.yaml", "changed")
    repository = _open(work)
    assert repository.read_file(first, "a.yaml") == b"a"
    assert repository.read_file(first, "other.yaml") is None


def test_bytes_come_back_as_they_are(work: Work) -> None:
    (work.root / "raw").write_bytes(b"\xff\r\n\0")
    work.git("add", "raw")
    work.git("commit", "--quiet", "--message", "raw")
    assert _open(work).read_file("HEAD", "raw") == b"\xff\r\n\0"


def test_path_is_no_pattern(work: Work) -> None:
    assert _open(work).read_file("HEAD", "*.yaml") is None


def test_revision_that_is_not_there_is_an_error(work: Work) -> None:
    with pytest.raises(PalletError) as caught:
        _open(work).read_file("0" * 40, "a.yaml")
    assert str(caught.value) == "git ls-tree: expected exit code 0, got 128: not a tree object"


def test_file_system_monitor_is_not_started(work: Work) -> None:
    work.git("config", "core.fsmonitor", f"touch {work.root}/started;false")
    assert not _open(work).is_dirty()
    assert not (work.root / "started").exists()


# ── the time of the last commit ─────────────────────────────────────────────────────────────────


def test_time_is_the_committers_in_utc(work: Work) -> None:
    assert _time(work, "a.yaml") == datetime(2024, 2, 3, 2, 5, 6, tzinfo=UTC)


def test_last_change_of_the_files_counts(work: Work) -> None:
    work.commit("b.yaml", "b", GIT_COMMITTER_DATE="2024-03-01T00:00:00Z")
    work.commit("c.yaml", "c", GIT_COMMITTER_DATE="2024-04-01T00:00:00Z")
    assert _time(work, "a.yaml", "b.yaml") == datetime(2024, 3, 1, tzinfo=UTC)


def test_more_files_than_one_call_takes(work: Work) -> None:
    for index in range(501):
        work.write(f"many/{index}.yaml", "")
    work.git("add", "many")
    work.git("commit", "--quiet", "--message", "many", GIT_COMMITTER_DATE="2024-03-01T00:00:00Z")
    paths = [f"many/{index}.yaml" for index in range(501)]
    assert _time(work, "a.yaml", *paths) == datetime(2024, 3, 1, tzinfo=UTC)


def test_changes_elsewhere_do_not_matter(work: Work) -> None:
    work.commit("b.yaml", "b")
    work.write("b.yaml", "changed")
    work.write("new.yaml", "")
    assert _time(work, "a.yaml") == datetime(2024, 2, 3, 2, 5, 6, tzinfo=UTC)


def test_every_file_without_a_commit_is_named(work: Work) -> None:
    work.commit(".gitignore", "ignored.yaml")
    work.commit("staged.yaml", "one")
    work.write("staged.yaml", "two")
    work.git("add", "staged.yaml")
    work.write("a.yaml", "changed")
    work.write("ignored.yaml", "")
    work.write("folder/new.yaml", "")
    message = "the time of the last commit: no commit holds what this file holds now"
    assert _problems(work, "staged.yaml", "a.yaml", "ignored.yaml", "folder/new.yaml") == tuple(
        Problem("uncommitted", message, path, fix="commit it")
        for path in ("a.yaml", "folder/new.yaml", "ignored.yaml", "staged.yaml")
    )


def test_files_below_the_top_are_named_from_the_project(work: Work) -> None:
    work.commit("project/x y.yaml", "x")
    inner = Work(work.root / "project", work.environment)
    assert _time(inner, "x y.yaml") == datetime(2024, 2, 3, 2, 5, 6, tzinfo=UTC)
    inner.write("x y.yaml", "changed")
    assert [problem.file for problem in _problems(inner, "x y.yaml")] == ["x y.yaml"]


def test_file_in_an_ignored_folder_is_named(work: Work) -> None:
    work.commit(".gitignore", "build/")
    work.write("build/out.yaml", "")
    assert [problem.file for problem in _problems(work, "build/out.yaml")] == ["build/out.yaml"]


def test_repository_without_a_commit_has_no_time(tmp_path: Path) -> None:
    work = make_repository(tmp_path)
    (problem,) = _problems(work, "a.yaml")
    assert problem.message == "the time of the last commit: no commit has a.yaml"


def test_shallow_clone_is_refused(work: Work) -> None:
    work.commit("a.yaml", "b")
    clone = work.clone("clone", "--depth", "1")
    (problem,) = _problems(clone, "a.yaml")
    assert problem.message == "the time of the last commit: expected the whole history, got a shallow clone"
    clone.shell(problem.fix or "")
    assert _time(clone, "a.yaml") == datetime(2024, 2, 3, 2, 5, 6, tzinfo=UTC)


def test_folder_without_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the time of the last commit: .*: not a git repository$"):
        last_commit_time(tmp_path, ["a.yaml"], environment=git_environment(tmp_path))
