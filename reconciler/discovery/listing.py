"""What a repository has published: each version with its digest and what its publisher says of it.

Decided here: what is asked, and how often. The tag list names no digests, and neither specification nor
registries offer many at once: so every tag that is shown costs one HEAD, and so does every tag that is no
version, since only its digest says which version it points to. A manifest costs one GET per digest, and none
where it was read before; no blob is ever read. So that thousands of tags do not mean thousands of requests
unasked, only so many of the newest are read, and what was left out is said.
Must never be added: how it is printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.discovery.statements import Statement, read_annotations, read_statement
from reconciler.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.desired.versions.constraints import Constraint
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.releases import Release, Releases
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag

OTHER_TAGS_MAX = 1000
"""With a limit, so many tags that are no versions are read at least: floating ones are few, builds many."""
_FLOATING = re.compile(r"latest|v?[0-9]+(?:\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which versions are wanted; all of them unless told."""

    constraint: Constraint | None = None
    prereleases: bool = False
    """With a constraint: whether it allows every pre-release within its range."""
    match: str | None = None
    """A glob that the tag matches."""
    stable: bool = False
    """Neither pre-releases nor what its publisher calls unstable."""
    limit: int | None = None
    """How many versions are read, the newest first; None for all, and for all tags that are none."""

    def choose(self, releases: Releases) -> list[Release]:
        """Return the releases that may be wanted, as far as their tags tell."""
        chosen: Iterable[Release] = releases.versions
        if self.constraint is not None:
            chosen = releases.satisfying(self.constraint, prereleases=self.prereleases)
        return [
            item
            for item in chosen
            if (self.match is None or fnmatchcase(item.tag, self.match))
            and not (self.stable and item.version.is_prerelease)
        ]


@dataclass(frozen=True, slots=True)
class Published:
    """One version as it stands in the store."""

    version: Version
    tag: Tag
    digest: Digest
    said: Statement
    floating_tags: tuple[Tag, ...]
    """Tags that are no versions and hold the same digest now, sorted."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found."""

    subject: str
    versions: tuple[Published, ...]
    """Newest first."""
    other_tags: Mapping[Tag, Digest]
    """Every tag that is no version, and what it holds."""
    notes: tuple[str, ...]
    """What a reader should know about what is missing."""
    left_out: int = 0
    """How many older versions were not read because of the limit."""


def list_published(releases: Releases, manifests: CachedManifests, wanted: Filter, asking: Asking) -> Listing:
    """Read digests and annotations of the versions that are wanted.

    Raises:
        PalletError: the store could not tell something; nothing is listed then.
    """
    allowed = wanted.choose(releases)
    chosen = allowed[: wanted.limit]
    other_tags = sorted(releases.other_tags, key=_unlikely_floating)
    if wanted.limit is not None:
        other_tags = other_tags[: max(wanted.limit, OTHER_TAGS_MAX)]
    tags = [*(item.tag for item in chosen), *other_tags]
    seen = asking.map("reading tags", tags, lambda tag: _head(manifests, releases.repository, tag))
    digests = {tag: digest for tag, digest in seen.items() if digest is not None}
    there = [item for item in chosen if item.tag in digests]
    annotations = _read_all(manifests, releases.repository, [digests[item.tag] for item in there], asking)
    others = {tag: digests[tag] for tag in sorted(other_tags) if tag in digests}
    left_out = len(allowed) - len(chosen), len(releases.other_tags) - len(other_tags)
    published = (_describe(item, digests[item.tag], annotations, others) for item in there)
    return Listing(
        releases.subject,
        tuple(item for item in published if item.said.is_stable or not wanted.stable),
        others,
        (
            *_left_out(releases.subject, *left_out),
            *_notes(releases, there, [tag for tag in tags if tag not in digests], digests, annotations),
        ),
        left_out[0],
    )


def _unlikely_floating(tag: Tag) -> tuple[bool, Tag]:
    """Sort what is called as floating tags are before names that may be one per commit."""
    return _FLOATING.fullmatch(tag) is None, tag


def _left_out(subject: str, versions: int, others: int) -> Iterable[str]:
    if versions:
        yield f"{subject}: older versions are left out: {versions}; --limit 0 shows all"
    if others:
        yield f"{subject}: tags that are no versions are left out: {others}; --limit 0 reads all"


def _head(manifests: CachedManifests, repository: Repository, tag: Tag) -> Digest | None:
    try:
        return manifests.head(repository, tag)
    except NotFoundError:
        return None  # deleted since it was listed


def _read_all(
    manifests: CachedManifests, repository: Repository, digests: Sequence[Digest], asking: Asking
) -> dict[Digest, Mapping[str, str] | None]:
    """Return annotations by digest; None where a manifest cannot be read as one, or is gone."""

    def read(digest: Digest) -> Mapping[str, str] | None:
        try:
            return read_annotations(manifests.fetch(repository, digest).content)
        except (NotFoundError, ValueError):
            return None

    return asking.map("reading annotations", digests, read)


def _describe(
    release: Release,
    digest: Digest,
    annotations: Mapping[Digest, Mapping[str, str] | None],
    others: Mapping[Tag, Digest],
) -> Published:
    said = read_statement(release.version, annotations[digest] or {})
    floating = tuple(tag for tag, held in others.items() if held == digest)
    return Published(release.version, release.tag, digest, said, floating)


def _notes(
    releases: Releases,
    there: Sequence[Release],
    gone: Sequence[Tag],
    digests: Mapping[Tag, Digest],
    annotations: Mapping[Digest, Mapping[str, str] | None],
) -> Iterable[str]:
    if releases.note is not None:
        yield releases.note
    for tag in gone:
        yield f"{releases.subject}:{tag}: in the list of tags, and not there: left out"
    for item in there:
        if annotations[digests[item.tag]] is None:
            yield f"{releases.subject}:{item.tag}: its manifest cannot be read: only its digest is known"
