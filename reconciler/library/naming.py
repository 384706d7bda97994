"""What a program means when it names an artifact: a text, or something that a registry returned before.

Decided here: a text is a reference as on the command line, and one with a host or a directory must lead to
the registry that is asked. What was returned before is meant by its digest. Must never be added: what is
done with what was named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from reconciler.desired.references import Written, read_reference
from reconciler.discovery.entries import Entry, version_of
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolved, Resolver
from reconciler.errors import UsageError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.endpoint import Endpoint

if TYPE_CHECKING:
    from reconciler.library.opening import Opened
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Tag

Artifact: TypeAlias = str | Entry | Resolved
"""A reference such as `workflows/plan:1.2.0`, or an entry or a resolved version, each by its digest."""

_LAYOUT = "oci-layout:"


@dataclass(frozen=True, slots=True)
class Meant:
    """One manifest of a repository."""

    repository: Repository
    named: Tag | Digest
    tag: Tag | None
    """Under which it was found; None where only its digest was named."""


def read_artifact(opened: Opened, artifact: Artifact) -> Written:
    """Return what an artifact is called in this registry; nothing is asked.

    Raises:
        UsageError: the text is no reference, or leads elsewhere.
    """
    match artifact:
        case Entry():
            tag = None if version_of(artifact.tag) is None else artifact.tag
            return Written(artifact.repository, tag=tag, digest=artifact.digest)
        case Resolved():
            named = _read(opened, artifact.reference)
            return Written(named.repository, tag=artifact.tag, digest=artifact.digest)
        case _:
            return _read(opened, artifact)


def read_repository(opened: Opened, text: str) -> Repository:
    """Return a repository by its name.

    Raises:
        UsageError: the text is no name, names more than a repository, or leads elsewhere.
    """
    written = _read(opened, text)
    more = written.digest or written.tag or written.constraint
    if more is not None:
        raise UsageError(f"repository: expected a name alone, got {more} of it too")
    return written.repository


def find_one(opened: Opened, artifact: Artifact) -> Meant:
    """Return the one manifest that is meant: what a constraint means now is asked.

    Raises:
        UsageError: it names a repository and nothing of it, or leads elsewhere.
        NotFoundError: no version satisfies the constraint.
        PalletError: the store could not tell.
    """
    written = read_artifact(opened, artifact)
    if written.digest is not None:
        return Meant(written.repository, written.digest, written.tag)
    if written.tag is not None:
        return Meant(written.repository, written.tag, written.tag)
    if written.constraint is None:
        raise UsageError(
            f"reference: expected a tag, a digest or a constraint, got {written.repository} alone",
            fix=f"write such as {written.repository}:1.0.0, or {written.repository}@^1",
        )
    releases = list_releases(opened.store, written.repository)
    resolved = Resolver(releases, opened.manifests).resolve(written.constraint)
    return Meant(written.repository, resolved.digest, resolved.tag)


def here(opened: Opened, written: Written, text: str) -> Repository:
    """Return what a reference's repository is called in this registry.

    Raises:
        UsageError: it is part of another one.
    """
    if written.url is None:
        return written.repository
    found = _in_layout(opened, written, text) if opened.folder is not None else _in_registry(opened, written)
    if found is None:
        raise UsageError(
            f"reference: expected a part of {opened.target.url}, got {text}",
            fix="open the other registry, or name the repository alone",
        )
    return found


def _read(opened: Opened, text: str) -> Written:
    written = read_reference(text)
    repository = here(opened, written, text)
    return Written(repository, None, written.tag, written.digest, written.constraint)


def _in_registry(opened: Opened, written: Written) -> Repository | None:
    assert written.url is not None, "whoever calls this has looked"
    if written.url.startswith(_LAYOUT):
        return None
    ours, theirs = Endpoint.parse(opened.target.url), Endpoint.parse(written.url)
    prefix = f"{ours.prefix}/" if ours.prefix else ""
    # As `name` writes it the scheme is left out: only the server counts.
    is_ours = ours.host == theirs.host and written.repository.startswith(prefix)
    return Repository(written.repository.removeprefix(prefix)) if is_ours else None


def _in_layout(opened: Opened, written: Written, text: str) -> Repository | None:
    """Return the name below our directory: as `name` writes it, or as a path that leads there."""
    assert written.url is not None, "whoever calls this has looked"
    if not written.url.startswith(_LAYOUT):
        return None
    prefix = f"{opened.target.url.rstrip('/')}/"
    if text.startswith(prefix):
        return read_reference(text.removeprefix(prefix)).repository
    path = (opened.directory / Path(written.url.removeprefix(_LAYOUT)) / written.repository).resolve()
    assert opened.folder is not None, "whoever calls this has looked"
    if not path.is_relative_to(opened.folder) or path == opened.folder:
        return None
    return Repository(path.relative_to(opened.folder).as_posix())
