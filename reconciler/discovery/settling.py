"""Which version of each repository is taken: the highest that all those that require it allow.

Decided here: how that is found. Everything that is required takes its highest version; where what it then
requires narrows something that was chosen already, that one is chosen anew, and what only its former version
required is forgotten, until nothing changes. So the answer does not depend on the order of looking, and is
the newest for each repository under what the chosen ones say of it. All that a wave needs is asked at once.
Versions are bits of a number, the newest the lowest, so that constraints meet by `&`.

Pre-releases count only for a constraint that names one, as with `resolve`; a release that its publisher calls
unstable only for one that is that very version. Where constraints leave nothing, the first is followed, so
that everything else that is wrong is found too. Must never be added: what is done about that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.discovery.requiring import accepts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.desired.lockfile import Key
    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.requiring import Said
    from reconciler.discovery.shelves import Shelf
    from reconciler.oci.reference import Repository

_WAVES_MIN = 100
"""So many waves, and two for each repository, may raise what was lowered; later ones only lower, so that
repositories that require each other's older versions in turn come to an end."""

Excluded = dict["Repository", int]
"""Versions that must not be taken, as bits."""


@dataclass(slots=True)
class Known:
    """What was learned so far; nothing is asked twice."""

    shelf: Shelf
    versions: dict[Repository, Sequence[Version]] = field(default_factory=dict)
    said: dict[Key, Said] = field(default_factory=dict)
    unusable: Excluded = field(default_factory=dict)
    """Releases that their publisher calls unstable."""
    _masks: dict[Requirement, int] = field(default_factory=dict)

    def learn_versions(self, repositories: Iterable[Repository]) -> None:
        missing = [name for name in repositories if name not in self.versions]
        if missing:
            self.versions.update(self.shelf.versions(missing))

    def learn_said(self, keys: Iterable[Key]) -> None:
        missing = [key for key in keys if key not in self.said]
        if missing:
            self.said.update(self.shelf.said(missing))
        for repository, version in missing:
            said = self.said[repository, version]
            if not said.is_stable and not version.is_prerelease:
                bit = 1 << self.versions[repository].index(version)
                self.unusable[repository] = self.unusable.get(repository, 0) | bit

    def mask(self, requirement: Requirement) -> int:
        """Return the versions that one requirement allows by itself; they must have been learned."""
        found = self._masks.get(requirement)
        constraint = requirement.constraint
        if found is None:
            found = 0
            for place, version in enumerate(self.versions[requirement.name]):
                if accepts(requirement, version):
                    found |= 1 << place
            self._masks[requirement] = found
        if constraint is not None and constraint.exact is not None:
            return found
        return found & ~self.unusable.get(requirement.name, 0)

    def masks(self, requirements: Iterable[Requirement]) -> int:
        """Return what requirements on one repository allow together."""
        allowed = -1
        for requirement in requirements:
            allowed &= self.mask(requirement)
        return allowed


@dataclass(slots=True)
class Settled:
    """What is taken, and what was demanded of it."""

    root: Repository
    known: Known
    excluded: Excluded
    chosen: dict[Repository, Version | None]
    """None for what has no version that any demand allows."""
    demands: dict[Repository, dict[Repository, tuple[Requirement, ...]]] = field(default_factory=dict)
    """Of each repository: what is asked of it, by who asks."""
    unsatisfied: tuple[Repository, ...] = ()
    """What has no version that everybody allows."""

    def needs(self, repository: Repository) -> tuple[Requirement, ...]:
        """Return what the chosen version requires."""
        version = self.chosen.get(repository)
        return () if version is None else self.known.said[repository, version].needs

    def allowed(self, repository: Repository) -> int:
        """Return the versions that all demands on a repository allow, and nothing excludes."""
        demands = self.demands[repository].values()
        together = self.known.masks(need for needs in demands for need in needs)
        return together & ~self.excluded.get(repository, 0)

    def _is_satisfied(self, repository: Repository) -> bool:
        version = self.chosen.get(repository)
        place = -1 if version is None else self.known.versions[repository].index(version)
        return place >= 0 and bool(self.allowed(repository) >> place & 1)


def settle(root: Key, known: Known, excluded: Excluded) -> Settled:
    """Return what is taken for everything that the root needs, directly or not.

    Args:
        root: is taken whatever is demanded of it; `known` has what it says.
        known: is added to.
        excluded: versions that must not be taken.

    Raises:
        PalletError: something could not be told.
    """
    settled = Settled(root[0], known, excluded, {root[0]: root[1]})
    waves = _Waves(settled)
    waves.demand(root[0], known.said[root].needs)
    while waves.dirty or waves.forget_unreached():
        waves.run()
    settled.unsatisfied = tuple(
        name for name in settled.chosen if name != root[0] and not settled._is_satisfied(name)
    )
    return settled


@dataclass(slots=True)
class _Waves:
    """The repositories that have to be looked at again, wave after wave."""

    settled: Settled
    dirty: dict[Repository, None] = field(default_factory=dict)
    lowest: dict[Repository, int] = field(default_factory=dict)
    """Of each repository: the place of the oldest version that was taken so far."""
    needed: dict[Repository, tuple[Requirement, ...]] = field(default_factory=dict)
    """What each repository demands now."""
    number: int = 0

    def demand(self, repository: Repository, needs: tuple[Requirement, ...]) -> None:
        """Let a repository demand this, and nothing else any more."""
        demands = self.settled.demands
        for need in self.needed.get(repository, ()):
            demands[need.name].pop(repository, None)
            self._touch(need.name)
        self.needed[repository] = needs
        for need in needs:
            by_whom = demands.setdefault(need.name, {})
            by_whom[repository] = (*by_whom.get(repository, ()), need)
            self._touch(need.name)

    def run(self) -> None:
        """Choose anew wherever demands have changed."""
        settled, known = self.settled, self.settled.known
        names, self.dirty = list(self.dirty), {}
        self.number += 1
        known.learn_versions(names)
        changed: dict[Repository, Version | None] = {}
        for name in names:
            if not settled.demands[name]:
                if settled.chosen.pop(name, None) is not None:
                    self.demand(name, ())
                continue
            version = self._pick(name)
            if name not in settled.chosen or version != settled.chosen[name]:
                changed[name] = version
        known.learn_said((name, version) for name, version in changed.items() if version is not None)
        for name, version in changed.items():
            self._take(name, version)

    def _take(self, name: Repository, version: Version | None) -> None:
        self.settled.chosen[name] = version
        self.demand(name, self.settled.needs(name))
        if version is not None and not self.settled.known.said[name, version].is_stable:
            self._touch(name)  # it was not known to be unstable when it was picked

    def _pick(self, name: Repository) -> Version | None:
        versions = self.settled.known.versions[name]
        allowed = self.settled.allowed(name)
        if self.number > max(_WAVES_MIN, 2 * len(self.settled.chosen)):
            allowed &= -1 << self.lowest.get(name, 0)
        if not allowed:
            return self._pick_anyway(name)
        place = (allowed & -allowed).bit_length() - 1
        self.lowest[name] = max(place, self.lowest.get(name, 0))
        return versions[place]

    def _pick_anyway(self, name: Repository) -> Version | None:
        """Keep what is there where nothing satisfies all; else follow the first demand that can be."""
        current = self.settled.chosen.get(name)
        if current is not None and self.settled.known.said[name, current].is_stable:
            return current
        masks = (self.settled.known.masks(needs) for needs in self.settled.demands[name].values())
        followed = next((mask for mask in masks if mask), 0)
        return (
            self.settled.known.versions[name][(followed & -followed).bit_length() - 1] if followed else None
        )

    def forget_unreached(self) -> bool:
        """Drop what only dropped ones require, in circles; say whether that changed a demand."""
        settled = self.settled
        reached = {settled.root}
        queue = [settled.root]
        while queue:
            for need in self.needed.get(queue.pop(), ()):
                if need.name not in reached:
                    reached.add(need.name)
                    queue.append(need.name)
        for name in [name for name in settled.chosen if name not in reached]:
            self.demand(name, ())
            del settled.chosen[name]
            self.dirty.pop(name, None)
        self.dirty = {name: None for name in self.dirty if name in reached}
        return bool(self.dirty)

    def _touch(self, name: Repository) -> None:
        if name != self.settled.root:
            self.dirty[name] = None
