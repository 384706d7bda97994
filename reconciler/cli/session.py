"""What most commands begin with: the project, the target's store, and a stop that signals set.

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
from reconciler.desired.config_reader import find_config
from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.project import Project, load_project
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.errors import UsageError
from reconciler.oci.user_cache import user_cache_folder
from reconciler.reports.problems import render_problem
from reconciler.sync.reconcile import Reconciler
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.oci.registry.notices import Notices

_TRUE = ("1", "true", "yes", "on")


def locate(place: Place) -> Path:
    """Return the pallet.toml that the flags name, or the nearest one.

    Raises:
        UsageError: the directory of --directory is none.
        ConfigError: there is no pallet.toml.
    """
    if not place.directory.is_dir():
        raise UsageError(f"--directory {place.directory}: expected a directory, got none")
    if place.file is not None:
        return (place.directory / place.file).absolute()
    return find_config(place.directory)


def load(place: Place, screen: Screen, *, locked: bool = False) -> Project:
    """Return the project; its warnings are said.

    Args:
        place: where pallet.toml is.
        screen: where warnings are said.
        locked: whether the lock is believed about images that a build has not written in this clone.
    """
    project = load_project(locate(place), memory=digest_memory(), locked=locked, documents=document_memory())
    for problem in project.warnings:
        screen.say(render_problem(problem).rstrip("\n"))
    return project


def digest_memory() -> DigestMemory:
    """Return what this user's runs have found out about large files."""
    return DigestMemory(user_cache_folder(os.environ, "digests"))


def document_memory() -> DocumentMemory:
    """Return what this user's runs have found out about files that are looked into."""
    return DocumentMemory(user_cache_folder(os.environ, "documents"))


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
        is_layout = target.layout_directory is not None
        cache = ManifestCache(
            None if is_layout or project.config.catalog is None else cache_folder(os.environ)
        )
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


def in_ci() -> bool:
    """Say whether CI's variable is set, as every CI service does."""
    return os.environ.get("CI", "").lower() in _TRUE
