"""The version after another one, as `semver inc` of npm counts, and never one that is not newer.

Spec: node-semver 7.7, `inc`, with `release`; semver.org 2.0.0. Must never be added: where a version stands.
"""

from __future__ import annotations

import re
from enum import StrEnum

from reconciler.desired.versions.version import Version

_IDENTIFIER = re.compile(r"0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*", re.ASCII)
_BUILD = re.compile(r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*", re.ASCII)


class Level(StrEnum):
    """Which part of a version goes up."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    PRERELEASE = "prerelease"
    RELEASE = "release"


def increment(
    version: Version, level: Level, *, preid: str | None = None, build: str | None = None
) -> Version:
    """Return the next version; build metadata of the old one is dropped.

    A pre-release becomes the release that it leads to, where that is what the level asks for: `major` of
    2.0.0-rc.1 is 2.0.0, `minor` of it too, `minor` of 1.2.3-rc.1 is 1.3.0. `prerelease` counts the last
    number of a pre-release; of a release it is the first one before the next patch, without a word where
    there is no `preid`: 1.2.3 → 1.2.4-0.

    Args:
        version: the version now.
        level: what goes up.
        preid: the word of the pre-release, such as `beta`; another one than now starts at 0.
        build: the new version's build metadata.

    Raises:
        ValueError: there is no such version, it would not be newer, it is too long for a tag, or `preid`
            or `build` is none.
    """
    if preid is not None:
        check_preid(preid)
    if build is not None:
        check_build(build)
    core, _, prerelease = version.text.partition("+")[0].partition("-")
    major, minor, patch = (int(number) for number in core.split("."))
    is_release = not prerelease
    match level:
        case Level.MAJOR:
            text = f"{major + (is_release or (minor, patch) != (0, 0))}.0.0"
        case Level.MINOR:
            text = f"{major}.{minor + (is_release or patch != 0)}.0"
        case Level.PATCH:
            text = f"{major}.{minor}.{patch + is_release}"
        case Level.PRERELEASE:
            text = f"{major}.{minor}.{patch + is_release}-{_next_prerelease(prerelease, preid)}"
        case Level.RELEASE if is_release:
            raise ValueError(f"release: expected a pre-release such as 1.0.0-rc.1, got {version}")
        case Level.RELEASE:
            text = core
    result = Version(f"{text}+{build}" if build else text)
    if not _precedes(version, result):
        raise ValueError(f"{level}: expected a version that is newer than {version}, got {result}")
    result.tag  # noqa: B018 (refuses a version that is too long for a tag)
    return result


def check_preid(preid: str) -> None:
    """Refuse what cannot be one identifier of a pre-release.

    Raises:
        ValueError: it is none.
    """
    if _IDENTIFIER.fullmatch(preid) is None:
        raise ValueError(f"expected letters, digits and - such as beta, got {preid[:100]!r}")


def check_build(build: str) -> None:
    """Refuse what cannot be build metadata.

    Raises:
        ValueError: it cannot.
    """
    if _BUILD.fullmatch(build) is None:
        raise ValueError(f"expected letters, digits, - and dots between them, got {build[:100]!r}")


def _next_prerelease(prerelease: str, preid: str | None) -> str:
    parts = prerelease.split(".") if prerelease else []
    if preid is not None and (parts[:1] != [preid] or not "".join(parts[1:2]).isdigit()):
        return f"{preid}.0"
    for index in range(len(parts) - 1, -1, -1):
        if parts[index].isdigit():
            parts[index] = str(int(parts[index]) + 1)
            return ".".join(parts)
    return ".".join([*parts, "0"])


def _precedes(old: Version, new: Version) -> bool:
    """Compare without build metadata, which has no part in precedence (semver.org, rule 10)."""
    return Version(old.text.partition("+")[0]) < Version(new.text.partition("+")[0])
