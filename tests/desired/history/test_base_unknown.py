"""Bases that cannot be told; a command that is suggested is run, and must help."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.history.base import NoGit, read_base
from reconciler.errors import BaseUnknownError
from tests.desired.history.bases import LOCK, error_of, text_of
from tests.desired.repositories import Work, git_environment


@pytest.mark.parametrize(
    ("against", "fix"),
    [
        pytest.param("nope", "git fetch origin nope:refs/remotes/origin/nope", id="name"),
        pytest.param("origin/nope", "git fetch origin nope:refs/remotes/origin/nope", id="remote-name"),
        pytest.param("a" * 40, f"git fetch origin {'a' * 40}", id="hash"),
        pytest.param("abcdef1", "git fetch", id="short-hash"),
        pytest.param("HEAD~99", "git fetch", id="expression"),
        pytest.param("-n", "git fetch", id="option"),
        pytest.param("", "git fetch", id="empty"),
        pytest.param("main:pallet.lock", "git fetch", id="file"),
        pytest.param("a;b", "git fetch origin 'a;b:refs/remotes/origin/a;b'", id="quoted-for-the-shell"),
    ],
)
def test_unknown_revision_is_said(work: Work, against: str, fix: str) -> None:
    error = error_of(work, against)
    assert (
        str(error)
        == f"base revision: --against {against}: not in this clone: expected a branch, or else a commit"
    )
    assert error.fix == fix


def test_single_branch_clone_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("single", "--single-branch", "--branch", "change")
    error = error_of(clone, GITHUB_BASE_REF="main")
    assert str(error) == "base revision: GITHUB_BASE_REF main: not in this clone: expected a branch"
    clone.shell(error.fix or "")
    assert text_of(clone, GITHUB_BASE_REF="main") == ("one", "merge base with origin/main")


def test_clone_without_the_default_branch_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("single", "--single-branch", "--branch", "change")
    error = error_of(clone)
    assert (
        str(error)
        == "base revision: no default branch: expected origin/HEAD, or main or master, here or at origin"
    )
    clone.shell(error.fix or "")
    assert text_of(clone) == ("one", "merge base with origin/main")


def test_shallow_clone_of_a_branch_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("shallow", "--depth", "1", "--branch", "change")
    error = error_of(clone, GITHUB_BASE_REF="main")
    assert str(error) == "base revision: GITHUB_BASE_REF main: not in this shallow clone: expected a branch"
    assert error.fix == "git fetch --unshallow origin main:refs/remotes/origin/main"
    clone.shell(error.fix)
    assert text_of(clone, GITHUB_BASE_REF="main") == ("one", "merge base with origin/main")


def test_shallow_branches_that_do_not_meet_are_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("shallow", "--depth", "1", "--branch", "change", "--no-single-branch")
    error = error_of(clone)
    assert str(error) == "base revision: the merge base with origin/main is not in this shallow clone"
    assert error.fix == "git fetch --unshallow"
    clone.shell(error.fix)
    assert text_of(clone) == ("one", "merge base with origin/main")


def test_shallow_clone_of_main_is_mended_by_the_fix(work: Work) -> None:
    work.commit(text="two")
    clone = work.clone("shallow", "--depth", "1")
    error = error_of(clone)
    assert (
        str(error)
        == "base revision: the commit before HEAD, which is on origin/main, is not in this shallow clone"
    )
    assert error.fix == "git fetch --deepen=1"
    clone.shell(error.fix)
    assert text_of(clone) == ("one", "the commit before HEAD, which is on origin/main")


def test_shallow_clone_that_holds_the_merge_base_is_enough(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    origin.git("commit", "--quiet", "--allow-empty", "--message", "later")
    clone = origin.clone("shallow", "--depth", "3", "--branch", "change", "--no-single-branch")
    assert text_of(clone) == ("one", "merge base with origin/main")


def test_better_merge_base_beyond_the_cut_is_not_passed_over(work: Work) -> None:
    """Main is one, a, b, c. The change is made of `one` and, further back than the clone reaches, of `b`."""
    for name in ("a", "b", "c"):
        work.commit(text=name)
    work.git("checkout", "--quiet", "-b", "long", "main~1")
    for _ in range(4):
        work.git("commit", "--quiet", "--allow-empty", "--message", "long")
    work.git("checkout", "--quiet", "-b", "change", "main~3")
    work.git("merge", "--quiet", "--no-ff", "-s", "ours", "long")
    work.git("checkout", "--quiet", "main")
    clone = work.clone("shallow", "--depth", "4", "--branch", "change", "--no-single-branch")
    clone.git("branch", "--remotes", "--delete", "origin/long")
    assert clone.git("merge-base", "HEAD", "origin/main") == work.git("rev-parse", "main~3")
    error = error_of(clone)
    assert str(error) == "base revision: the merge base with origin/main is not in this shallow clone"
    clone.shell(error.fix or "")
    assert text_of(clone) == ("b", "merge base with origin/main")


def test_histories_without_a_common_commit(work: Work) -> None:
    work.git("checkout", "--quiet", "--orphan", "other")
    work.commit(text="mine")
    error = error_of(work)
    assert str(error) == "base revision: HEAD and main have no common history"
    assert error.fix == "name a revision: --against REF"


def test_no_commit_yet_and_a_named_branch(work: Work) -> None:
    work.git("checkout", "--quiet", "--orphan", "other")
    assert str(error_of(work, "main")) == "base revision: no commit yet: expected one to compare with main"


def test_lock_that_is_not_text(work: Work) -> None:
    (work.root / LOCK).write_bytes(b"\xff")
    work.git("commit", "--quiet", "--all", "--message", "bytes")
    head = work.git("rev-parse", "HEAD")
    error = error_of(work, "HEAD")
    assert str(error) == f"pallet.lock at {head[:12]}: expected UTF-8, got other bytes"


def test_lock_that_was_a_folder(work: Work) -> None:
    work.git("rm", "--quiet", "pallet.lock")
    head = work.commit("pallet.lock/x", "")
    error = error_of(work, "HEAD")
    assert (
        str(error) == f"base revision: pallet.lock at {head[:12]}: expected a file, got a folder or a symlink"
    )


def test_lock_outside_the_repository(work: Work, tmp_path: Path) -> None:
    with pytest.raises(BaseUnknownError) as caught:
        read_base(work.root, tmp_path / "pallet.lock", against="HEAD", environment=work.environment)
    assert str(caught.value) == f"{tmp_path}/pallet.lock: expected a file in the repository at {work.root}"


def test_partial_clone_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    origin.git("config", "uploadpack.allowFilter", "true")
    clone = origin.clone("partial", "--filter=blob:none", "--branch", "change")
    base = feature.git("rev-parse", "origin/main~1")
    promisor = clone.git("config", "remote.origin.url")
    clone.git("config", "remote.origin.url", f"file://{feature.root.parent}/nowhere")  # older git would fetch
    error = error_of(clone)
    assert str(error) == f"base revision: pallet.lock at {base[:12]}: not in this clone"
    clone.git("config", "remote.origin.url", promisor)
    clone.shell(error.fix or "")
    assert text_of(clone) == ("one", "merge base with origin/main")


def test_folder_that_is_no_repository(tmp_path: Path) -> None:
    base = read_base(tmp_path, LOCK, against=None, environment=git_environment(tmp_path))
    assert base == NoGit(f"{tmp_path}: not a git repository")


def test_history_that_only_git_could_read_is_unknown(work: Work, tmp_path: Path) -> None:
    error = error_of(work, PATH=str(tmp_path))
    assert str(error) == "base revision: git is not installed"
    assert error.fix == "install git"


def test_folder_without_history_needs_no_git(tmp_path: Path) -> None:
    base = read_base(tmp_path, tmp_path / "pallet.lock", against=None, environment={"PATH": str(tmp_path)})
    assert base == NoGit("git is not installed")


def test_named_revision_needs_git(work: Work, tmp_path: Path) -> None:
    error = error_of(work, "main", PATH=str(tmp_path))
    assert str(error) == "base revision: --against main: git is not installed"


def test_pull_request_needs_git(work: Work, tmp_path: Path) -> None:
    error = error_of(work, PATH=str(tmp_path), GITHUB_BASE_REF="main")
    assert str(error) == "base revision: GITHUB_BASE_REF main: git is not installed"


def test_repository_of_another_user_is_mended_by_the_fix(work: Work) -> None:
    strange = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}  # git's own switch for its own tests
    error = error_of(work, "HEAD", **strange)
    top = os.path.realpath(work.root)
    assert str(error).endswith(f"{top}: git does not trust the repository: it belongs to another user")
    assert error.fix == f"git config --global --add safe.directory {top}"
    work.shell(error.fix)
    assert text_of(work, "HEAD", **strange)[0] == "one"


def test_work_tree_whose_repository_is_gone(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all", encoding="utf-8")
    with pytest.raises(
        BaseUnknownError, match=r"git cannot read the repository: not a git repository: /nowhere"
    ):
        read_base(tmp_path, LOCK, against=None, environment=git_environment(tmp_path))
