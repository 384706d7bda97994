"""The lock at the base revision, in real repositories; a command that is suggested is run, and must help."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.history.base import BaseText, NoLockThere, read_base
from tests.desired.history.bases import LOCK, base_of, text_of
from tests.desired.repositories import Work, make_repository

# ── on a branch ─────────────────────────────────────────────────────────────────────────────────


def test_default_branch_is_compared_from_where_the_change_began(feature: Work) -> None:
    assert text_of(feature) == ("one", "merge base with origin/main")


def test_remote_branch_wins_over_an_old_local_one(feature: Work) -> None:
    feature.git("merge", "--quiet", "-s", "ours", "origin/main")
    feature.git("branch", "--force", "main", "origin/main~1")
    assert text_of(feature, GITHUB_BASE_REF="main") == ("two", "merge base with origin/main")


def test_local_branch_serves_where_there_is_no_remote(work: Work) -> None:
    work.git("checkout", "--quiet", "-b", "change")
    work.commit(text="mine")
    assert text_of(work) == ("one", "merge base with main")


def test_only_branch_is_the_default_branch(work: Work) -> None:
    work.git("branch", "--move", "trunk")
    work.commit(text="two")
    assert text_of(work) == ("one", "the commit before HEAD, which is on trunk")


def test_origin_head_names_the_default_branch(work: Work) -> None:
    work.git("branch", "--move", "trunk")
    clone = work.clone("clone")
    clone.git("checkout", "--quiet", "-b", "change")
    clone.commit(text="mine")
    assert text_of(clone) == ("one", "merge base with origin/trunk")


def test_uncommitted_work_is_compared_with_the_merge_base(feature: Work) -> None:
    feature.write("pallet.lock", "more")
    assert text_of(feature) == ("one", "merge base with origin/main")


def test_merged_main_moves_the_base(feature: Work) -> None:
    feature.git("merge", "--quiet", "-s", "ours", "origin/main")
    assert text_of(feature) == ("two", "merge base with origin/main")


def test_project_in_a_folder_of_the_repository(work: Work) -> None:
    work.commit("projects/one/pallet.lock", "below")
    work.git("checkout", "--quiet", "-b", "change")
    inner = Work(work.root / "projects/one", work.environment)
    inner.commit(text="mine")
    assert text_of(inner) == ("below", "merge base with main")


def test_lock_is_relative_to_the_root(feature: Work) -> None:
    base = read_base(feature.root, LOCK, against=None, environment=feature.environment)
    assert isinstance(base, BaseText)
    assert base.revision == feature.git("rev-parse", "origin/main~1")


def test_variables_of_a_hook_do_not_mislead(feature: Work, tmp_path: Path) -> None:
    assert text_of(feature, GIT_DIR=str(tmp_path / "nowhere"), GIT_INDEX_FILE="index")[0] == "one"


def test_linked_work_tree_is_read(feature: Work) -> None:
    feature.git("worktree", "add", "--quiet", "--detach", "../linked")
    assert text_of(Work(feature.root.parent / "linked", feature.environment))[0] == "one"


# ── on the default branch ───────────────────────────────────────────────────────────────────────


def test_push_to_main_is_compared_with_the_commit_before(work: Work) -> None:
    work.commit(text="two")
    assert text_of(work) == ("one", "the commit before HEAD, which is on main")


def test_merge_to_main_is_compared_with_main_before_it(feature: Work) -> None:
    feature.git("checkout", "--quiet", "main")
    feature.git("merge", "--quiet", "--no-ff", "-s", "ours", "change")
    feature.git("push", "--quiet", "origin", "main:other")
    feature.git("fetch", "--quiet", "origin", "other:refs/remotes/origin/main")
    assert text_of(feature) == ("two", "the commit before HEAD, which is on origin/main")


def test_edits_on_main_are_compared_with_head(work: Work) -> None:
    work.commit(text="two")
    work.write("pallet.lock", "three")
    assert text_of(work) == ("two", "HEAD, which is on main: the tree has changes")


@pytest.mark.parametrize("variable", ["CI", "TF_BUILD"])
def test_traces_of_a_build_hide_no_commit_in_ci(work: Work, variable: str) -> None:
    work.commit(text="two")
    work.write("pallet.lock", "three")
    assert text_of(work, **{variable: "true"})[0] == "one"


def test_untracked_files_are_no_edits(work: Work) -> None:
    work.commit(text="two")
    work.write("notes.txt", "")
    assert text_of(work)[0] == "one"


def test_first_commit_has_nothing_before_it(work: Work) -> None:
    assert base_of(work) == NoLockThere("the empty history", "HEAD is the first commit")


def test_repository_without_a_commit_has_no_lock(tmp_path: Path) -> None:
    assert base_of(make_repository(tmp_path)) == NoLockThere("the empty history", "there is no commit yet")


def test_named_branch_that_head_is_on_is_the_same(work: Work) -> None:
    work.commit(text="two")
    assert text_of(work, "main") == ("one", "the commit before HEAD, which is on main")


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
    assert text_of(feature, against) == expected


def test_against_wins_over_ci(feature: Work) -> None:
    assert text_of(feature, "HEAD", GITHUB_BASE_REF="main") == ("mine", "--against HEAD")


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
    assert text_of(feature, **{variable: commit})[0] == expected


def test_next_variable_serves_where_the_first_is_not_there(feature: Work) -> None:
    variables = {"BITBUCKET_PR_DESTINATION_COMMIT": "123456789abc", "BITBUCKET_PR_DESTINATION_BRANCH": "main"}
    assert text_of(feature, **variables) == ("one", "merge base with origin/main")


def test_lock_that_was_not_there_yet(work: Work) -> None:
    work.git("rm", "--quiet", "pallet.lock")
    first = work.commit("README", "no lock")
    work.git("checkout", "--quiet", "-b", "change")
    work.commit(text="mine")
    assert base_of(work) == NoLockThere(first, "merge base with main")
