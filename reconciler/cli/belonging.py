"""Which target of pallet.toml a place belongs to that a reference names itself: `host/…`, or `oci-layout:…`.

Decided here: what stands below a target's prefix, or in its directory, is one of its repositories, so that
what a command prints may be given to the next one. The target of --target comes first, then one that is
reached as the reference says, then the one with the longest prefix, then the default one.
Must never be added: a store that is opened, or a file that is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.compose import choose_target, name_at
from reconciler.desired.config import Target
from reconciler.oci.reference import Repository
from reconciler.oci.registry.endpoint import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.desired.config import Config


@dataclass(frozen=True, slots=True)
class Owned:
    """A repository, as the target that it belongs to calls it."""

    target: Target
    repository: Repository


def find_owner(
    config: Config, url: str, repository: Repository, *, folder: Path, chosen: str | None
) -> Owned | None:
    """Return whose repository a reference names; None where pallet.toml knows nothing of that place.

    Args:
        config: whose targets are looked at.
        url: the host or the directory, as it was written.
        repository: the rest of it.
        folder: what a directory is relative to.
        chosen: the target that --target names, which wins where the repository is one of its own.

    Raises:
        UsageError: there is no such target.
    """
    first = None if chosen is None else choose_target(config, chosen)
    bare = Target(url, url)
    candidates = []
    for target in config.targets.values():
        name = name_below(bare, repository, target, folder=folder, root=config.root)
        if name is not None:
            rank = (
                target is first,
                _is_reached_so(bare, target),
                -len(name),
                target.name == config.default_target,
            )
            candidates.append((rank, Owned(target, name)))
    return max(candidates, key=lambda item: item[0])[1] if candidates else None


def name_in_folder(
    directory: str, repository: Repository, other: str, *, folder: Path, root: Path
) -> Repository | None:
    """Return what a repository of one directory is called in another one; None where it is outside.

    Args:
        directory: where the repository stands, relative to `folder`.
        repository: its name there.
        other: the other directory, relative to `root`.
        folder: for `directory`.
        root: for `other`.
    """
    path = (folder / directory).resolve() / repository
    there = (root / other).resolve()
    if path == there or not path.is_relative_to(there):
        return None
    try:
        return Repository(path.relative_to(there).as_posix())
    except ValueError:
        return None


def name_below(
    bare: Target, repository: Repository, target: Target, *, folder: Path, root: Path
) -> Repository | None:
    """Return what a target calls a repository of a host or directory; None where it is none of its own.

    Args:
        bare: the host or the directory, as it was written.
        repository: the rest of it.
        target: who may own it.
        folder: for the directory of `bare`.
        root: for the one of `target`.
    """
    here, there = bare.layout_directory, target.layout_directory
    if here is not None or there is not None:
        if here is None or there is None:
            return None
        return name_in_folder(here, repository, there, folder=folder, root=root)
    # Printed names have no scheme: a target's own one is as good as the usual one.
    schemes = ("",) if "://" in bare.url else ("http://", "https://")
    names = (name_at(Target("", f"{scheme}{bare.url}"), repository, target) for scheme in schemes)
    return next((name for name in names if name is not None), None)


def _is_reached_so(bare: Target, target: Target) -> bool:
    if bare.layout_directory is not None:
        return True
    return Endpoint.parse(bare.url).origin == Endpoint.parse(target.url).origin
