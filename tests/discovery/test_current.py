"""Which version of a repository counts."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from reconciler.desired.versions.constraints import Constraint
from reconciler.discovery.current import Eligible, current, newest, newest_first
from reconciler.discovery.entries import Entry
from reconciler.oci.reference import Repository
from tests.discovery.workflows import workflow

UNSTABLE = {"org.pallet.release.stable": "false"}
SHELF = (
    workflow("w/a", "1.0.0"),
    workflow("w/a", "v1.0.0"),
    workflow("w/a", "1.2.0"),
    workflow("w/a", "1.10.0"),
    workflow("w/a", "2.0.0", **UNSTABLE),
    workflow("w/a", "3.0.0-rc.1"),
    workflow("w/a", "latest"),
)


def tags(entries: Mapping[Repository, Entry]) -> list[str]:
    return [entry.tag for entry in entries.values()]


@pytest.mark.parametrize(
    ("constraint", "prereleases", "expected"),
    [
        (None, False, "1.10.0"),
        (None, True, "3.0.0-rc.1"),
        ("~1.2", False, "1.2.0"),
        ("^1", False, "1.10.0"),
        (">=1", False, "1.10.0"),
        (">=1", True, "3.0.0-rc.1"),
        ("2.0.0", False, "2.0.0"),
        ("^2", True, "2.0.0"),
        (">=3.0.0-rc", False, "3.0.0-rc.1"),
        ("1.0.0", False, "1.0.0"),
        ("latest", False, "1.10.0"),
    ],
)
def test_newest_eligible_counts(constraint: str | None, expected: str, *, prereleases: bool) -> None:
    eligible = Eligible(Constraint(constraint) if constraint else None, prereleases)
    shelf = list(SHELF)

    for seed in range(5):
        random.Random(seed).shuffle(shelf)
        assert tags(current(shelf, eligible)) == [expected]


@pytest.mark.parametrize("constraint", ["^2", "^9", "3.x"])
def test_nothing_eligible_is_nothing(constraint: str) -> None:
    assert current(SHELF, Eligible(Constraint(constraint))) == {}


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (("1.0.0", "2.0.0-rc.1"), "1.0.0"),
        (("1.0.0-rc.1", "2.0.0-rc.1", "latest"), "2.0.0-rc.1"),
        (("main", "latest", "abc"), "latest"),
        (("nightly", "main"), "main"),
    ],
)
def test_repository_shows_the_best_it_has(published: tuple[str, ...], expected: str) -> None:
    shelf = [workflow("w/a", tag) for tag in published]

    assert tags(newest(shelf)) == [expected]
    assert tags(newest(reversed(shelf))) == [expected]


def test_versions_are_sorted_newest_first() -> None:
    listed = [entry.tag for entry in newest_first(reversed(SHELF))]

    assert listed == ["3.0.0-rc.1", "2.0.0", "1.10.0", "1.2.0", "1.0.0", "v1.0.0", "latest"]
