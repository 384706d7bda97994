"""Who needs an artifact, directly or not, among entries at hand. Pure.

Decided here: a requirement counts where it allows the version in question, by the rule by which versions are
taken; whoever requires another version of it is listed apart. Must never be added: a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.requiring import accepts, read_said
from reconciler.discovery.workflow_facts import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.entries import Entry
    from reconciler.oci.reference import Repository


@dataclass(frozen=True, slots=True)
class Dependent:
    """One artifact that requires another one."""

    entry: Entry
    requires: Repository
    version: Version | None
    """Which version of that it was found for; None for any."""
    need: Requirement


@dataclass(frozen=True, slots=True)
class Dependents:
    """Who needs an artifact."""

    repository: Repository
    version: Version | None
    """None for any version."""
    found: tuple[Dependent, ...]
    """The nearest first; an artifact that requires two of these is there twice."""
    others: tuple[Dependent, ...]
    """Who requires another version of the artifact itself."""
    flaws: tuple[str, ...] = ()
    """What artifacts say of their requirements that cannot be read: they may require it too."""


def find_dependents(repository: Repository, version: Version | None, entries: Iterable[Entry]) -> Dependents:
    """Return who requires an artifact, and who requires those."""
    asking: dict[Repository, list[tuple[Entry, Requirement]]] = {}
    flaws: list[str] = []
    for entry in entries:
        said = read_said(entry)
        flaws.extend(f"{name_of(entry)}: {flaw}" for flaw in said.flaws)
        for need in said.needs:
            asking.setdefault(need.name, []).append((entry, need))
    found: list[Dependent] = []
    others: list[Dependent] = []
    queue: list[tuple[Repository, Version | None]] = [(repository, version)]
    seen = set(queue)
    for name, at in queue:
        for entry, need in asking.get(name, ()):
            if at is not None and not accepts(need, at):
                if name == repository:
                    others.append(Dependent(entry, name, at, need))
                continue
            found.append(Dependent(entry, name, at, need))
            key = (entry.repository, entry.version)
            if key not in seen:
                seen.add(key)
                queue.append(key)
    return Dependents(repository, version, tuple(found), tuple(others), tuple(flaws))
