"""Which target and which repository a reference leads to; nothing is opened, and nothing is asked.

Decided here: with --registry a repository is below its prefix, or in its directory, whatever pallet.toml
says; else a reference with a place of its own is of the target of pallet.toml that it belongs to, or of that
place alone; everything else is a repository of the target that --target names, or of the default one. A
directory on the command line is relative to where people stand.
Must never be added: how the text is read, or a store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

import click

from reconciler.cli.belonging import find_owner, name_below
from reconciler.cli.projects import locate
from reconciler.compose import choose_target, find_target
from reconciler.desired.config import Target
from reconciler.desired.config_reader import read_config
from reconciler.errors import ConfigError, UsageError
from reconciler.oci.registry.endpoint import Endpoint

if TYPE_CHECKING:
    from reconciler.cli.options import Place, Reach
    from reconciler.desired.config import Config
    from reconciler.desired.references import Written
    from reconciler.oci.reference import Repository

_LAYOUT = "oci-layout:"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a reference leads."""

    target: Target
    repository: Repository
    """As the target calls it."""
    root: Path
    """What the target's directory, and paths in its settings, are relative to."""
    is_known: bool
    """Whether the repository is one of a target of pallet.toml."""
    is_bounded: bool
    """Whether it is said what other names are below: by pallet.toml, or by --registry."""


@dataclass(frozen=True, slots=True)
class Named:
    """What --registry names."""

    target: Target
    root: Path


def find_place(written: Written, place: Place, reach: Reach, registry: str | None = None) -> Found:
    """Return which target a reference leads to, and what its repository is called there.

    Args:
        written: the reference.
        place: which pallet.toml.
        reach: with the target that --target names.
        registry: what --registry names; None where it was not given.

    Raises:
        UsageError: it names a target that there is not, or no place where a pallet.toml would be needed, or
            something outside what --registry names.
        ConfigError: pallet.toml is needed and is invalid.
    """
    if registry is not None:
        return _below(written, registry, place, reach)
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
    target = choose_target(config, reach.target)
    return Found(target, written.repository, config.root, is_known=True, is_bounded=True)


def read_registry(url: str, place: Place, config: Config | None, reach: Reach) -> Named:
    """Return what --registry names; where pallet.toml has a target for that host, its settings hold.

    Raises:
        UsageError: it names nothing, or --target names another place.
    """
    if reach.target is not None:
        raise UsageError("--registry: expected it or --target, got both")
    bare = Named(Target(url, url), place.directory.absolute())
    if url.startswith(_LAYOUT):
        if url == _LAYOUT:
            raise UsageError(f"--registry: expected {_LAYOUT}DIR, got no directory")
        return bare
    try:
        endpoint = Endpoint.parse(url)
    except ValueError as exc:
        raise UsageError(f"--registry: {exc}", fix="write host[:port][/prefix], or oci-layout:DIR") from exc
    known = find_target(config, url, endpoint.prefix) if config is not None else None
    if known is None or config is None:
        return bare
    return Named(replace(known, url=url), config.root)


def called(found: Found, name: Repository) -> Found | None:
    """Return the same artifact in the place in which it is called so; None where its own name ends otherwise.

    Of `workflows/router` below `host/acme` that is the place itself, as `router` it is `host/acme/workflows`.

    Args:
        found: where the artifact is.
        name: what it was called elsewhere, as in a lock.
    """
    if found.repository == name:
        return found
    directory = found.target.layout_directory
    if directory is not None:
        there = _rest(PurePosixPath(directory) / found.repository, name) or _rest(
            (found.root / directory).resolve() / found.repository, name
        )
        url = None if there is None else f"{_LAYOUT}{there}"
    else:
        endpoint = Endpoint.parse(found.target.url)
        rest = _rest(PurePosixPath(endpoint.full_name(found.repository)), name)
        url = None if rest is None else f"{endpoint.scheme}://{PurePosixPath(endpoint.host) / rest}"
    if url is None:
        return None
    return Found(replace(found.target, url=url), name, found.root, is_known=False, is_bounded=True)


def _rest(path: PurePath, name: Repository) -> PurePath | None:
    """Return what stands in front of a name; None where the path ends otherwise."""
    parts = PurePosixPath(name).parts
    if path.parts[-len(parts) :] != parts:
        return None
    return type(path)(*path.parts[: -len(parts)])


def _below(written: Written, registry: str, place: Place, reach: Reach) -> Found:
    named = read_registry(registry, place, read_usable_config(place), reach)
    repository: Repository | None = written.repository
    if written.url is not None:
        bare, folder = Target(written.url, written.url), place.directory.absolute()
        repository = name_below(bare, written.repository, named.target, folder=folder, root=named.root)
    if repository is None:
        raise UsageError(
            f"reference: expected one of --registry {registry}, got one of {written.url}",
            fix="leave out --registry (or PALLET_REGISTRY), or what stands in front of the repository",
        )
    return Found(named.target, repository, named.root, is_known=False, is_bounded=True)


def _named_place(written: Written, url: str, place: Place, reach: Reach) -> Found:
    """Return what a reference with a place of its own leads to.

    Where pallet.toml has a target for that host, its settings hold: how it is reached, and who we are to it.
    """
    bare = Target(url, url)
    folder = place.directory.absolute()
    config = read_usable_config(place)
    if config is None:
        return Found(bare, written.repository, folder, is_known=False, is_bounded=False)
    owned = find_owner(config, url, written.repository, folder=folder, chosen=reach.target)
    if owned is not None:
        return Found(owned.target, owned.repository, config.root, is_known=True, is_bounded=True)
    bare = replace(bare, audit=next(iter(config.targets.values())).audit)
    known = None if bare.layout_directory is not None else find_target(config, url, written.repository)
    target, root = (bare, folder) if known is None else (replace(known, url=url), config.root)
    return Found(target, written.repository, root, is_known=False, is_bounded=False)


def read_usable_config(place: Place) -> Config | None:
    """Return pallet.toml where there is one; one that is invalid is said, and not used."""
    try:
        return read_config(locate(place))
    except ConfigError as exc:
        if not all(problem.code == "no-config" for problem in exc.problems):
            click.echo("pallet: pallet.toml is invalid: nothing that it says is used here", err=True)
        return None
