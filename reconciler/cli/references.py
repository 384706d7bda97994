"""Where a reference leads: `host/repository:tag@digest`, a name of the target, or a layout.

Decided here: which store answers. A reference with a host opens that registry, `oci-layout:DIR/REPOSITORY`
a directory; everything else is a repository of the target that --target names, or of the default one of the
nearest pallet.toml. Where the reference says it all, no pallet.toml is needed.
Must never be added: how the text is read, or what is done there.
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
from reconciler.desired.references import read_constraint, read_reference
from reconciler.discovery.asking import Asking
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import ConfigError, StoppedError, UsageError
from reconciler.oci.registry.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.desired.references import Written
    from reconciler.desired.versions.constraints import Constraint
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop


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
