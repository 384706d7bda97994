"""The lock at the base revision, in real repositories; a command that is suggested is run, and must help."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.history.base import BaseLock, BaseText, NoGit, NoLockThere, read_base
from reconciler.errors import BaseUnknownError
from tests.desired.repositories import Work, git_environment, make_repository

LOCK = Path("pallet.lock")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A repository with one commit, whose lock says `one`."""
    work = make_repository(tmp_path)
    work.commit(text="one")
    return work


@pytest.fixture
def feature(work: Work) -> Work:
    """A clone: main has `one` and then `two`, a branch began at `one` and says `mine`."""
    work.commit(text="two")
    clone = work.clone("feature")
    clone.git("checkout", "--quiet", "-b", "change", "HEAD^")
    clone.commit(text="mine")
    return clone


def _base(work: Work, against: str | None = None, **variables: str) -> BaseLock:
    return read_base(
        work.root, work.root / LOCK, against=against, environment={**work.environment, **variables}
    )


def _text(work: Work, against: str | None = None, **variables: str) -> tuple[str, str]:
    base = _base(work, against, **variables)
    assert isinstance(base, BaseText), base
    return base.text, base.why


def _error(work: Work, against: str | None = None, **variables: str) -> BaseUnknownError:
    with pytest.raises(BaseUnknownError) as caught:
        _base(work, against, **variables)
    assert caught.value.exit_code == 1
    return caught.value


# ── on a branch ─────────────────────────────────────────────────────────────────────────────────


def test_default_branch_is_compared_from_where_the_change_began(feature: Work) -> None:
    assert _text(feature) == ("one", "merge base with origin/main")


def test_remote_branch_wins_over_an_old_local_one(feature: Work) -> None:
    feature.git("merge", "--quiet", "-s", "ours", "origin/main")
    feature.git("branch", "--force", "main", "origin/main~1")
    assert _text(feature, GITHUB_BASE_REF="main") == ("two", "merge base with origin/main")


def test_local_branch_serves_where_there_is_no_remote(work: Work) -> None:
    work.git("checkout", "--quiet", "-b", "change")
    work.commit(text="mine")
    assert _text(work) == ("one", "merge base with main")


def test_only_branch_is_the_default_branch(work: Work) -> None:
    work.git("branch", "--move", "trunk")
    work.commit(text="two")
    assert _text(work) == ("one", "the commit before HEAD, which is on trunk")


def test_origin_head_names_the_default_branch(work: Work) -> None:
    work.git("branch", "--move", "trunk")
    clone = work.clone("clone")
    clone.git("checkout", "--quiet", "-b", "change")
    clone.commit(text="mine")
    assert _text(clone) == ("one", "merge base with origin/trunk")


def test_uncommitted_work_is_compared_with_the_merge_base(feature: Work) -> None:
    feature.write("pallet.lock", "more")
    assert _text(feature) == ("one", "merge base with origin/main")


def test_merged_main_moves_the_base(feature: Work) -> None:
    feature.git("merge", "--quiet", "-s", "ours", "origin/main")
    assert _text(feature) == ("two", "merge base with origin/main")


def test_project_in_a_folder_of_the_repository(work: Work) -> None:
    work.commit("projects/one/pallet.lock", "below")
    work.git("checkout", "--quiet", "-b", "change")
    inner = Work(work.root / "projects/one", work.environment)
    inner.commit(text="mine")
    assert _text(inner) == ("below", "merge base with main")


def test_lock_is_relative_to_the_root(feature: Work) -> None:
    base = read_base(feature.root, LOCK, against=None, environment=feature.environment)
    assert isinstance(base, BaseText)
    assert base.revision == feature.git("rev-parse", "origin/main~1")


def test_variables_of_a_hook_do_not_mislead(feature: Work, tmp_path: Path) -> None:
    assert _text(feature, GIT_DIR=str(tmp_path / "nowhere"), GIT_INDEX_FILE="index")[0] == "one"


def test_linked_work_tree_is_read(feature: Work) -> None:
    feature.git("worktree", "add", "--quiet", "--detach", "../linked")
    assert _text(Work(feature.root.parent / "linked", feature.environment))[0] == "one"


# ── on the default branch ───────────────────────────────────────────────────────────────────────


def test_push_to_main_is_compared_with_the_commit_before(work: Work) -> None:
    work.commit(text="two")
    assert _text(work) == ("one", "the commit before HEAD, which is on main")


def test_merge_to_main_is_compared_with_main_before_it(feature: Work) -> None:
    feature.git("checkout", "--quiet", "main")
    feature.git("merge", "--quiet", "--no-ff", "-s", "ours", "change")
    feature.git("push", "--quiet", "origin", "main:other")
    feature.git("fetch", "--quiet", "origin", "other:refs/remotes/origin/main")
    assert _text(feature) == ("two", "the commit before HEAD, which is on origin/main")


def test_edits_on_main_are_compared_with_head(work: Work) -> None:
    work.commit(text="two")
    work.write("pallet.lock", "three")
    assert _text(work) == ("two", "HEAD, which is on main: the tree has changes")


@pytest.mark.parametrize("variable", ["CI", "TF_BUILD"])
def test_traces_of_a_build_hide_no_commit_in_ci(work: Work, variable: str) -> None:
    work.commit(text="two")
    work.write("pallet.lock", "three")
    assert _text(work, **{variable: "true"})[0] == "one"


def test_untracked_files_are_no_edits(work: Work) -> None:
    work.commit(text="two")
    work.write("notes.txt", "")
    assert _text(work)[0] == "one"


def test_first_commit_has_nothing_before_it(work: Work) -> None:
    assert _base(work) == NoLockThere("the empty history", "HEAD is the first commit")


def test_repository_without_a_commit_has_no_lock(tmp_path: Path) -> None:
    assert _base(make_repository(tmp_path)) == NoLockThere("the empty history", "there is no commit yet")


def test_named_branch_that_head_is_on_is_the_same(work: Work) -> None:
    work.commit(text="two")
    assert _text(work, "main") == ("one", "the commit before HEAD, which is on main")


# ── named revisions ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("against", "expected"),
    [
        pytest.param("main", ("one", "merge base with origin/main"), id="branch"),
        pytest.param("origin/main", ("one", "merge base with origin/main"), id="remote-branch"),
        pytest.param("refs/remotes/origin/main", ("one", "merge base with origin/main"), id="full-name"),
        pytest.param("v2", ("two", "--against v2"), id="tag-is-taken-as-it-is"),
        pytest.param("origin/main~0", ("two", "--against origin/main~0"), id="expression-is-taken-as-it-is"),
        pytest.param("HEAD", ("mine", "--against HEAD"), id="head-is-taken-as-it-is"),
        pytest.param("HEAD~1", ("one", "--against HEAD~1"), id="ancestor"),
        pytest.param("refs/tags/v2", ("two", "--against refs/tags/v2"), id="full-name-of-a-tag"),
    ],
)
def test_against(feature: Work, against: str, expected: tuple[str, str]) -> None:
    feature.git("tag", "v2", "origin/main")
    assert _text(feature, against) == expected


def test_against_wins_over_ci(feature: Work) -> None:
    assert _text(feature, "HEAD", GITHUB_BASE_REF="main") == ("mine", "--against HEAD")


@pytest.mark.parametrize(
    ("variable", "revision", "expected"),
    [
        pytest.param("CI_MERGE_REQUEST_DIFF_BASE_SHA", "origin/main", "two", id="gitlab-commit-as-it-is"),
        pytest.param(
            "BITBUCKET_PR_DESTINATION_COMMIT",
            "origin/main",
            "one",
            id="bitbucket-commit-stands-for-its-branch",
        ),
    ],
)
def test_commit_of_ci(feature: Work, variable: str, revision: str, expected: str) -> None:
    commit = feature.git("rev-parse", revision)
    assert _text(feature, **{variable: commit})[0] == expected


def test_next_variable_serves_where_the_first_is_not_there(feature: Work) -> None:
    variables = {"BITBUCKET_PR_DESTINATION_COMMIT": "123456789abc", "BITBUCKET_PR_DESTINATION_BRANCH": "main"}
    assert _text(feature, **variables) == ("one", "merge base with origin/main")


def test_lock_that_was_not_there_yet(work: Work) -> None:
    work.git("rm", "--quiet", "pallet.lock")
    first = work.commit("README", "no lock")
    work.git("checkout", "--quiet", "-b", "change")
    work.commit(text="mine")
    assert _base(work) == NoLockThere(first, "merge base with main")


# ── what cannot be told ─────────────────────────────────────────────────────────────────────────


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
    error = _error(work, against)
    assert (
        str(error)
        == f"base revision: --against {against}: not in this clone: expected a branch, or else a commit"
    )
    assert error.fix == fix


def test_single_branch_clone_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("single", "--single-branch", "--branch", "change")
    error = _error(clone, GITHUB_BASE_REF="main")
    assert str(error) == "base revision: GITHUB_BASE_REF main: not in this clone: expected a branch"
    clone.shell(error.fix or "")
    assert _text(clone, GITHUB_BASE_REF="main") == ("one", "merge base with origin/main")


def test_clone_without_the_default_branch_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("single", "--single-branch", "--branch", "change")
    error = _error(clone)
    assert (
        str(error)
        == "base revision: no default branch: expected origin/HEAD, or main or master, here or at origin"
    )
    clone.shell(error.fix or "")
    assert _text(clone) == ("one", "merge base with origin/main")


def test_shallow_clone_of_a_branch_is_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("shallow", "--depth", "1", "--branch", "change")
    error = _error(clone, GITHUB_BASE_REF="main")
    assert str(error) == "base revision: GITHUB_BASE_REF main: not in this shallow clone: expected a branch"
    assert error.fix == "git fetch --unshallow origin main:refs/remotes/origin/main"
    clone.shell(error.fix)
    assert _text(clone, GITHUB_BASE_REF="main") == ("one", "merge base with origin/main")


def test_shallow_branches_that_do_not_meet_are_mended_by_the_fix(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    clone = origin.clone("shallow", "--depth", "1", "--branch", "change", "--no-single-branch")
    error = _error(clone)
    assert str(error) == "base revision: the merge base with origin/main is not in this shallow clone"
    assert error.fix == "git fetch --unshallow"
    clone.shell(error.fix)
    assert _text(clone) == ("one", "merge base with origin/main")


def test_shallow_clone_of_main_is_mended_by_the_fix(work: Work) -> None:
    work.commit(text="two")
    clone = work.clone("shallow", "--depth", "1")
    error = _error(clone)
    assert (
        str(error)
        == "base revision: the commit before HEAD, which is on origin/main, is not in this shallow clone"
    )
    assert error.fix == "git fetch --deepen=1"
    clone.shell(error.fix)
    assert _text(clone) == ("one", "the commit before HEAD, which is on origin/main")


def test_shallow_clone_that_holds_the_merge_base_is_enough(feature: Work) -> None:
    feature.git("push", "--quiet", "origin", "change")
    origin = Work(feature.root.parent / "work", feature.environment)
    origin.git("commit", "--quiet", "--allow-empty", "--message", "later")
    clone = origin.clone("shallow", "--depth", "3", "--branch", "change", "--no-single-branch")
    assert _text(clone) == ("one", "merge base with origin/main")


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
    error = _error(clone)
    assert str(error) == "base revision: the merge base with origin/main is not in this shallow clone"
    clone.shell(error.fix or "")
    assert _text(clone) == ("b", "merge base with origin/main")


def test_histories_without_a_common_commit(work: Work) -> None:
    work.git("checkout", "--quiet", "--orphan", "other")
    work.commit(text="mine")
    error = _error(work)
    assert str(error) == "base revision: HEAD and main have no common history"
    assert error.fix == "name a revision: --against REF"


def test_no_commit_yet_and_a_named_branch(work: Work) -> None:
    work.git("checkout", "--quiet", "--orphan", "other")
    assert str(_error(work, "main")) == "base revision: no commit yet: expected one to compare with main"


def test_lock_that_is_not_text(work: Work) -> None:
    (work.root / LOCK).write_bytes(b"\xff")
    work.git("commit", "--quiet", "--all", "--message", "bytes")
    head = work.git("rev-parse", "HEAD")
    error = _error(work, "HEAD")
    assert str(error) == f"pallet.lock at {head[:12]}: expected UTF-8, got other bytes"


def test_lock_that_was_a_folder(work: Work) -> None:
    work.git("rm", "--quiet", "pallet.lock")
    head = work.commit("pallet.lock/x", "")
    error = _error(work, "HEAD")
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
    error = _error(clone)
    assert str(error) == f"base revision: pallet.lock at {base[:12]}: not in this clone"
    clone.git("config", "remote.origin.url", promisor)
    clone.shell(error.fix or "")
    assert _text(clone) == ("one", "merge base with origin/main")


# ── without git ─────────────────────────────────────────────────────────────────────────────────


def test_folder_that_is_no_repository(tmp_path: Path) -> None:
    base = read_base(tmp_path, LOCK, against=None, environment=git_environment(tmp_path))
    assert base == NoGit(f"{tmp_path}: not a git repository")


def test_history_that_only_git_could_read_is_unknown(work: Work, tmp_path: Path) -> None:
    error = _error(work, PATH=str(tmp_path))
    assert str(error) == "base revision: git is not installed"
    assert error.fix == "install git"


def test_folder_without_history_needs_no_git(tmp_path: Path) -> None:
    base = read_base(tmp_path, tmp_path / "pallet.lock", against=None, environment={"PATH": str(tmp_path)})
    assert base == NoGit("git is not installed")


def test_named_revision_needs_git(work: Work, tmp_path: Path) -> None:
    error = _error(work, "main", PATH=str(tmp_path))
    assert str(error) == "base revision: --against main: git is not installed"


def test_pull_request_needs_git(work: Work, tmp_path: Path) -> None:
    error = _error(work, PATH=str(tmp_path), GITHUB_BASE_REF="main")
    assert str(error) == "base revision: GITHUB_BASE_REF main: git is not installed"


def test_repository_of_another_user_is_mended_by_the_fix(work: Work) -> None:
    strange = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}  # git's own switch for its own tests
    error = _error(work, "HEAD", **strange)
    top = os.path.realpath(work.root)
    assert str(error).endswith(f"{top}: git does not trust the repository: it belongs to another user")
    assert error.fix == f"git config --global --add safe.directory {top}"
    work.shell(error.fix)
    assert _text(work, "HEAD", **strange)[0] == "one"


def test_work_tree_whose_repository_is_gone(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all", encoding="utf-8")
    with pytest.raises(
        BaseUnknownError, match=r"git cannot read the repository: not a git repository: /nowhere"
    ):
        read_base(tmp_path, LOCK, against=None, environment=git_environment(tmp_path))
