"""Which versions a repository holds: its tags, read as versions.

Decided here: which tags are versions, and their order: newest first by precedence, then by build
metadata as `versions` says, and where two tags spell one version (`1.0.0`, `v1.0.0`) the one that pallet
would write comes first. Tags of the fallback for referrers and of signatures (`sha256-…`) are nobody's
versions nor names and are left out. Must never be added: a question about what a tag holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.versions.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.versions.constraints import Constraint
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store

_RESERVED = re.compile(r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{64,128})(?:\..*)?", re.ASCII)
"""distribution-spec v1.1.1, "Referrers Tag Schema": 64 hex digits; signers add `.sig` and the like."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version, and the tag it is published under."""

    version: Version
    tag: Tag


@dataclass(frozen=True, slots=True)
class Releases:
    """What a repository's tag list says."""

    subject: str
    """The repository as people write it, such as `host/name`."""
    repository: Repository
    versions: tuple[Release, ...]
    """Newest first."""
    other_tags: tuple[Tag, ...]
    """Tags that are no versions, sorted: floating tags, and names that somebody gave."""

    @property
    def note(self) -> str | None:
        """Why there is no version, where there is none."""
        if self.versions:
            return None
        if not self.other_tags:
            return f"{self.subject}: no tags"
        shown = ", ".join(self.other_tags[:5])
        more = f" and {len(self.other_tags) - 5} more" if len(self.other_tags) > 5 else ""
        return f"{self.subject}: none of its tags is a version: expected such as 1.0.0, got {shown}{more}"

    def satisfying(self, constraint: Constraint, *, prereleases: bool = False) -> tuple[Release, ...]:
        """Return the releases that a constraint allows, newest first.

        Among those of equal precedence the one whose build metadata the constraint names is first.
        """
        allowed = [item for item in self.versions if constraint.allows(item.version, prereleases=prereleases)]
        exact = constraint.exact
        if exact is not None:
            # All of one precedence: a constraint's `+b1` excludes nothing, and yet was meant.
            allowed.sort(key=lambda item: item.version.build != exact.build)
        return tuple(allowed)


def list_releases(store: Store, repository: Repository) -> Releases:
    """Ask a store for the tags of a repository, once, and read them as versions.

    Raises:
        NotFoundError: the store is certain that there is no such repository.
        PalletError: the store could not tell.
    """
    return read_tags(store.list_tags(repository), repository, subject=store.name(repository))


def read_tags(tags: Iterable[Tag], repository: Repository, *, subject: str) -> Releases:
    """Part tags into versions and other tags."""
    versions, others = [], []
    for tag in tags:
        if _RESERVED.fullmatch(tag):
            continue
        try:
            versions.append(Release(Version.of_tag(tag), tag))
        except ValueError:
            others.append(tag)
    # Two sorts, the less important first: the second one keeps the order of what is equal.
    versions.sort(key=lambda item: (item.tag[0] == "v", item.tag))
    versions.sort(key=lambda item: item.version, reverse=True)
    return Releases(subject, repository, tuple(versions), tuple(sorted(others)))
