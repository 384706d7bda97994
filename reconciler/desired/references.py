"""References as people write them: `host/repository:tag@digest`, a repository alone, or a layout.

Decided here: how the text is read. A bare loopback host means http, any other https; `http://` may be
written. Of `oci-layout:DIR/REPOSITORY` the last component is the repository. Behind `@` stands a digest, or a
constraint. Must never be added: which store answers, or a file that is read.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.desired.versions.constraints import Constraint
from reconciler.errors import UsageError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Reference, Repository, Tag
from reconciler.oci.registry.endpoint import Endpoint

_LAYOUT = "oci-layout:"
_SCHEMES = ("https://", "http://")
_EXPECTED = "[host/]repository[:tag][@digest or constraint], or oci-layout:DIR/REPOSITORY"


@dataclass(frozen=True, slots=True)
class Written:
    """A reference as it was written; nothing is opened, and nothing is asked."""

    repository: Repository
    url: str | None = None
    """The registry or layout as a target's `url` names it; None for a repository of the target."""
    tag: Tag | None = None
    digest: Digest | None = None
    constraint: Constraint | None = None


def read_reference(text: str) -> Written:
    """Read a reference.

    Raises:
        UsageError: it is none; no part that may be a password is repeated.
    """
    try:
        if text.startswith(_LAYOUT):
            return _read_layout(text.removeprefix(_LAYOUT))
        return _read_registry(text)
    except ValueError as exc:
        raise UsageError(f"reference: {exc}", fix=f"write {_EXPECTED}") from exc


def read_constraint(text: str) -> Constraint:
    """Read a constraint of the command line.

    Raises:
        UsageError: it is none, or empty, which is what a forgotten variable of a shell gives.
    """
    if not text.strip():
        raise UsageError(
            "constraint: expected such as ^1.2, got an empty text", fix="write '*' for any version"
        )
    try:
        return Constraint(text)
    except ValueError as exc:
        raise UsageError(f"constraint: {exc}") from exc


def _read_registry(text: str) -> Written:
    scheme = next((scheme for scheme in _SCHEMES if text.startswith(scheme)), "")
    rest = text.removeprefix(scheme)
    # Before anything is repeated in a message: `user:password@host/repository` looks like name, tag and more.
    if "@" in rest.partition("/")[0] and "/" in rest:
        raise ValueError(
            "a user name or password does not belong there: "
            "expected credentials from `pallet login`, or in username and password of a target"
        )
    name, at, qualifier = rest.partition("@")
    reference = Reference.parse(name)
    host = reference.host
    if scheme and host is None:
        # What follows a scheme is a host, even where it looks like a name.
        host, _, tail = name.partition("/")
        reference = Reference.parse(tail)
    url = None if host is None else scheme + host
    if url is not None:
        Endpoint.parse(url)
    return _qualified(reference.repository, url, reference.tag, qualifier if at else None)


def _read_layout(text: str) -> Written:
    directory, slash, last = text.rpartition("/")
    name, at, qualifier = last.partition("@")
    repository, colon, tag = name.partition(":")
    if not repository:
        raise ValueError(f"expected {_LAYOUT}DIR/REPOSITORY, got no repository")
    url = _LAYOUT + (directory or ("/" if slash else "."))
    return _qualified(Repository(repository), url, Tag(tag) if colon else None, qualifier if at else None)


def _qualified(repository: Repository, url: str | None, tag: Tag | None, qualifier: str | None) -> Written:
    """Read what stands behind `@`: a digest has a colon, a constraint never."""
    if qualifier is None:
        return Written(repository, url, tag)
    if ":" in qualifier:
        return Written(repository, url, tag, Digest(qualifier))
    if tag is not None:
        raise ValueError(f"expected a tag or a constraint, got the tag {tag} and a constraint too")
    return Written(repository, url, constraint=read_constraint(qualifier))
