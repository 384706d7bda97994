"""Semantic versions: grammar, order, and the tags that they have."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.version import Version, render_floating

# semver.org 2.0.0, rule 11; where the precedence is equal, by build metadata.
ORDER = (
    "0.0.1",
    "0.9.0",
    "0.10.0",
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.0+b",
    "1.0.0+c",
    "1.0.1",
    "2.0.0",
    "10.0.0",
)


@pytest.mark.parametrize(("low", "high"), list(itertools.pairwise(ORDER)))
def test_precedence_is_that_of_semver(low: str, high: str) -> None:
    assert Version(low) < Version(high)
    assert Version(high) >= Version(low)
    assert Version(low) != Version(high)


def test_order_does_not_depend_on_chance() -> None:
    shuffled = [Version(text) for text in ORDER]
    random.Random(7).shuffle(shuffled)
    assert [version.text for version in sorted(shuffled)] == list(ORDER)


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.0 ", "1.0.0\n", "1.0.0.0",
        "1.0.x", "latest", "1.0.0-a_b", "١.0.0", "-1.0.0",
    ],
)  # fmt: skip
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a semantic version: ") as caught:
        Version(text)
    expected = "not a semantic version: expected MAJOR.MINOR.PATCH such as 1.0.0-beta.1"
    assert str(caught.value) == f"{expected}, got {text!r}"


@pytest.mark.parametrize(
    ("text", "tag"),
    [("1.0.0", "1.0.0"), ("1.0.0-rc.1", "1.0.0-rc.1"), ("1.0.0+build.5", "1.0.0_build.5")],
)
def test_tag_has_an_underscore_for_a_plus(text: str, tag: str) -> None:
    assert Version(text).tag == tag
    assert Version.of_tag(tag) == Version(text)


def test_leading_v_is_read_and_never_written() -> None:
    assert Version.of_tag("v1.2.3").tag == "1.2.3"


@pytest.mark.parametrize("tag", ["latest", "1", "1.2", "vv1.0.0", "v", "1.0.0_a_b", "edge"])
def test_tag_that_is_no_version_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="not a semantic version"):
        Version.of_tag(tag)


def test_version_too_long_for_a_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="not a tag"):
        _ = Version("1.0.0-" + "a" * 123).tag


versions = st.builds(
    lambda core, pre, build: ".".join(map(str, core)) + pre + build,
    st.tuples(*[st.integers(0, 20)] * 3),
    st.sampled_from(("", "-rc.1", "-alpha.beta", "-1")),
    st.sampled_from(("", "+b1", "+b.2")),
)


@given(versions)
def test_tag_leads_back_to_its_version(text: str) -> None:
    assert Version.of_tag(Version(text).tag) == Version(text)


@given(versions, versions)
def test_order_is_total(left: str, right: str) -> None:
    a, b = Version(left), Version(right)
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a == b) == (left == right) == (hash(a) == hash(b))


@pytest.mark.parametrize(
    ("text", "following"),
    [("1.0.0", "1.0.1"), ("1.2.9", "1.2.10"), ("2.0.0-rc.1", "2.0.0"), ("1.0.0+b", "1.0.1")],
)
def test_next_patch_is_the_lowest_release_above(text: str, following: str) -> None:
    assert Version(text).next_patch() == Version(following)


@pytest.mark.parametrize(
    ("template", "tag"),
    [("latest", "latest"), ("{major}", "1"), ("{major}.{minor}", "1.12"), ("v{major}-stable", "v1-stable")],
)
def test_floating_tag_is_filled_in(template: str, tag: str) -> None:
    assert render_floating(template, Version("1.12.3-rc.1+b")) == tag


def test_parts_are_told() -> None:
    version = Version("1.12.3-rc.1")
    assert (version.major, version.minor, version.is_prerelease) == (1, 12, True)
    assert not Version("1.12.3").is_prerelease
    assert Version("1.12.3-rc.1+b.5").core == (1, 12, 3)
    assert (Version("1.12.3+b.5").build, version.build) == ("b.5", "")
    assert (str(version), repr(version)) == ("1.12.3-rc.1", "Version('1.12.3-rc.1')")


def test_version_equals_no_text() -> None:
    assert Version("1.0.0") != "1.0.0"


@pytest.mark.parametrize(
    ("low", "high"),
    [("1.0.0+9", "1.0.0+10"), ("1.0.0+10", "1.0.0+a"), ("1.0.0+a", "1.0.0+a.1"), ("1.0.0+01", "1.0.0+1")],
    ids=["numbers", "words after numbers", "more fields", "leading zero first"],
)
def test_builds_are_ordered_without_precedence(low: str, high: str) -> None:
    assert Version(low) < Version(high)
    assert Version(low).precedence == Version(high).precedence


def test_core_and_build_are_told() -> None:
    version = Version("1.12.3-rc.1+b.007")
    assert (version.core, version.patch, version.build) == ((1, 12, 3), 3, "b.007")
    assert Version("1.12.3").build == ""
