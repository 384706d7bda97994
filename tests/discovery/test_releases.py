"""Tags read as versions: which they are, and in which order."""

from __future__ import annotations

import random

import pytest

from reconciler.desired.versions.constraints import Constraint
from reconciler.discovery.releases import list_releases, read_tags
from reconciler.errors import NotFoundError
from reconciler.oci.reference import Tag
from tests.discovery.published import REPOSITORY, release
from tests.support.memory_store import MemoryStore

SUBJECT = "memory.test/workflows/router"


def tags_of(*tags: str) -> list[str]:
    """Return the tags that are versions, newest first."""
    releases = read_tags(map(Tag, tags), REPOSITORY, subject=SUBJECT)
    return [str(item.tag) for item in releases.versions]


@pytest.mark.parametrize(
    ("tags", "newest_first"),
    [
        pytest.param(["1.9.0", "1.10.0", "1.2.0"], ["1.10.0", "1.9.0", "1.2.0"], id="numbers"),
        pytest.param(
            ["1.0.0", "1.0.0-rc.1", "1.0.0-alpha"], ["1.0.0", "1.0.0-rc.1", "1.0.0-alpha"], id="pre"
        ),
        pytest.param(["1.0.0", "1.0.0_b2", "1.0.0_b1"], ["1.0.0_b2", "1.0.0_b1", "1.0.0"], id="build"),
        pytest.param(["1.0.0_9", "1.0.0_10"], ["1.0.0_10", "1.0.0_9"], id="build numbers as numbers"),
        pytest.param(["1.0.0_1", "1.0.0_01"], ["1.0.0_1", "1.0.0_01"], id="leading zero in a build"),
        pytest.param(["v1.0.0", "1.0.0"], ["1.0.0", "v1.0.0"], id="own spelling before v"),
        pytest.param(["v2.0.0", "1.0.0"], ["v2.0.0", "1.0.0"], id="leading v is read"),
        pytest.param(["1", "1.2", "latest", "1.0.0_a_b", "01.0.0", "V1.0.0"], [], id="no versions"),
    ],
)
def test_versions_come_newest_first(tags: list[str], newest_first: list[str]) -> None:
    assert tags_of(*tags) == newest_first
    random.Random(3).shuffle(tags)
    assert tags_of(*tags) == newest_first


def test_tags_that_are_no_versions_stay_apart() -> None:
    releases = read_tags([Tag("latest"), Tag("1.0.0"), Tag("1")], REPOSITORY, subject=SUBJECT)

    assert releases.other_tags == ("1", "latest")
    assert releases.note is None


@pytest.mark.parametrize("tail", ["", ".sig", ".att", ".sbom"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_reserved_tags_are_nobodys(algorithm: str, tail: str) -> None:
    releases = read_tags([Tag(f"{algorithm}-{'0a' * 32}{tail}")], REPOSITORY, subject=SUBJECT)

    assert (releases.versions, releases.other_tags) == ((), ())
    assert releases.note == f"{SUBJECT}: no tags"


def test_names_that_only_look_reserved_stay() -> None:
    releases = read_tags([Tag("sha256-abc"), Tag("sha-1234567")], REPOSITORY, subject=SUBJECT)

    assert releases.other_tags == ("sha-1234567", "sha256-abc")


def test_note_says_why_there_is_no_version() -> None:
    tags = [Tag(f"name{number}") for number in range(7)]

    assert read_tags(tags, REPOSITORY, subject=SUBJECT).note == (
        f"{SUBJECT}: none of its tags is a version: expected such as 1.0.0, "
        "got name0, name1, name2, name3, name4 and 2 more"
    )


def test_tags_are_asked_for_once() -> None:
    store = MemoryStore()
    release(store, "1.0.0", "latest")
    store.calls.clear()

    releases = list_releases(store, REPOSITORY)

    assert store.calls == [("list_tags", REPOSITORY)]
    assert (releases.subject, releases.repository) == (SUBJECT, REPOSITORY)


def test_missing_repositories_are_said() -> None:
    with pytest.raises(NotFoundError, match="not found"):
        list_releases(MemoryStore(), REPOSITORY)


@pytest.mark.parametrize(
    ("constraint", "tags"),
    [
        pytest.param("1.0.0", ["1.0.0", "1.0.0_b2", "1.0.0_b1"], id="none named"),
        pytest.param("1.0.0+b1", ["1.0.0_b1", "1.0.0_b2", "1.0.0"], id="named"),
        pytest.param("1.0.0+b9", ["1.0.0_b2", "1.0.0_b1", "1.0.0"], id="named and not there"),
        pytest.param("^1", ["1.0.0_b2", "1.0.0_b1", "1.0.0"], id="range"),
    ],
)
def test_named_build_comes_first(constraint: str, tags: list[str]) -> None:
    releases = read_tags(map(Tag, ["1.0.0", "1.0.0_b1", "1.0.0_b2"]), REPOSITORY, subject=SUBJECT)

    assert [item.tag for item in releases.satisfying(Constraint(constraint))] == tags


def test_many_tags_are_read() -> None:
    tags = [Tag(f"{number // 100}.{number % 100}.0") for number in range(10_000)]

    releases = read_tags(tags, REPOSITORY, subject=SUBJECT)

    assert (len(releases.versions), releases.versions[0].tag) == (10_000, "99.99.0")
