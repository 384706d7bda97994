"""What CI systems say through their variables: whether this is CI, and what a pull request is compared with.

Must never be added: reading `os.environ`, or asking git.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Means(Enum):
    """What a name stands for."""

    BRANCH = "a branch"
    TIP = "a commit that stands for its branch"
    COMMIT = "the commit itself"
    ANYTHING = "a branch, or else a commit"


@dataclass(frozen=True, slots=True)
class Named:
    """A branch or a commit that somebody named as the base."""

    value: str
    source: str
    """Who named it: a variable or a flag."""
    means: Means


# The most exact first, where one system sets several.
_VARIABLES = {
    "GITHUB_BASE_REF": Means.BRANCH,
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": Means.COMMIT,  # the merge base, computed by GitLab
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": Means.BRANCH,
    "SYSTEM_PULLREQUEST_TARGETBRANCH": Means.BRANCH,  # Azure writes refs/heads/main
    "BITBUCKET_PR_DESTINATION_COMMIT": Means.TIP,
    "BITBUCKET_PR_DESTINATION_BRANCH": Means.BRANCH,
    "CHANGE_TARGET": Means.BRANCH,  # Jenkins
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH": Means.BRANCH,
    "DRONE_TARGET_BRANCH": Means.BRANCH,
    "TRAVIS_BRANCH": Means.BRANCH,
    "CI_COMMIT_TARGET_BRANCH": Means.BRANCH,  # Woodpecker
}

_IS_CI = ("CI", "TF_BUILD", "JENKINS_URL")
"""Azure and Jenkins do not set `CI`."""


def named_by_ci(environment: Mapping[str, str]) -> list[Named]:
    """Return what a pull request is compared with, the most exact name first; nothing outside of one."""
    return [
        Named(environment[variable].removeprefix("refs/heads/"), variable, means)
        for variable, means in _VARIABLES.items()
        if environment.get(variable) and _is_pull_request(variable, environment)
    ]


def is_ci(environment: Mapping[str, str]) -> bool:
    """Say whether this runs in CI, where no edit is without its commit."""
    return any(environment.get(name, "").lower() not in ("", "0", "false") for name in _IS_CI)


def _is_pull_request(variable: str, environment: Mapping[str, str]) -> bool:
    """Say whether a variable names a base now: Drone and Travis set theirs for pushes too."""
    if variable == "DRONE_TARGET_BRANCH":
        return environment.get("DRONE_BUILD_EVENT") == "pull_request"
    if variable == "TRAVIS_BRANCH":
        return environment.get("TRAVIS_PULL_REQUEST", "").isdecimal()
    return True
