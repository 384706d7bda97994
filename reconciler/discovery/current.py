"""Which of a repository's entries counts: the one that `resolve` would name. Pure.

Decided here: the newest stable version that a constraint allows; a release of which its publisher says that
it is not stable is passed over, unless pre-releases are wanted or the constraint is that very version. For
people who look around, a repository without one shows the newest that it has.
Must never be added: what an artifact is or can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.statements import says_stable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.versions.constraints import Constraint
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.entries import Entry
    from reconciler.oci.reference import Repository


@dataclass(frozen=True, slots=True)
class Eligible:
    """Which versions may be chosen at all."""

    constraint: Constraint | None = None
    prereleases: bool = False
    """Whether pre-releases, and what its publisher calls unstable, count as well."""

    @property
    def is_usual(self) -> bool:
        """Whether it is what everybody means who says nothing."""
        return self.constraint is None and not self.prereleases

    def may_allow(self, version: Version) -> bool:
        """Say whether a version may be chosen, as far as that can be told without its publisher's word."""
        if self.constraint is None:
            return self.prereleases or not version.is_prerelease
        return self.constraint.allows(version, prereleases=self.prereleases)

    def allows(self, entry: Entry) -> bool:
        """Say whether an entry is a version that may be chosen."""
        version = entry.version
        if version is None or not self.may_allow(version):
            return False
        if self.prereleases or says_stable(entry.annotations):
            return True
        if self.constraint is None:
            return False
        exact = self.constraint.exact
        return version.is_prerelease or (exact is not None and exact.precedence == version.precedence)


def is_stable(entry: Entry) -> bool:
    """Say whether an entry is a release whose publisher does not say that it is unstable."""
    version = entry.version
    return version is not None and not version.is_prerelease and says_stable(entry.annotations)


def current(entries: Iterable[Entry], eligible: Eligible) -> dict[Repository, Entry]:
    """Return the newest eligible entry of each repository that has one, whatever the order of entries."""
    found: dict[Repository, Entry] = {}
    for entry in entries:
        if eligible.allows(entry):
            other = found.get(entry.repository)
            if other is None or is_newer(entry, other):
                found[entry.repository] = entry
    return found


def newest(entries: Iterable[Entry]) -> dict[Repository, Entry]:
    """Return what stands for each repository: its newest stable version, else its newest, else some tag."""
    found: dict[Repository, Entry] = {}
    for entry in entries:
        other = found.setdefault(entry.repository, entry)
        if other is not entry and (is_stable(other), _Newer(entry)) < (is_stable(entry), _Newer(other)):
            found[entry.repository] = entry
    return found


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries by repository, and those of one repository from the newest version to the oldest."""
    return sorted(entries, key=lambda entry: (entry.repository, _Newer(entry)))


def is_newer(entry: Entry, other: Entry) -> bool:
    """Say whether an entry has the higher version; of one version the tag that pallet would write is first.

    A tag that is no version is older than any; `latest` comes before other names.
    """
    if entry.version is None or other.version is None:
        if entry.version is None and other.version is None:
            return (entry.tag != "latest", entry.tag) < (other.tag != "latest", other.tag)
        return other.version is None
    if entry.version != other.version:
        return other.version < entry.version
    return (entry.tag[0] == "v", entry.tag) < (other.tag[0] == "v", other.tag)


@dataclass(frozen=True, slots=True, eq=False)
class _Newer:
    """An entry that comes before those that are older."""

    entry: Entry

    def __lt__(self, other: _Newer) -> bool:
        return is_newer(self.entry, other.entry)
