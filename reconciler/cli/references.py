"""Where a reference leads: `host/repository:tag@digest`, a name of the target, or a layout.

Decided here: what a command gets of the place that was found: its store, its manifests, what is meant there.
Must never be added: which place that is, how the text is read, or what is done there.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from reconciler.cli.session import manifest_cache, surroundings
from reconciler.cli.whereabouts import find_place
from reconciler.compose import open_store
from reconciler.desired.references import read_constraint, read_reference
from reconciler.discovery.asking import Asking
from reconciler.discovery.manifest_cache import CachedManifests
from reconciler.discovery.roots import find_tag
from reconciler.discovery.unmet import Why
from reconciler.errors import StoppedError, UsageError
from reconciler.oci.registry.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.cli.whereabouts import Found
    from reconciler.desired.config import Target
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
    is_bounded: bool
    """Whether it is said what other names are below: by pallet.toml, or by --registry."""


@contextmanager
def open_reference(
    text: str,
    place: Place,
    reach: Reach,
    stop: Stop,
    screen: Screen | None = None,
    *,
    registry: str | None = None,
    settle: Callable[[Found], Found] | None = None,
) -> Iterator[Located]:
    """Yield the store and the repository that a reference names; the store is closed afterwards.

    Args:
        screen: where a registry's warnings go; None for stderr, whatever --quiet says.
        registry: what --registry names; None where it was not given.
        settle: says where it is looked for instead, before anything is opened.

    Raises:
        UsageError: the text is no reference, or names a target that there is not.
        ConfigError: pallet.toml is needed and is invalid.
    """
    written = read_reference(text)
    found = find_place(written, place, reach, registry)
    if settle is not None:
        found = settle(found)
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
            found.is_bounded,
        )
    finally:
        store.close()


@contextmanager
def open_manifests(located: Located) -> Iterator[CachedManifests]:
    """Yield the manifests of a store; those of a registry are read through this user's cache."""
    cache = manifest_cache(located.target)
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
    """Say where names were looked up that led nowhere, where nobody says which prefix they are below."""
    if located.is_bounded or not any(item.why is Why.MISSING for item in unmet):
        return
    where, directory = located.target.url, located.target.layout_directory
    example = f"{where}/PREFIX" if directory is None else f"oci-layout:{PurePosixPath(directory).parent}"
    screen.say(
        f"what is required is looked for in {where}: where it stands below another place, "
        f"add that, such as --registry {example}"
    )


def find_one(located: Located, usage: str | None = None) -> Tag | Digest:
    """Return what a reference means in its repository: its digest, its tag, or the version of its constraint.

    Args:
        usage: what to write where it names a repository and nothing of it; None where that means its newest
            stable version, or `latest` where no tag is a version.

    Raises:
        UsageError: it names a repository and nothing of it.
        NotFoundError: no version satisfies the constraint.
        PalletError: the store could not tell.
    """
    exact = located.digest or located.tag
    if exact is not None:
        return exact
    if located.constraint is None and usage is not None:
        raise UsageError(
            f"reference: expected a tag, a digest or a constraint, got {located.repository} alone", fix=usage
        )
    with open_manifests(located) as manifests:
        return find_tag(located.store, manifests, located.repository, located.constraint)


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
