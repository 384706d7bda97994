"""What commands with a target begin with: its store, and a stop that signals set.

Must never be added: a decision; a command that needs less than all of it takes less.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.compose import Connection, Surroundings, choose_target, open_store
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.sync.reconcile import Reconciler
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from reconciler.cli.options import Reach
    from reconciler.cli.screen import Screen
    from reconciler.desired.config import Target
    from reconciler.desired.project import Project
    from reconciler.oci.registry.notices import Notices


def surroundings(
    root: Path, reach: Reach, stop: Stop, notices: Notices, *, named_from: Path | None = None
) -> Surroundings:
    """Return what stores are opened with: the flags, and this process's environment and home.

    Args:
        root: the folder of pallet.toml, or the one of --directory where there is none.
        reach: how patiently a registry is asked.
        stop: ends pauses early.
        notices: hears what a registry warns of.
        named_from: the folder from which people name directories; None for `root`.
    """
    connection = Connection(reach.jobs, reach.retries, reach.timeout_s)
    return Surroundings(
        root, connection, os.environ, Path.home(), stop, notices, named_from=named_from or root
    )


def manifest_cache(target: Target) -> ManifestCache:
    """Return what this user's runs keep of a target's manifests.

    What stands in a directory already is not copied to another one.
    """
    return ManifestCache(None if target.layout_directory is not None else cache_folder(os.environ))


@contextmanager
def open_reconciler(
    project: Project,
    reach: Reach,
    screen: Screen,
    selection: Selection | None = None,
    *,
    stop: Stop | None = None,
) -> Iterator[Reconciler]:
    """Yield the project and the target's store, ready to be brought into step; signals stop it gently.

    Args:
        stop: set by somebody's signals already; None for a stop of its own.
    """
    target = choose_target(project.config, reach.target)
    with nullcontext(stop) if stop is not None else stop_on_signals() as stop:
        store = open_store(target, surroundings(project.config.root, reach, stop, screen.notices()))
        cache = ManifestCache(None) if project.config.catalog is None else manifest_cache(target)
        try:
            yield Reconciler(
                project,
                target,
                store,
                reach.jobs,
                selection or Selection(),
                stop,
                screen.progress(),
                CachedManifests(store, cache),
            )
        finally:
            store.close()
            cache.close()


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Yield a stop that SIGINT and SIGTERM set; a second one ends the process at once."""
    stop = Stop()

    def request(number: int, _: FrameType | None) -> None:
        if stop.is_requested:
            # Safe: nothing is ever half written, and the next run converges.
            os._exit(128 + number)
        stop.request(number)
        click.echo("pallet: stopping: finishing what is in flight; once more to stop at once", err=True)

    signals = (signal.SIGINT, signal.SIGTERM)
    before: Sequence[object] = [signal.signal(number, request) for number in signals]
    try:
        yield stop
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)  # type: ignore[arg-type]
