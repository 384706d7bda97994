"""Semantic versions: their grammar, their order, and the tag that each has.

Spec: semver.org 2.0.0. `+` is not legal in a tag and becomes `_`, as Helm does; a semantic version
holds no `_`, so the way back is unambiguous. Two versions that differ only in build metadata have
equal precedence (semver.org, rule 10); so that an order never depends on chance, the identifiers of
their build metadata are then compared as those of a pre-release are (rule 11): numbers as numbers,
below words; none at all is lowest; and `+1` after `+01`, as text. The library stays behind this module;
three numbers alone, as most versions are, are read without it, in a third of the time.
Must never be added: ranges, which are `constraints`'.
"""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering
from typing import Any, Final

import semantic_version

from reconciler.oci.reference import Tag

_NUMBERS: Final = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)
_PLAIN: Final = semantic_version.Version("0.0.0").precedence_key
_NO_PRERELEASE: Final = _PLAIN[3]
"""What the library compares with pre-releases: above all of them."""
_NO_BUILD: Final = (_PLAIN[4], "")


@total_ordering
class Version:
    """A semantic version: ordered by precedence, equal to another with the same text.

    Raises:
        ValueError: the text is no semantic version; the message says what was expected.
    """

    __slots__ = ("_build_order", "build", "is_prerelease", "precedence", "text")

    build: str
    """What follows `+`; empty for none."""
    precedence: tuple[Any, ...]
    """What decides which of two versions is newer: equal where they differ in build metadata only."""

    def __init__(self, text: str) -> None:
        try:
            numbers = _NUMBERS.fullmatch(text)
            if numbers is not None:
                major, minor, patch = numbers.groups()
                self.precedence = int(major), int(minor), int(patch), _NO_PRERELEASE
                self.is_prerelease, self.build, self._build_order = False, "", _NO_BUILD
            else:
                self._parse(text)
        except ValueError as exc:
            raise ValueError(
                f"not a semantic version: expected MAJOR.MINOR.PATCH such as 1.0.0-beta.1, got {text[:100]!r}"
            ) from exc
        self.text = text

    def _parse(self, text: str) -> None:
        # The library's pattern takes digits of other scripts, and a line end after the last one.
        if not text.isascii() or text != text.strip():
            raise ValueError(text)
        parsed = semantic_version.Version(text)
        # The library's key ends with the build metadata, which is no part of precedence.
        self.precedence = parsed.precedence_key[:-1]
        self.is_prerelease, self.build = bool(parsed.prerelease), ".".join(parsed.build)
        self._build_order = parsed.precedence_key[-1], self.build

    @property
    def core(self) -> tuple[int, int, int]:
        """MAJOR, MINOR and PATCH."""
        major, minor, patch, _ = self.precedence
        return major, minor, patch

    @property
    def major(self) -> int:
        return self.core[0]

    @property
    def minor(self) -> int:
        return self.core[1]

    @property
    def patch(self) -> int:
        return self.core[2]

    @property
    def tag(self) -> Tag:
        """The tag that this version is published under.

        Raises:
            ValueError: the version is longer than a tag may be.
        """
        return Tag(self.text.replace("+", "_"))

    @classmethod
    def of_tag(cls, tag: str) -> Version:
        """Return the version that a tag stands for; a leading `v` is read, never written.

        Raises:
            ValueError: the tag is no version.
        """
        return _of_tag(tag)

    def next_patch(self) -> Version:
        """Return the lowest release above this version, which is what a fix of it is called."""
        return Version(str(semantic_version.Version(self.text).next_patch()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.text == other.text

    def __lt__(self, other: Version) -> bool:
        if self.precedence != other.precedence:
            return self.precedence < other.precedence
        return self._build_order < other._build_order

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Version({self.text!r})"


@lru_cache(maxsize=4096)
def _of_tag(tag: str) -> Version:
    text = tag[1:] if tag[:1] == "v" and tag[1:2].isdigit() else tag
    return Version(text.replace("_", "+") if text.count("_") == 1 else text)


def render_floating(template: str, version: Version) -> str:
    """Return the floating tag that `template` means for a version: `{major}` and `{minor}` filled in."""
    return template.replace("{major}", str(version.major)).replace("{minor}", str(version.minor))
