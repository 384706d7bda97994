"""From a constraint to the one version that satisfies it, and its digest.

Decided here: the highest version that the constraint allows. A release of which its publisher says
`org.pallet.release.stable` = `false` is passed over, as a pre-release is: unless pre-releases are wanted, or
the constraint is that very version. Only the candidates' manifests are read, newest first, until one is not
passed over. A tag that was listed and is gone when it is asked for counts as not listed.
Must never be added: a choice that depends on anything but the tags, the constraint and that annotation;
the floating tag `latest` is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.discovery.nearest import nearest_first
from reconciler.discovery.statements import read_annotations, says_stable
from reconciler.errors import NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from reconciler.desired.versions.constraints import Constraint
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.releases import Release, Releases
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Tag

_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a constraint means now."""

    version: Version
    tag: Tag
    digest: Digest
    reference: str
    """The tag as people write it, such as `host/name:1.0.0`."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """A repository's releases, and how their manifests are read."""

    releases: Releases
    manifests: CachedManifests

    def resolve(self, constraint: Constraint, *, prereleases: bool = False) -> Resolved:
        """Return the highest version that satisfies; one HEAD, and a manifest where it must be read.

        Raises:
            NotFoundError: none does; the text says what was there, nearest first.
            PalletError: the store could not tell.
        """
        passed_over = []
        for release in self.releases.satisfying(constraint, prereleases=prereleases):
            found = self._look(release, constraint, prereleases=prereleases)
            if isinstance(found, Resolved):
                return found
            passed_over.append(found)
        raise self._nothing(constraint, passed_over)

    def resolve_all(
        self, constraint: Constraint, asking: Asking, *, prereleases: bool = False
    ) -> tuple[Resolved, ...]:
        """Return everything that satisfies, newest first; the first is what `resolve` returns.

        Raises:
            NotFoundError: nothing does; the text says what was there, nearest first.
            PalletError: the store could not tell.
        """
        releases = self.releases.satisfying(constraint, prereleases=prereleases)
        by_tag = {release.tag: release for release in releases}
        looked = asking.map(
            "resolving", by_tag, lambda tag: self._look(by_tag[tag], constraint, prereleases=prereleases)
        )
        found = tuple(item for item in looked.values() if isinstance(item, Resolved))
        if not found:
            passed_over = [item for item in looked.values() if isinstance(item, _PassedOver)]
            raise self._nothing(constraint, passed_over)
        return found

    def _look(self, release: Release, constraint: Constraint, *, prereleases: bool) -> Resolved | _PassedOver:
        repository = self.releases.repository
        try:
            digest = self.manifests.head(repository, release.tag)
            asks = not (prereleases or release.version.is_prerelease or _is_named(release, constraint))
            if asks and not self._says_stable(digest, f"{self.releases.subject}:{release.tag}"):
                return _PassedOver(release.version, is_unstable=True)
        except NotFoundError:
            return _PassedOver(release.version, is_unstable=False)
        return Resolved(release.version, release.tag, digest, f"{self.releases.subject}:{release.tag}")

    def _says_stable(self, digest: Digest, subject: str) -> bool:
        content = self.manifests.fetch(self.releases.repository, digest).content
        try:
            return says_stable(read_annotations(content))
        except ValueError as exc:
            raise StoreError(f"{subject}: cannot tell whether it is stable: {exc}") from exc

    def _nothing(self, constraint: Constraint, passed_over: Sequence[_PassedOver]) -> NotFoundError:
        gone = {item.version for item in passed_over if not item.is_unstable}
        there = [item.version for item in self.releases.versions if item.version not in gone]
        if not there:
            return NotFoundError(
                self.releases.note or f"{self.releases.subject}: its versions are gone: deleted just now",
                fix="publish a version first, or check the name",
            )
        unstable = {item.version for item in passed_over if item.is_unstable}
        nearest = list(dict.fromkeys(nearest_first(there, constraint)))
        got = _list(nearest, unstable)
        return NotFoundError(
            f"{self.releases.subject}: no such version: expected {constraint}, got {got}",
            fix=_advise(constraint, nearest, unstable, self.releases.subject),
        )


@dataclass(frozen=True, slots=True)
class _PassedOver:
    """A release that was allowed and not taken: unstable, or gone meanwhile."""

    version: Version
    is_unstable: bool


def _is_named(release: Release, constraint: Constraint) -> bool:
    exact = constraint.exact
    return exact is not None and exact.precedence == release.version.precedence


def _list(versions: Sequence[Version], unstable: Container[Version]) -> str:
    shown = [f"{item} (not stable)" if item in unstable else str(item) for item in versions[:_SHOWN_MAX]]
    rest = len(versions) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _advise(
    constraint: Constraint, nearest: Sequence[Version], unstable: Container[Version], subject: str
) -> str:
    # Not every command that resolves has --prereleases; a version by its name is taken by all of them.
    for version in nearest:
        if version in unstable:
            return f"ask for {version} itself, which is not stable; `pallet resolve` takes --prereleases too"
        if constraint.allows(version, prereleases=True):
            return f"ask for {version} itself; `pallet resolve` takes --prereleases too"
    return f"ask for one of these; `pallet tags {subject}` lists all"
