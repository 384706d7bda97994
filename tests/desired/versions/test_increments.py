"""The next version: npm's own table, and that it is always newer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.increments import Level, check_build, check_preid, increment
from reconciler.desired.versions.version import Version

# version, level, preid, build, next version. Without preid and build: node-semver 7.7, increments.js.
NEXT = [
    ("1.2.3", "major", None, None, "2.0.0"),
    ("1.2.3", "minor", None, None, "1.3.0"),
    ("1.2.3", "patch", None, None, "1.2.4"),
    ("1.2.3-tag", "major", None, None, "2.0.0"),
    ("1.2.0-0", "patch", None, None, "1.2.0"),
    ("1.2.3-4", "major", None, None, "2.0.0"),
    ("1.2.3-4", "minor", None, None, "1.3.0"),
    ("1.2.3-4", "patch", None, None, "1.2.3"),
    ("1.2.3-alpha.0.beta", "major", None, None, "2.0.0"),
    ("1.2.3-alpha.0.beta", "minor", None, None, "1.3.0"),
    ("1.2.3-alpha.0.beta", "patch", None, None, "1.2.3"),
    ("1.2.4", "prerelease", None, None, "1.2.5-0"),
    ("1.2.3-0", "prerelease", None, None, "1.2.3-1"),
    ("1.2.3-alpha.0", "prerelease", None, None, "1.2.3-alpha.1"),
    ("1.2.3-alpha.1", "prerelease", None, None, "1.2.3-alpha.2"),
    ("1.2.3-alpha.0.beta", "prerelease", None, None, "1.2.3-alpha.1.beta"),
    ("1.2.3-alpha.10.0.beta", "prerelease", None, None, "1.2.3-alpha.10.1.beta"),
    ("1.2.3-alpha.10.beta.0", "prerelease", None, None, "1.2.3-alpha.10.beta.1"),
    ("1.2.3-alpha.9.beta", "prerelease", None, None, "1.2.3-alpha.10.beta"),
    ("1.2.3-alpha.10.beta", "prerelease", None, None, "1.2.3-alpha.11.beta"),
    ("1.2.0", "prerelease", None, None, "1.2.1-0"),
    ("1.2.0-1", "minor", None, None, "1.2.0"),
    ("1.0.0-1", "major", None, None, "1.0.0"),
    ("1.2.3-alpha", "prerelease", None, None, "1.2.3-alpha.0"),
    ("1.2.0", "prerelease", "dev", None, "1.2.1-dev.0"),
    ("1.2.0-1", "prerelease", "dev", None, "1.2.0-dev.0"),
    ("1.2.3-alpha.0", "prerelease", "alpha", None, "1.2.3-alpha.1"),
    ("1.2.3-alpha.0.beta", "prerelease", "alpha", None, "1.2.3-alpha.1.beta"),
    ("1.2.3-alpha.10.0.beta", "prerelease", "alpha", None, "1.2.3-alpha.10.1.beta"),
    ("1.2.3-alpha.9.beta", "prerelease", "alpha", None, "1.2.3-alpha.10.beta"),
    ("1.2.3-alpha.10.beta.2", "prerelease", "dev", None, "1.2.3-dev.0"),
    ("1.2.0-beta", "prerelease", "beta", None, "1.2.0-beta.0"),
    ("1.2.3-1", "prerelease", "1", None, "1.2.3-1.0"),
    ("1.2.3-0", "release", None, None, "1.2.3"),
    ("1.2.3-alpha.10.beta.0", "release", None, None, "1.2.3"),
    ("2.0.0-rc.1", "major", None, None, "2.0.0"),
    ("2.0.0-rc.1", "minor", None, None, "2.0.0"),
    ("2.0.0-rc.1", "patch", None, None, "2.0.0"),
    ("2.1.0-rc.1", "major", None, None, "3.0.0"),
    ("0.0.0", "patch", None, None, "0.0.1"),
    ("0.9.9", "major", None, None, "1.0.0"),
    ("99999999999999999999.0.0", "major", None, None, "100000000000000000000.0.0"),
    ("1.2.3+b1", "patch", None, None, "1.2.4"),
    ("1.2.3-rc.1+b1", "release", None, None, "1.2.3"),
    ("1.2.3-rc.1+b.2-x", "prerelease", None, None, "1.2.3-rc.2"),
    ("1.2.3", "minor", None, "b1", "1.3.0+b1"),
    ("1.2.3+b1", "patch", None, "0.01.x-y", "1.2.4+0.01.x-y"),
    ("1.2.3", "prerelease", "beta", "b1", "1.2.4-beta.0+b1"),
]


@pytest.mark.parametrize(
    ("old", "level", "preid", "build", "new"), NEXT, ids=[" ".join(map(str, row[:4])) for row in NEXT]
)
def test_next_version(old: str, level: str, preid: str | None, build: str | None, new: str) -> None:
    assert increment(Version(old), Level(level), preid=preid, build=build).text == new


REFUSED = [
    ("1.2.3", "release", None, None, "release: expected a pre-release such as 1.0.0-rc.1, got 1.2.3"),
    ("1.2.3+b", "release", None, None, "release: expected a pre-release such as 1.0.0-rc.1, got 1.2.3+b"),
    (
        "1.2.3-rc.1",
        "prerelease",
        "beta",
        None,
        "prerelease: expected a version that is newer than 1.2.3-rc.1, got 1.2.3-beta.0",
    ),
    (
        "1.2.0-beta.fooblz",
        "prerelease",
        "beta",
        None,
        "prerelease: expected a version that is newer than 1.2.0-beta.fooblz, got 1.2.0-beta.0",
    ),
    ("1.0.0", "patch", "a.b", None, "expected letters, digits and - such as beta, got 'a.b'"),
    ("1.0.0", "patch", None, "a..b", "expected letters, digits, - and dots between them, got 'a..b'"),
]


@pytest.mark.parametrize(
    ("old", "level", "preid", "build", "text"), REFUSED, ids=[" ".join(map(str, row[:4])) for row in REFUSED]
)
def test_no_next_version(old: str, level: str, preid: str | None, build: str | None, text: str) -> None:
    with pytest.raises(ValueError, match=r"expected") as caught:
        increment(Version(old), Level(level), preid=preid, build=build)
    assert str(caught.value) == text


def test_version_longer_than_a_tag() -> None:
    with pytest.raises(ValueError, match="128"):
        increment(Version("1.0.0"), Level.PATCH, build="b" * 128)


@pytest.mark.parametrize("text", ["", "01", "a.b", "a b", "a_b", "bäta", "a\n", "+", "٣"])
def test_word_that_is_no_preid(text: str) -> None:
    with pytest.raises(ValueError, match="expected letters, digits and - such as beta"):
        check_preid(text)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a_b", "a+b", "ä", "a\n"])
def test_text_that_is_no_build(text: str) -> None:
    with pytest.raises(ValueError, match="expected letters, digits, - and dots"):
        check_build(text)


NUMBERS = st.integers(0, 10**20)
WORDS = st.from_regex(
    r"(0|[1-9][0-9]{0,3}|[a-z-][0-9a-z-]{0,4})(\.(0|[1-9][0-9]{0,3}|[a-z-][0-9a-z-]{0,4})){0,3}",
    fullmatch=True,
)


@given(
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.none() | WORDS,
    st.sampled_from(Level),
    st.sampled_from([None, "beta"]),
)
def test_next_version_is_newer(
    core: tuple[int, int, int], prerelease: str | None, level: Level, preid: str | None
) -> None:
    old = Version(".".join(map(str, core)) + (f"-{prerelease}" if prerelease else ""))
    try:
        new = increment(old, level, preid=preid)
    except ValueError:
        new = None
    if new is None:
        assert level in (Level.RELEASE, Level.PRERELEASE)
        return
    assert old < new
    assert new.is_prerelease == (level is Level.PRERELEASE)
