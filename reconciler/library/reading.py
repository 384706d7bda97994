"""What a registry holds, as a program asks for it: versions, manifests, files, and what refers to them.

Must never be added: a write to the store.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.desired.references import read_constraint
from reconciler.discovery.identify import identify_manifest
from reconciler.discovery.listing import Filter, list_published
from reconciler.discovery.referring import list_referring
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import StoreError, UsageError
from reconciler.library.naming import find_one, read_artifact, read_repository
from reconciler.library.values import FoundManifest
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import parse
from reconciler.oci.platforms import read_platform
from reconciler.oci.pulling.pull import pull
from reconciler.sync.audit import tell_pull

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.discovery.identify import Identity
    from reconciler.discovery.listing import Listing
    from reconciler.discovery.referring import Referring
    from reconciler.discovery.resolving import Resolved
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.manifest import Platform
    from reconciler.oci.pulling.pull import PullResult, PullTerms
    from reconciler.oci.store import ManifestContent

LATEST = "latest"


def list_tags(opened: Opened, text: str, constraint: str | None, wanted: Filter) -> Listing:
    """Return the versions of a repository, newest first."""
    repository = read_repository(opened, text)
    if constraint is not None:
        wanted = replace(wanted, constraint=read_constraint(constraint))
    releases = list_releases(opened.store, repository)
    return list_published(releases, opened.manifests, wanted, opened.asking)


def resolve(opened: Opened, text: str, constraint: str | None, *, prereleases: bool) -> Resolved:
    """Return the highest version that a constraint allows."""
    written = read_artifact(opened, text)
    named = written.tag or written.digest
    if named is not None:
        raise UsageError(
            f"repository: expected a name alone, got {named} of it too",
            fix=f"ask for a constraint, such as =1.2.3 or {LATEST}",
        )
    if written.constraint is not None and constraint is not None:
        raise UsageError(f"constraint: expected one, got {written.constraint} and {constraint}")
    asked = written.constraint or read_constraint(LATEST if constraint is None else constraint)
    releases = list_releases(opened.store, written.repository)
    return Resolver(releases, opened.manifests).resolve(asked, prereleases=prereleases)


def read_manifest(opened: Opened, artifact: Artifact) -> FoundManifest:
    """Return a manifest's bytes and what they say."""
    meant = find_one(opened, artifact)
    found: ManifestContent = (
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


def identify(opened: Opened, artifact: Artifact) -> Identity:
    """Return what something is, by the media types of its manifest."""
    return identify_manifest(read_manifest(opened, artifact).manifest)


def pull_one(opened: Opened, artifact: Artifact, folder: Path, terms: PullTerms) -> PullResult:
    """Write an artifact's files below a folder."""
    meant = find_one(opened, artifact)
    pulled = pull(opened.store, meant.repository, meant.named, opened.directory / folder, terms)
    tell_pull(opened.store, meant.repository, meant.named, pulled.descriptor.digest)
    return pulled


def list_referrers(
    opened: Opened, artifact: Artifact, *, artifact_type: str | None, recursive: bool
) -> Referring:
    """Return what refers to an artifact."""
    meant = find_one(opened, artifact)
    return list_referring(
        opened.store,
        meant.repository,
        opened.store.head_manifest(meant.repository, meant.named),
        artifact_type=artifact_type,
        recursive=recursive,
        proceed=opened.proceed,
    )


def choose_platform(text: str | None) -> Platform | None:
    """Read a platform such as `linux/arm64`.

    Raises:
        UsageError: it is none.
    """
    try:
        return None if text is None else read_platform(text)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
