"""Let a tag name what another tag names now, by digest: the same bytes, under one name more.

Decided here: what is backward, and what is refused. A tag that is itself a version never changes what it
names; any other moves back, or where nobody can tell, only on purpose.
Must never be added: other bytes than those that the store holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.build import VERSION
from reconciler.desired.references import read_constraint
from reconciler.desired.versions.version import Version
from reconciler.discovery.resolving import Resolver
from reconciler.discovery.statements import read_annotations
from reconciler.errors import NotFoundError, RefusedError, UsageError
from reconciler.oci.reference import Tag
from reconciler.oci.sameness import recognise
from reconciler.oci.transfer import move_tag

if TYPE_CHECKING:
    from reconciler.desired.versions.constraints import Constraint
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.releases import Releases
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent, Store


_AGAIN = "run the same command again"


@dataclass(frozen=True, slots=True)
class Retagged:
    """What a tag names now, and what it named before."""

    reference: str
    repository: Repository
    tag: Tag
    digest: Digest
    version: Version | None
    """None where what it names is no version."""
    before: Digest | None
    """None where the tag was not there."""
    version_before: Version | None = None
    is_backward: bool = False


@dataclass(frozen=True, slots=True)
class Retagger:
    """A repository, and how it is asked."""

    store: Store
    releases: Releases
    manifests: CachedManifests
    asking: Asking

    def retag(self, wanted: Tag | Constraint, tag: Tag, *, backward: bool = False) -> Retagged:
        """Let `tag` name what `wanted` names now, and read it again.

        Args:
            wanted: a tag that is there, or a constraint.
            tag: which is to name it; created where it is not there.
            backward: whether it may move to a lower version, or from or to something that is none.

        Raises:
            NotFoundError: nothing is there that `wanted` means.
            RefusedError: `tag` is a version with other content, or would move backward unasked.
            PalletError: the store could not tell, or did not confirm.
        """
        source, version = self._find(wanted)
        reference = self.store.name(self._repository, tag)
        before = self._look(tag, source.descriptor.digest)
        done = Retagged(reference, self._repository, tag, source.descriptor.digest, version, before)
        if before == done.digest:
            return done
        if before is None:
            move_tag(
                self.store, self._repository, tag, source.content, source.descriptor.media_type, again=_AGAIN
            )
            return done
        if is_version(tag):
            raise RefusedError(
                f"{reference}: this version holds other content: expected {done.digest}, got {before}",
                fix="choose another tag: what is published under a version stays",
            )
        return self._move(source, done, before, backward=backward)

    @property
    def _repository(self) -> Repository:
        return self.releases.repository

    def _move(self, source: ManifestContent, done: Retagged, before: Digest, *, backward: bool) -> Retagged:
        version_before = self._version_of(self.manifests.fetch(self._repository, before))
        is_forward = _is_forward(version_before, done.version)
        if not is_forward and not backward:
            raise _refuse(done, version_before)
        move_tag(
            self.store, self._repository, done.tag, source.content, source.descriptor.media_type, again=_AGAIN
        )
        return Retagged(
            done.reference,
            done.repository,
            done.tag,
            done.digest,
            done.version,
            before,
            version_before,
            is_backward=not is_forward,
        )

    def _find(self, wanted: Tag | Constraint) -> tuple[ManifestContent, Version | None]:
        if not isinstance(wanted, Tag):
            resolved = Resolver(self.releases, self.manifests).resolve(wanted)
            return self.store.fetch_manifest(self._repository, resolved.digest), resolved.version
        content = self.store.fetch_manifest(self._repository, wanted)
        # What stands under a version's tag is that version, whatever it says of itself.
        return content, _parse(wanted) or self._version_of(content)

    def _look(self, tag: Tag, *known: Digest) -> Digest | None:
        try:
            held = self.store.head_manifest(self._repository, tag).digest
            return recognise(self.store, self._repository, tag, held, known)
        except NotFoundError:
            return None

    def _version_of(self, content: ManifestContent) -> Version | None:
        """Return the version that a manifest says it is, else the highest that has its digest."""
        try:
            return Version(read_annotations(content.content)[VERSION])
        except (KeyError, ValueError):
            return self._highest_with(content.descriptor.digest)

    def _highest_with(self, digest: Digest) -> Version | None:
        by_tag = {release.tag: release.version for release in self.releases.versions}
        digests = self.asking.map("looking for the version", by_tag, lambda tag: self._look(tag, digest))
        return max((by_tag[tag] for tag, held in digests.items() if held == digest), default=None)


def read_wanted(text: str, releases: Releases) -> Tag | Version | None:
    """Return the tag that `text` names in this repository; a version that is not there; None for neither.

    A tag of this very name wins; then a version, however its tag is written.
    """
    if text in releases.other_tags or any(text == release.tag for release in releases.versions):
        return Tag(text)
    version = _parse(text)
    if version is None:
        return None
    return next((item.tag for item in releases.versions if item.version == version), version)


def find_wanted(text: str, releases: Releases) -> Tag | Constraint:
    """Return the tag or constraint that a text means here; a version that is not there is asked for as one.

    Raises:
        NotFoundError: this very build is not there; as a constraint it would mean any other.
    """
    wanted = read_wanted(text, releases)
    if isinstance(wanted, Version) and wanted.build:
        raise NotFoundError(
            f"{releases.subject}: no such version: expected {wanted}",
            fix=f"ask for another one; `pallet tags {releases.subject}` lists all",
        )
    if isinstance(wanted, Version):
        return read_constraint(f"={wanted}")
    return read_constraint(text) if wanted is None else wanted


def read_new_tag(text: str) -> Tag:
    """Return the tag to write: that of a version has `_` for `+`, and no leading `v`.

    Raises:
        UsageError: it is none.
    """
    try:
        version = _parse(text)
        return version.tag if version is not None else Tag(text)
    except ValueError as exc:
        raise UsageError(f"--as: {exc}") from exc


def is_version(tag: Tag) -> bool:
    """Say whether a tag is that of a version."""
    return _parse(tag) is not None


def _parse(text: str) -> Version | None:
    try:
        return Version.of_tag(text)
    except ValueError:
        return None


def _is_forward(before: Version | None, after: Version | None) -> bool:
    """Say whether this is a step forward for certain; something that is no version may be left for one."""
    if after is None:
        return before is None
    return before is None or after >= before


def _refuse(done: Retagged, version_before: Version | None) -> RefusedError:
    got = done.version or f"{done.digest.short}, which is no version"
    return RefusedError(
        f"{done.reference}: would move backward: expected {version_before} or higher, got {got}",
        fix="say that it is meant: --backward",
    )
