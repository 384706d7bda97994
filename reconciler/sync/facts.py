"""The third fact: what a store says now about a tag.

Wanted and locked are values of `desired`; this is what was *seen*. Unknown is not absent.
Must never be added: how it was found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.desired.versions.version import Version
    from reconciler.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Present:
    """The tag holds a manifest with this digest."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class Absent:
    """The store is certain that the tag is not there."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The store does not say, but grants the right to push: creating is allowed, nothing else is."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The store could not tell: nothing is pushed, deleted or called missing because of it."""

    why: str
    exit_code: int
    fix: str | None = None


Seen = Present | Absent | Hidden | Unknown


@dataclass(frozen=True, slots=True)
class FloatingPresent:
    """A floating tag, and which version of the project's artifact it holds."""

    digest: Digest
    version: Version | None
    """None where it is no version of this project's artifact."""
    published: tuple[Version, ...] = ()
    """Where it is none: the versions that the repository's tags name."""


@dataclass(frozen=True, slots=True)
class FloatingAbsent:
    """A floating tag that is not there, and the versions that the repository's tags name."""

    published: tuple[Version, ...] = ()
    is_hidden: bool = False
    """Whether the store does not say, but grants the right to push."""


FloatingSeen = FloatingPresent | FloatingAbsent | Unknown
