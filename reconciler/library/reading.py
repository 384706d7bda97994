"""What a registry holds, as a program asks for it: versions, manifests, files, and what refers to them.

Must never be added: a write to the store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.references import read_constraint
from reconciler.discovery.identify import identify_manifest
from reconciler.discovery.listing import Filter, list_published
from reconciler.discovery.referring import list_referring
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import StoreError, UsageError
from reconciler.library.arguments import check_type, choose_platform
from reconciler.library.held import Held
from reconciler.library.naming import find_one, read_artifact
from reconciler.library.values import FoundManifest
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import parse
from reconciler.oci.pulling.layers import Naming
from reconciler.oci.pulling.pull import JOBS, PullTerms
from reconciler.sync.told_pulls import pull_told, resolving_told

if TYPE_CHECKING:
    from reconciler.desired.versions.constraints import Constraint
    from reconciler.discovery.identify import Identity
    from reconciler.discovery.listing import Listing
    from reconciler.discovery.referring import Referring
    from reconciler.discovery.resolving import Resolved
    from reconciler.library.arguments import PathLike
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.pulling.pull import PullResult
    from reconciler.oci.reference import Repository
    from reconciler.sync.progress import Progress

LATEST = "latest"
VERSIONS_READ_MAX = 1000
"""Two requests for each: about as many as a local registry answers in a second or two."""


class Reading(Held):
    """Asks for what is named."""

    def tags(
        self,
        repository: str,
        constraint: str | None = None,
        *,
        stable: bool = False,
        prereleases: bool = False,
        match: str | None = None,
        limit: int | None = VERSIONS_READ_MAX,
    ) -> Listing:
        """Return the versions of a repository, newest first, each with its digest and what is said of it.

        No content is downloaded; `notes` of the answer says what was left out.

        Args:
            repository: its name, perhaps with a constraint behind `@`.
            constraint: only versions that it allows, such as `^1.2`.
            stable: neither pre-releases nor what its publisher calls unstable.
            prereleases: with a constraint, the pre-releases within it too.
            match: a glob that tags match.
            limit: how many are read, the newest first; None for all of them.

        Raises:
            UsageError: the name or the constraint is none.
            NotFoundError: there is no such repository.
            PalletError: the store could not tell.
        """
        opened = self._opened
        name, asked = _name_and_constraint(opened, repository, constraint)
        wanted = Filter(asked, prereleases, match, stable, limit)
        return list_published(list_releases(opened.store, name), opened.manifests, wanted, opened.asking)

    def resolve(
        self, repository: str, constraint: str | None = None, *, prereleases: bool = False
    ) -> Resolved:
        """Return the highest version that a constraint allows, with its tag, digest and full reference.

        Args:
            repository: its name, perhaps with a constraint behind `@`.
            constraint: an exact version, `^1.2`, `~1.2.3`, `>=1 <2`, `1.x || 3`, or `latest`, which is the
                newest stable version; None for `latest`.
            prereleases: whether pre-releases, and what its publisher calls unstable, count as well.

        Raises:
            UsageError: the name or the constraint is none.
            NotFoundError: nothing is there that satisfies; the text says what is, nearest first.
            PalletError: the store could not tell.
        """
        opened = self._opened
        name, asked = _name_and_constraint(opened, repository, constraint)
        resolver = Resolver(list_releases(opened.store, name), opened.manifests)
        return resolver.resolve(asked or read_constraint(LATEST), prereleases=prereleases)

    def manifest(self, artifact: Artifact) -> FoundManifest:
        """Return a manifest's bytes, verified against its digest, and what they say.

        Raises:
            UsageError: the artifact is not named exactly, or is part of another registry.
            NotFoundError: it is not there.
            DigestMismatchError: the bytes are others.
            StoreError: it cannot be read as a manifest, or the store's answer is none.
            PalletError: the store could not tell.
        """
        opened = self._opened
        meant = find_one(opened, artifact)
        found = (
            opened.manifests.fetch(meant.repository, meant.named)
            if isinstance(meant.named, Digest)
            else opened.manifests.fetch_tag(meant.repository, meant.named)
        )
        descriptor = found.descriptor
        reference = opened.store.name(meant.repository, descriptor.digest)
        try:
            manifest = parse(found.content)
        except ValueError as exc:
            raise StoreError(f"{reference}: cannot be read: {exc}") from exc
        return FoundManifest(reference, descriptor.digest, descriptor.media_type, found.content, manifest)

    def identify(self, artifact: Artifact) -> Identity:
        """Return what something is, such as a workflow, an image or a chart, by its manifest's media types.

        Raises:
            PalletError: as `manifest`.
        """
        return identify_manifest(self.manifest(artifact).manifest)

    def pull(
        self,
        artifact: Artifact,
        directory: PathLike,
        *,
        platform: str | None = None,
        overwrite: bool = False,
        by_digest: bool = False,
        include_config: bool = False,
        unpack: bool = True,
        progress: Progress | None = None,
    ) -> PullResult:
        """Write an artifact's files below a directory, each verified by its digest, and nothing elsewhere.

        Args:
            artifact: which.
            directory: created where it is missing.
            platform: the entry of an index, such as `linux/arm64`.
            overwrite: whether files that hold something else are replaced.
            by_digest: whether files without a usable title are named by their digest.
            include_config: whether the config becomes a file too.
            unpack: whether archived folders become folders again.
            progress: hears of each file; None for who was named when the registry was opened.

        Raises:
            UsageError: nothing in it has a name, or it is an index and no platform was named.
            NotFoundError: there is no such artifact, or none for the platform.
            RefusedError: a title or an archive leads out, or other files are in the way; nothing was written.
            DigestMismatchError: a file's bytes are others; it was not written.
            UnreachableError: the store or the disk failed; pulling again goes on where this ended.
            PalletError: the store could not tell.
        """
        opened = self._opened
        terms = PullTerms(
            choose_platform(platform),
            Naming(by_digest=by_digest, include_config=include_config, unpack=unpack),
            overwrite,
            jobs=min(opened.jobs, JOBS),
            steps=progress or opened.progress,
        )
        with resolving_told(opened.store, read_artifact(opened, artifact).repository):
            meant = find_one(opened, artifact)
        folder = opened.directory / Path(directory)
        return pull_told(opened.store, meant.repository, meant.named, folder, terms)

    def referrers(
        self, artifact: Artifact, artifact_type: str | None = None, *, recursive: bool = False
    ) -> Referring:
        """Return what refers to an artifact: SBOMs, signatures, test results, whatever was attached to it.

        Args:
            artifact: which.
            artifact_type: only those of this type, on every level.
            recursive: what refers to those as well, such as the signature of an SBOM.

        Raises:
            UsageError: the artifact is not named exactly, or the type is none.
            NotFoundError: it is not there.
            PalletError: the store could not tell.
        """
        opened = self._opened
        check_type("artifact_type", artifact_type)
        meant = find_one(opened, artifact)
        return list_referring(
            opened.store,
            meant.repository,
            opened.store.head_manifest(meant.repository, meant.named),
            artifact_type=artifact_type,
            recursive=recursive,
            proceed=opened.proceed,
        )


def _name_and_constraint(
    opened: Opened, text: str, constraint: str | None
) -> tuple[Repository, Constraint | None]:
    """Return what `REPOSITORY` and a constraint, or `REPOSITORY@CONSTRAINT` mean.

    Raises:
        UsageError: there are two constraints, or the text names a tag or a digest.
    """
    written = read_artifact(opened, text)
    named = written.tag or written.digest
    if named is not None:
        raise UsageError(
            f"repository: expected a name alone, got {named} of it too",
            fix=f"ask for a constraint, such as =1.2.3 or {LATEST}",
        )
    if written.constraint is not None and constraint is not None:
        raise UsageError(f"constraint: expected one, got {written.constraint} and {constraint}")
    return written.repository, written.constraint if constraint is None else read_constraint(constraint)
