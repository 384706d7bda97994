"""Where a reference leads: `host/repository:tag@digest`, a name of the target, or a layout.

Decided here: which store answers. A reference with a host opens that registry, `oci-layout:DIR/REPOSITORY`
a directory; everything else is a repository of the target that --target names, or of the default one of the
nearest pallet.toml. Where the reference says it all, no pallet.toml is needed; where one has a target for
that place, the repository is one of that target, as if it had been named without the place.
Must never be added: how the text is read, or what is done there.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import click

from reconciler.cli.belonging import find_owner
from reconciler.cli.projects import locate
from reconciler.cli.session import surroundings
from reconciler.compose import choose_target, find_target, open_store
from reconciler.desired.config import Target
from reconciler.desired.config_reader import read_config
from reconciler.desired.references import read_constraint, read_reference
from reconciler.discovery.asking import Asking
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.discovery.unmet import Why
from reconciler.errors import ConfigError, StoppedError, UsageError
from reconciler.oci.registry.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.desired.references import Written
    from reconciler.desired.versions.constraints import Constraint
    from reconciler.discovery.unmet import Unmet
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
    """Of pallet.toml; one without policies where pallet.toml does not know the place that was named."""
    root: Path
    """What the target's directory, and paths in its settings, are relative to."""
    is_known: bool
    """Whether the repository is one of a target of pallet.toml."""


@dataclass(frozen=True, slots=True)
class Found:
    """Which target a reference leads to; nothing is opened."""

    target: Target
    repository: Repository
    """As the target calls it."""
    root: Path
    is_known: bool


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
    found = find_place(written, place, reach)
    notices = screen.notices() if screen is not None else Notices(partial(click.echo, err=True))
    around = surroundings(found.root, reach, stop, notices, named_from=place.directory)
    store = open_store(found.target, around)
    try:
        yield Located(
            store,
            found.repository,
            written.tag,
            written.digest,
            written.constraint,
            found.target,
            found.root,
            found.is_known,
        )
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


def tell_where(screen: Screen, located: Located, unmet: Iterable[Unmet]) -> None:
    """Say where names were looked up that led nowhere, where no target says which prefix they are below."""
    if not located.is_known and any(item.why is Why.MISSING for item in unmet):
        screen.say(
            f"what is required is looked for in {located.target.url}: where it stands below a prefix, "
            "write that into the url of a target of a pallet.toml"
        )


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


def find_place(written: Written, place: Place, reach: Reach) -> Found:
    """Return which target a reference leads to, and what its repository is called there; nothing is opened.

    Raises:
        UsageError: it names a target that there is not, or no place where a pallet.toml would be needed.
        ConfigError: pallet.toml is needed and is invalid.
    """
    if written.url is not None:
        return _named_place(written, written.url, place, reach)
    try:
        path = locate(place)
    except ConfigError as exc:
        raise UsageError(
            f"{written.repository}: names no registry: expected a host in front or a pallet.toml, got none",
            fix=f"write host/{written.repository}, or start in the project's folder",
        ) from exc
    config = read_config(path)
    return Found(choose_target(config, reach.target), written.repository, config.root, is_known=True)


def _named_place(written: Written, url: str, place: Place, reach: Reach) -> Found:
    """Return what a reference with a place of its own leads to.

    Where pallet.toml has a target for that host, its settings hold: how it is reached, and who we are to it.
    """
    bare = Target(url, url)
    folder = place.directory.absolute()
    try:
        config = read_config(locate(place))
    except ConfigError as exc:
        if not all(problem.code == "no-config" for problem in exc.problems):
            click.echo("pallet: pallet.toml is invalid: nothing that it says is used here", err=True)
        return Found(bare, written.repository, folder, is_known=False)
    owned = find_owner(config, url, written.repository, folder=folder, chosen=reach.target)
    if owned is not None:
        return Found(owned.target, owned.repository, config.root, is_known=True)
    bare = replace(bare, audit=next(iter(config.targets.values())).audit)
    known = None if bare.layout_directory is not None else find_target(config, url, written.repository)
    if known is None:
        return Found(bare, written.repository, folder, is_known=False)
    return Found(replace(known, url=url), written.repository, config.root, is_known=False)
