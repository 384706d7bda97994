"""What CI's variables name as the base."""

from __future__ import annotations

import pytest

from reconciler.desired.history.ci import Means, Named, is_ci, named_by_ci


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        pytest.param({}, [], id="no-ci"),
        pytest.param(
            {"GITHUB_BASE_REF": "main"}, [("main", "GITHUB_BASE_REF", Means.BRANCH)], id="github-pull-request"
        ),
        pytest.param({"GITHUB_BASE_REF": ""}, [], id="github-push"),
        pytest.param(
            {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "12ab"},
            [
                ("12ab", "CI_MERGE_REQUEST_DIFF_BASE_SHA", Means.COMMIT),
                ("main", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", Means.BRANCH),
            ],
            id="gitlab",
        ),
        pytest.param(
            {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release/1"},
            [("release/1", "SYSTEM_PULLREQUEST_TARGETBRANCH", Means.BRANCH)],
            id="azure",
        ),
        pytest.param(
            {"BITBUCKET_PR_DESTINATION_COMMIT": "12ab", "BITBUCKET_PR_DESTINATION_BRANCH": "main"},
            [
                ("12ab", "BITBUCKET_PR_DESTINATION_COMMIT", Means.TIP),
                ("main", "BITBUCKET_PR_DESTINATION_BRANCH", Means.BRANCH),
            ],
            id="bitbucket",
        ),
        pytest.param({"CHANGE_TARGET": "main"}, [("main", "CHANGE_TARGET", Means.BRANCH)], id="jenkins"),
        pytest.param(
            {"BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"},
            [("main", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", Means.BRANCH)],
            id="buildkite",
        ),
        pytest.param(
            {"DRONE_TARGET_BRANCH": "main", "DRONE_BUILD_EVENT": "pull_request"},
            [("main", "DRONE_TARGET_BRANCH", Means.BRANCH)],
            id="drone-pull-request",
        ),
        pytest.param({"DRONE_TARGET_BRANCH": "main", "DRONE_BUILD_EVENT": "push"}, [], id="drone-push"),
        pytest.param(
            {"TRAVIS_BRANCH": "main", "TRAVIS_PULL_REQUEST": "12"},
            [("main", "TRAVIS_BRANCH", Means.BRANCH)],
            id="travis-pull-request",
        ),
        pytest.param({"TRAVIS_BRANCH": "main", "TRAVIS_PULL_REQUEST": "false"}, [], id="travis-push"),
        pytest.param(
            {"CI_COMMIT_TARGET_BRANCH": "main"},
            [("main", "CI_COMMIT_TARGET_BRANCH", Means.BRANCH)],
            id="woodpecker",
        ),
        pytest.param({"CIRCLE_BRANCH": "feature"}, [], id="circle-names-none"),
    ],
)
def test_named_by_ci(environment: dict[str, str], named: list[tuple[str, str, Means]]) -> None:
    assert named_by_ci(environment) == [Named(*row) for row in named]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"CI": "true"}, True),
        ({"CI": "false"}, False),
        ({"CI": ""}, False),
        ({"TF_BUILD": "True"}, True),
    ],
)
def test_is_ci(environment: dict[str, str], expected: bool) -> None:
    assert is_ci(environment) is expected
