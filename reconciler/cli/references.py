"""Where a reference leads: `host/repository:tag@digest`, a name of the target, or a layout.

Decided here: how the text is read, and which store answers. A reference with a host opens that registry
(a bare loopback host means http, any other https; `http://` may be written); `oci-layout:DIR/REPOSITORY`
opens a directory, of which the last component is the repository; everything else is a repository of the
target that --target names, or of the default one of the nearest pallet.toml. Where the reference says it
all, no pallet.toml is read. Must never be added: what is done there.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import click

from reconciler.cli.session import locate, surroundings
from reconciler.compose import choose_target, find_target, open_store
from reconciler.desired.config import Target
from reconciler.desired.config_reader import read_config
from reconciler.desired.versions.constraints import Constraint
from reconciler.discovery.asking import Asking
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import ConfigError, StoppedError, UsageError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Reference, Repository, Tag
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop

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


@dataclass(frozen=True, slots=True)
class Located:
    """Where a reference leads."""

    store: Store
    repository: Repository
    tag: Tag | None
    digest: Digest | None
    constraint: Constraint | None
    target: Target
    """Of pallet.toml; one without policies where the reference names the place itself."""


@contextmanager
def open_reference(
    text: str, place: Place, reach: Reach, stop: Stop, screen: Screen | None = None
) -> Iterator[Located]:
    """Yield the store and the repository that a reference names; the store is closed afterwards.

    Args:
        screen: where a registry's warnings go; None for stderr, whatever --quiet says.

    Raises:
        UsageError: the text is no reference, or names a target that there is not.
        ConfigError: pallet.toml is needed and is invalid.
    """
    written = read_reference(text)
    target, root = _find_target(written, place, reach)
    notices = screen.notices() if screen is not None else Notices(partial(click.echo, err=True))
    store = open_store(target, surroundings(root, reach, stop, notices))
    try:
        yield Located(store, written.repository, written.tag, written.digest, written.constraint, target)
    finally:
        store.close()


@contextmanager
def open_manifests(located: Located) -> Iterator[CachedManifests]:
    """Yield the manifests of a store; those of a registry are read through this user's cache."""
    # What stands in a directory already is not copied to another one.
    is_layout = located.target.layout_directory is not None
    cache = ManifestCache(None if is_layout else cache_folder(os.environ))
    try:
        yield CachedManifests(located.store, cache)
    finally:
        cache.close()


def asking(reach: Reach, screen: Screen, stop: Stop) -> Asking:
    """Return how many questions are asked: by --jobs at once, with progress, until a signal."""

    def proceed() -> None:
        if stop.is_requested:
            raise StoppedError("stopped", signal_number=stop.signal_number or 0)

    return Asking(reach.jobs, proceed, screen.progress())


def find_one(located: Located, usage: str) -> Tag | Digest:
    """Return what a reference means in its repository: its digest, its tag, or the version of its constraint.

    Args:
        usage: what to write where it names a repository and nothing of it.

    Raises:
        UsageError: it names a repository and nothing of it.
        NotFoundError: no version satisfies the constraint.
        PalletError: the store could not tell.
    """
    exact = located.digest or located.tag
    if exact is not None:
        return exact
    if located.constraint is None:
        raise UsageError(
            f"reference: expected a tag, a digest or a constraint, got {located.repository} alone", fix=usage
        )
    with open_manifests(located) as manifests:
        releases = list_releases(located.store, located.repository)
        return Resolver(releases, manifests).resolve(located.constraint).tag


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


def choose_constraint(located: Located, argument: str | None) -> Constraint | None:
    """Return the constraint of a command that takes `REPOSITORY CONSTRAINT` or `REPOSITORY@CONSTRAINT`.

    Raises:
        UsageError: there are two, or the reference names a tag or a digest already.
    """
    if located.tag is not None or located.digest is not None:
        raise UsageError(
            f"reference: expected a repository, got {located.tag or located.digest} of it too",
            fix=f"write {located.repository} and a constraint, such as '^1.2' or '=1.2.3'",
        )
    if located.constraint is not None and argument is not None:
        raise UsageError(f"constraint: expected one, got {located.constraint} and {argument}")
    return located.constraint if argument is None else read_constraint(argument)


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


def _find_target(written: Written, place: Place, reach: Reach) -> tuple[Target, Path]:
    """Return the target, and the folder that names of files in it are relative to."""
    if written.url is not None:
        return _named_target(written, written.url, place)
    try:
        path = locate(place)
    except ConfigError as exc:
        raise UsageError(
            f"{written.repository}: names no registry: expected a host in front or a pallet.toml, got none",
            fix=f"write host/{written.repository}, or start in the project's folder",
        ) from exc
    config = read_config(path)
    return choose_target(config, reach.target), config.root


def _named_target(written: Written, url: str, place: Place) -> tuple[Target, Path]:
    """Return what a reference with a place of its own leads to.

    Where pallet.toml has a target for that host, its settings hold: how it is reached, and who we are to it.
    """
    bare = Target(url, url)
    folder = place.directory.absolute()
    try:
        config = read_config(locate(place))
    except ConfigError as exc:
        if all(problem.code == "no-config" for problem in exc.problems):
            return bare, folder
        click.echo("pallet: pallet.toml is invalid: nothing that it says is used here", err=True)
        return bare, folder
    bare = replace(bare, audit=next(iter(config.targets.values())).audit)
    known = None if bare.layout_directory is not None else find_target(config, url, written.repository)
    return (bare, folder) if known is None else (replace(known, url=url), config.root)
