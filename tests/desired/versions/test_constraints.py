"""Constraints, held to what npm and Cargo publish about theirs.

Facts are taken from node-semver 7 (README; test/fixtures: range-include, range-exclude, range-parse),
from The Cargo Book ("Specifying Dependencies", "Version requirement syntax"), and from semver.org 2.0.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.constraints import CONSTRAINT_MAX_CHARACTERS, Constraint
from reconciler.desired.versions.version import Version

# Rule; constraint; versions that it allows with +, and those that it does not allow with -.
PUBLISHED = r"""
semver-2 whole version            ; 1.0.0                  ; +1.0.0 -1.0.1 -0.9.9 -1.1.0
semver-10 build metadata          ; 1.0.0                  ; +1.0.0+b1 +1.0.0+b2
semver-10 build metadata          ; =1.0.0+b1              ; +1.0.0+b1 +1.0.0+b2 +1.0.0
semver-11 order of pre-releases   ; >=1.0.0-alpha <1.0.0   ; +1.0.0-alpha +1.0.0-alpha.1 +1.0.0-beta.11 +1.0.0-rc.1 -1.0.0
semver-11 numbers as numbers      ; >1.0.0-beta.2 <1.0.0   ; +1.0.0-beta.11 -1.0.0-beta.2 -1.0.0-beta.1 -1.0.0-beta
semver-11 numbers below words     ; >1.0.0-9 <1.0.0        ; +1.0.0-alpha +1.0.0-10 -1.0.0-8
semver-11 more fields are higher  ; >1.0.0-alpha <1.0.0    ; +1.0.0-alpha.1 -1.0.0-alpha
npm-README primitive              ; >=1.2.7                ; +1.2.7 +1.2.8 +2.5.3 +1.3.9 -1.2.6 -1.1.0
npm-README comparators joined     ; >=1.2.7 <1.3.0         ; +1.2.7 +1.2.8 +1.2.99 -1.2.6 -1.3.0 -1.1.0
npm-README or                     ; 1.2.7 || >=1.2.9 <2.0.0; +1.2.7 +1.2.9 +1.4.6 -1.2.8 -2.0.0
npm-README prerelease             ; >1.2.3-alpha.3         ; +1.2.3-alpha.7 -3.4.5-alpha.9 +3.4.5 -1.2.3-alpha.3
npm-README hyphen                 ; 1.2.3 - 2.3.4          ; +1.2.3 +2.3.4 +2.0.0 -1.2.2 -2.3.5
npm-README hyphen partial low     ; 1.2 - 2.3.4            ; +1.2.0 +2.3.4 -1.1.9 -2.3.5
npm-README hyphen partial high    ; 1.2.3 - 2.3            ; +1.2.3 +2.3.9 -2.4.0
npm-README hyphen partial high    ; 1.2.3 - 2              ; +2.9.9 -3.0.0
npm-README x-range                ; *                      ; +0.0.0 +1.2.3 +99.0.0 -1.0.0-rc.1
npm-README x-range                ; 1.x                    ; +1.0.0 +1.9.9 -0.9.9 -2.0.0 -1.0.0-beta
npm-README x-range                ; 1.X                    ; +1.5.0 -2.0.0
npm-README x-range                ; 1.2.x                  ; +1.2.0 +1.2.9 -1.3.0 -1.1.9
npm-README x-range                ; 1.2.*                  ; +1.2.4 -1.3.0
npm-README partial is x-range     ;                        ; +0.0.1 +1.0.0 -1.0.0-a
npm-README partial is x-range     ; 1                      ; +1.0.0 +1.9.9 -2.0.0 -0.9.9
npm-README partial is x-range     ; 1.2                    ; +1.2.0 +1.2.9 -1.3.0
npm-README tilde                  ; ~1.2.3                 ; +1.2.3 +1.2.9 -1.2.2 -1.3.0
npm-README tilde                  ; ~1.2                   ; +1.2.0 +1.2.9 -1.3.0 -1.1.9
npm-README tilde                  ; ~1                     ; +1.0.0 +1.9.0 -2.0.0
npm-README tilde                  ; ~0.2.3                 ; +0.2.3 +0.2.9 -0.3.0 -0.2.2
npm-README tilde                  ; ~0.2                   ; +0.2.0 -0.3.0
npm-README tilde                  ; ~0                     ; +0.0.0 +0.9.9 -1.0.0
npm-README tilde prerelease       ; ~1.2.3-beta.2          ; +1.2.3-beta.4 -1.2.4-beta.2 +1.2.3 +1.2.9 -1.2.3-beta.1 -1.3.0
npm-README caret                  ; ^1.2.3                 ; +1.2.3 +1.9.9 -1.2.2 -2.0.0
npm-README caret                  ; ^0.2.3                 ; +0.2.3 +0.2.9 -0.2.2 -0.3.0 -1.0.0
npm-README caret                  ; ^0.0.3                 ; +0.0.3 -0.0.4 -0.0.2 -0.1.0
npm-README caret prerelease       ; ^1.2.3-beta.2          ; +1.2.3-beta.4 -1.2.4-beta.2 +1.2.4 +1.9.0 -2.0.0 -2.0.0-alpha
npm-README caret prerelease       ; ^0.0.3-beta            ; +0.0.3-pr.2 +0.0.3 -0.0.4 -0.0.3-alpha
npm-README caret partial          ; ^1.2.x                 ; +1.2.0 +1.9.0 -2.0.0 -1.1.9
npm-README caret partial          ; ^0.0.x                 ; +0.0.0 +0.0.9 -0.1.0
npm-README caret partial          ; ^0.0                   ; +0.0.0 +0.0.9 -0.1.0
npm-README caret partial          ; ^1.x                   ; +1.0.0 +1.9.9 -2.0.0
npm-README caret partial          ; ^0.x                   ; +0.0.0 +0.9.9 -1.0.0
npm-fixture hyphen                ; 1.0.0 - 2.0.0          ; +1.2.3 -2.2.3
npm-fixture hyphen prerelease     ; 1.2.3-pre+asdf - 2.4.3-pre+asdf ; +1.2.3 +1.2.3-pre.2 +2.4.3-alpha -2.4.3
npm-fixture hyphen build          ; 1.2.3+asdf - 2.4.3+asdf; +1.2.3 -1.2.3-pre.2 -2.4.3-alpha
npm-fixture hyphen wildcard       ; x - 1.0.0              ; +0.9.7 -1.0.1
npm-fixture hyphen wildcard       ; x - 1.x                ; +0.9.7 +1.9.7 -2.0.0
npm-fixture hyphen wildcard       ; 1.0.0 - x              ; +1.9.7 +9.0.0 -0.9.9
npm-fixture hyphen wildcard       ; 1.x - x                ; +1.9.7 -0.9.0
npm-fixture build in a range      ; ^1.2.3+build           ; +1.2.3 +1.3.0 -2.0.0 -1.2.0
npm-fixture anything              ; >=*                    ; +0.2.4
npm-fixture anything              ; ||                     ; +1.3.4
npm-fixture anything              ; x                      ; +1.2.3
npm-fixture anything              ; ~x                     ; +0.0.9
npm-fixture anything              ; ^x                     ; +1.2.3
npm-fixture nothing               ; >X                     ; -0.0.0 -1.0.0
npm-fixture nothing               ; <X                     ; -0.0.0 -0.0.0-0
npm-fixture nothing               ; <x <* || >* 2.x        ; -2.0.0 -0.0.0
npm-fixture or with nothing       ; >x 2.x || * || <x      ; +1.0.0
npm-fixture space after operator  ; >= 1.0.0               ; +1.0.0 +1.1.0 -0.9.0
npm-fixture space after operator  ; >=   1.0.0             ; +1.1.0
npm-fixture space after operator  ; <    2.0.0             ; +1.9999.9999 +0.2.9 -2.0.0
npm-fixture tab after operator    ; <\t2.0.0               ; +0.2.9 -2.9999.9999
npm-fixture space after operator  ; ~ 1.0                  ; +1.0.2 -1.1.0
npm-fixture space after operator  ; ~ 1.0.3                ; +1.0.12
npm-fixture space after operator  ; ^ 1.2 ^ 1              ; +1.4.2 -1.1.0
npm-fixture or                    ; 0.1.20 || 1.2.4        ; +1.2.4 +0.1.20 -1.2.3
npm-fixture or                    ; >=0.2.3 || <0.0.1      ; +0.0.0 +0.2.3 +0.2.4 -0.0.3 -0.2.2
npm-fixture or                    ; 1.2.x || 2.x           ; +2.1.3 +1.2.3 -3.1.3 -1.1.3
npm-fixture tilde and arrow       ; ~>3.2.1                ; +3.2.2 -3.3.2 -3.2.0
npm-fixture tilde and arrow       ; ~> 1                   ; +1.2.3 -2.2.3
npm-fixture tilde                 ; ~2.4                   ; +2.4.0 +2.4.5 -2.5.0 -2.3.9
npm-fixture tilde                 ; ~0.0.1                 ; +0.0.1 +0.0.2 -0.1.0-alpha -0.1.0
npm-fixture leading v             ; ~v0.5.4-pre            ; +0.5.5 +0.5.4 +0.5.4-pre
npm-fixture leading v             ; ~v0.5.4-beta           ; -0.5.4-alpha
npm-fixture leading v             ; v1.2.3                 ; +1.2.3 -1.2.4
npm-fixture operator and x-range  ; =0.7.x                 ; +0.7.2 -0.8.2 -0.7.0-asdf
npm-fixture operator and x-range  ; <=0.7.x                ; +0.7.2 +0.6.2 -0.8.0
npm-fixture operator and x-range  ; >=0.7.x                ; +0.7.2 -0.6.2 -0.7.0-asdf
npm-fixture operator and x-range  ; <0.7.x                 ; -0.7.2 +0.6.9
npm-fixture operator and x-range  ; <=7.x                  ; +7.9.9 -8.0.0
npm-fixture operator and partial  ; >1                     ; +2.0.0 -1.9.9
npm-fixture operator and partial  ; >1.2                   ; +1.3.0 -1.2.8 -1.3.0-beta
npm-fixture operator and partial  ; <1.2                   ; +1.1.1 -1.2.0 -1.2.0-beta
npm-fixture operator and partial  ; <1                     ; -1.0.0 -1.0.0-beta +0.9.9
npm-fixture operator and partial  ; >=1.2                  ; +1.2.8 -1.1.1
npm-fixture joined                ; ~1.2.1 1.2.3 >=1.2.3   ; +1.2.3 -1.2.4
npm-fixture joined                ; ^1.2 ^1                ; +1.4.2
npm-fixture prerelease            ; ^1.2.3-alpha           ; +1.2.3-pre
npm-fixture prerelease            ; ^0.0.1-alpha           ; +0.0.1-beta +0.0.1 -0.0.2-alpha
npm-fixture prerelease            ; ^0.1.1-alpha           ; +0.1.1-beta
npm-fixture prerelease excluded   ; ^1.2.3                 ; -1.2.3-pre -2.0.0-alpha
npm-fixture prerelease excluded   ; <=1.2.3                ; -1.2.3-beta
npm-fixture prerelease excluded   ; <1.2.3                 ; -1.2.3-beta
npm-fixture prerelease excluded   ; =1.2.3                 ; -1.2.3-beta
npm-fixture prerelease excluded   ; ^0.0.1                 ; -0.0.2-alpha -0.0.2
npm-rule exact prerelease         ; 1.2.3-beta             ; +1.2.3-beta -1.2.3 -1.2.3-alpha
npm-rule below a prerelease       ; <=1.2.3-beta           ; +1.2.3-beta +1.2.3-alpha +1.2.2 -1.2.3 -1.2.2-beta
npm-rule below a prerelease       ; <2.0.0-beta            ; +2.0.0-alpha +1.9.9 -2.0.0-beta -2.0.0
npm-rule tilde of .0 prerelease   ; ~1.2.0-beta            ; +1.2.0-beta.1 +1.2.5 -1.3.0
npm-rule named per alternative    ; 1.2.3-beta || ^2       ; +1.2.3-beta -2.0.0-beta +2.0.0
npm-rule all must hold            ; 1.x >=1.0.0-beta       ; -1.0.0-rc.1 +1.0.0
cargo-caret                       ; ^0.0                   ; +0.0.7 -0.1.0
cargo-caret                       ; ^0                     ; +0.0.0 +0.9.0 -1.0.0
cargo-caret                       ; ^0.2                   ; +0.2.0 -0.3.0
cargo-tilde                       ; ~1.2.3                 ; +1.2.9 -1.3.0
cargo-wildcard                    ; 1.*                    ; +1.7.0 -2.0.0
cargo-wildcard                    ; 1.2.*                  ; +1.2.7 -1.3.0
cargo-comparison                  ; >= 1.2.0               ; +1.2.0 +2.0.0 -1.1.9
cargo-comparison                  ; > 1                    ; +2.0.0 -1.0.1
cargo-comparison                  ; < 2                    ; +1.9.9 -2.0.0 -2.0.0-alpha
cargo-comparison                  ; = 1.2.3                ; +1.2.3 -1.2.4
cargo-comma                       ; >= 1.2, < 1.5          ; +1.2.0 +1.4.9 -1.5.0 -1.1.9
cargo-comma                       ; >=1.2.3,<2.0.0         ; +1.2.3 -2.0.0
cargo-comma                       ; >=0.4, <2              ; +0.4.0 +1.9.0 -2.0.0
cargo-comma and or                ; >=1, <2 || 3           ; +1.5.0 +3.9.9 -2.5.0
pallet latest                     ; latest                 ; +1.0.0 +99.0.0 -1.0.0-rc.1
pallet space around               ; ^1.2.3                 ; +1.2.3
"""

# The same with every pre-release wanted (npm: includePrerelease).
PUBLISHED_PRERELEASES = """
npm-fixture x-range               ; 2.x                    ; +2.0.0-pre.0 +2.1.0-pre.0 -3.0.0-pre.0
npm-fixture anything              ; *                      ; +1.0.0-rc1 +0.0.0-0
npm-fixture caret                 ; ^1.0.0-0               ; +1.0.1-rc1
npm-fixture caret                 ; ^1.0.0-rc2             ; +1.0.1-rc1 -1.0.0-rc1
npm-fixture caret                 ; ^1.0.0                 ; +1.0.1-rc1 +1.1.0-rc1 -1.0.0-rc1 -2.0.0-rc1
npm-fixture caret                 ; ^1.2.3-rc2             ; -2.0.0 +1.3.0-a
npm-fixture hyphen partial        ; 1 - 2                  ; +1.0.0-a +2.9.0-b -3.0.0-0
npm-rule operator and partial     ; >1.2                   ; +1.3.0-beta -1.2.9
npm-rule below by precedence      ; <1.2.3                 ; +1.2.3-beta +1.2.2-beta -1.2.3
npm-rule below a partial          ; <2                     ; -2.0.0-alpha +1.9.0-alpha
pallet whole lower end            ; ^0.1.2                 ; -0.1.2-beta +0.1.3-beta
pallet whole lower end            ; 0.1.2 - 1.0.0          ; -0.1.2-beta +1.0.0-beta
pallet latest                     ; latest                 ; -1.0.0-rc.1 +1.0.0
"""


def _cases(table: str) -> Iterator[object]:
    for line in table.strip().splitlines():
        rule, constraint, versions = (part.strip() for part in line.split(";"))
        for signed in versions.split():
            verb = "allows" if signed[0] == "+" else "refuses"
            yield pytest.param(
                constraint.replace("\\t", "\t"),
                signed[1:],
                signed[0] == "+",
                id=f"{rule}: {constraint!r} {verb} {signed[1:]}",
            )


@pytest.mark.parametrize(("constraint", "version", "allowed"), list(_cases(PUBLISHED)))
def test_published_rules_are_followed(constraint: str, version: str, allowed: bool) -> None:
    assert Constraint(constraint).allows(Version(version)) is allowed


@pytest.mark.parametrize(("constraint", "version", "allowed"), list(_cases(PUBLISHED_PRERELEASES)))
def test_wanted_prereleases_are_allowed(constraint: str, version: str, allowed: bool) -> None:
    assert Constraint(constraint).allows(Version(version), prereleases=True) is allowed


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("01.2.3", "'01.2.3'", id="leading zero (range-parse: >01.02.03)"),
        pytest.param("~1.2.3beta", "'~1.2.3beta'", id="no hyphen (range-parse, strict)"),
        pytest.param("1.2.3-", "'1.2.3-'", id="empty pre-release"),
        pytest.param("1.2.3-01", "'1.2.3-01'", id="leading zero in a pre-release"),
        pytest.param("1.2.3-a..b", "'1.2.3-a..b'", id="empty identifier"),
        pytest.param("1.2.3+", "'1.2.3+'", id="empty build"),
        pytest.param("1.2.3.4", "'1.2.3.4'", id="four parts"),
        pytest.param("1.x.3", "'1.x.3'", id="number after a wildcard"),
        pytest.param("1.x-beta", "'1.x-beta'", id="pre-release of a wildcard"),
        pytest.param("1.2.x-beta", "'1.2.x-beta'", id="pre-release of a last wildcard"),
        pytest.param("1.2+b", "'1.2+b'", id="build of a partial version"),
        pytest.param("==1.2.3", "'==1.2.3'", id="Python's equals"),
        pytest.param("~=1.2", "'~=1.2'", id="Python's compatible"),
        pytest.param("!=1.2.3", "'!=1.2.3'", id="not equal"),
        pytest.param(">=1<2", "'>=1<2'", id="no space between"),
        pytest.param("^", "'^'", id="operator alone"),
        pytest.param("v^1", "'v^1'", id="v before the operator"),
        pytest.param("V1.2.3", "'V1.2.3'", id="capital v"),
        pytest.param("1.2.3 -2.0.0", "'-2.0.0'", id="hyphen without spaces"),
        pytest.param("1 - 2 - 3", "'-'", id="two hyphens"),
        pytest.param("1.0.0 - ^2", "'-'", id="operator in a hyphen range"),
        pytest.param("1 | 2", "'|'", id="one bar"),
        pytest.param("1,", "an empty part beside a comma", id="comma at the end"),
        pytest.param(",", "an empty part beside a comma", id="comma alone"),
        pytest.param("newest", "'newest'", id="word"),
        pytest.param("Latest", "'Latest'", id="capital latest"),
        pytest.param("latest || 1", "'latest'", id="latest among others"),
        pytest.param("١.0.0", "'١.0.0'", id="digits of another script"),
        pytest.param("1.0.0\x00", "'1.0.0\\x00'", id="control character"),
        pytest.param("1" * 200 + "beta", f"{'1' * 80 + '…'!r}", id="long word is cut"),
    ],
)
def test_what_is_no_constraint_is_refused(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=r"^not a version constraint: expected ") as caught:
        Constraint(text)
    assert str(caught.value).endswith(f", where {word} is not understood")


def test_endless_constraints_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected at most 1000 characters, got 1001$"):
        Constraint("1" * (CONSTRAINT_MAX_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("text", "exact", "bounds"),
    [
        ("1.2.3", "1.2.3", ["1.2.3"]),
        ("=1.2.3+b1", "1.2.3+b1", ["1.2.3+b1"]),
        ("^1.2", None, ["1.2.0"]),
        (">1.2", None, ["1.2.0"]),
        ("<2 || 3.x", None, ["2.0.0", "3.0.0"]),
        ("1.2.3 || 1.2.4", None, ["1.2.3", "1.2.4"]),
        ("*", None, []),
        ("latest", None, []),
    ],
)
def test_named_versions_are_known(text: str, exact: str | None, bounds: list[str]) -> None:
    constraint = Constraint(text)
    assert (constraint.exact and constraint.exact.text) == exact
    assert [bound.text for bound in constraint.bounds] == bounds


def test_constraints_are_their_text() -> None:
    assert str(Constraint(" ^1.2 ")) == "^1.2"
    assert repr(Constraint("^1.2")) == "Constraint('^1.2')"
    assert {Constraint("^1.2"), Constraint("^1.2 ")} == {Constraint("^1.2")}
    assert Constraint("^1.2") != Constraint("^1.2.0")


_NUMBER = st.integers(min_value=0, max_value=3)
_IDENTIFIER = st.sampled_from(["0", "1", "2", "10", "alpha", "beta", "rc-1", "0a"])
_LIST = st.lists(_IDENTIFIER, max_size=3).map(".".join)
VERSIONS = st.builds(
    lambda core, pre, build: Version(
        ".".join(map(str, core)) + (f"-{pre}" if pre else "") + (f"+{build}" if build else "")
    ),
    st.tuples(_NUMBER, _NUMBER, _NUMBER),
    _LIST,
    _LIST,
)


@given(VERSIONS, VERSIONS)
def test_caret_never_crosses_breaking_changes(base: Version, other: Version) -> None:
    if Constraint(f"^{base}").allows(other, prereleases=True):
        assert other.precedence >= base.precedence
        leading = next((place for place, number in enumerate(base.core) if number), 2)
        assert other.core[: leading + 1] == base.core[: leading + 1]


@given(VERSIONS, VERSIONS)
def test_operators_agree_with_precedence(base: Version, other: Version) -> None:
    held = {
        operator: Constraint(f"{operator}{base}").allows(other, prereleases=True)
        for operator in ("<", "<=", "=", ">=", ">")
    }
    assert held == {
        "<": other.precedence < base.precedence,
        "<=": other.precedence <= base.precedence,
        "=": other.precedence == base.precedence,
        ">=": other.precedence >= base.precedence,
        ">": other.precedence > base.precedence,
    }


@given(VERSIONS, VERSIONS)
def test_build_metadata_never_matters(base: Version, other: Version) -> None:
    without = Version(other.text.partition("+")[0])
    for text in (f"^{base}", f"~{base}", f"<{base}", f"{base}"):
        assert Constraint(text).allows(other) == Constraint(text).allows(without)


@given(VERSIONS, VERSIONS)
def test_unwanted_prereleases_need_a_name(base: Version, other: Version) -> None:
    if other.is_prerelease and Constraint(f">={base}").allows(other):
        assert base.is_prerelease
        assert base.core == other.core


@given(st.lists(VERSIONS, max_size=8), VERSIONS)
def test_ranges_have_no_holes(versions: list[Version], base: Version) -> None:
    """Between two versions that `^x` allows, it allows everything."""
    constraint = Constraint(f"^{base}")
    allowed = [constraint.allows(version, prereleases=True) for version in sorted(versions)]
    assert sum(before != after for before, after in pairwise([False, *allowed, False])) <= 2


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        constraint = Constraint(text)
    except ValueError:
        return
    assert constraint.allows(Version("1.0.0")) in (True, False)
