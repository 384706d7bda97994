"""`pallet delete`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.belonging import name_in_folder
from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    force_option,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.projects import locate
from reconciler.cli.references import Located, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.compose import name_at
from reconciler.desired.config_reader import read_config
from reconciler.desired.lockfile import read_lock
from reconciler.desired.references import read_reference
from reconciler.errors import ConfigError, UsageError
from reconciler.reports.removed import announce, narrate_removal, removed_document, render_removed
from reconciler.sync.removal import Remover

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from reconciler.desired.config import Config, Target
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag


@click.command("delete", short_help="Delete a tag, or a manifest that no other tag names.")
@click.argument("reference")
@flag("--yes", "-y", is_flag=True, help="Do not ask.")
@force_option("delete", help_text="Delete what the lock holds, other tags name or an index lists.")
@place_options
@reach_options
@output_options("text", "json")
def command(reference: str, place: Place, reach: Reach, output: Output, *, yes: bool, force: bool) -> int:
    """Delete a tag, or a manifest by its digest, and print what went.

    REFERENCE is [host/]repository:tag or repository@digest. A tag goes alone: what it names stays. A
    manifest goes only where no other tag names it and no index lists it, and so does what a tag names where
    the registry deletes no tags. Blobs are never deleted. What pallet.lock holds is refused without --force,
    since sync would put it back.

    \b
    Examples:
      pallet delete workflows/smart-router:2.0.0-rc.1
      pallet delete registry.example.com/acme/app@sha256:… --yes
    """
    screen = Screen(output)
    written = read_reference(reference)
    named = written.digest or written.tag
    if named is None or (written.digest and written.tag):
        got = "both" if written.tag else written.constraint or "a repository alone"
        raise UsageError(
            f"reference: expected a tag or a digest, got {got}",
            fix=f"name exactly what is to go, such as {written.repository}:1.0.0",
        )
    with stop_on_signals() as stop, open_reference(reference, place, reach, stop, screen) as located:
        config = _read_config(place)
        names = set() if config is None else _names_in(config, located)
        locked = {} if config is None else _locked(config, names)
        remover = Remover(located.store, located.repository, locked, force=force, jobs=reach.jobs)
        removal = remover.find(named)
        if not (yes or _confirms(announce(removal), reference)):
            screen.say("nothing was deleted")
            return 1
        removed = remover.remove(removal)
    for line in narrate_removal(removed):
        screen.say(line)
    if config is not None and config.catalog is not None and names - {None, config.catalog}:
        screen.say("the catalog may list it still: pallet catalog --rebuild")
    screen.answer(removed_document(removed), render_removed(removed))
    return 0


def _confirms(question: str, reference: str) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{question} expected an answer on a terminal, got none", fix=f"pallet delete {reference} --yes"
        )
    return click.confirm(question, err=True)


def _read_config(place: Place) -> Config | None:
    """Return pallet.toml; None where there is none.

    Raises:
        ConfigError: it cannot be read, so that nobody knows what must stay.
    """
    try:
        return read_config(locate(place))
    except ConfigError as exc:
        if all(problem.code == "no-config" for problem in exc.problems):
            return None
        raise


def _names_in(config: Config, located: Located) -> set[Repository | None]:
    """Return what the project's targets call the repository; None for those that it does not belong to."""
    return {_name_at(located, target, config.root) for target in config.targets.values()}


def _locked(config: Config, names: Container[Repository | None]) -> dict[Tag, Digest]:
    """Return the versions of a repository that the lock of this project holds, whatever target it is of.

    Raises:
        LockError: the lock cannot be read, so that nobody knows.
    """
    return {
        entry.version.tag: entry.digest
        for entry in read_lock(config.lock_path).entries.values()
        if entry.name in names
    }


def _name_at(located: Located, target: Target, root: Path) -> Repository | None:
    """Return what a target calls the repository; a directory has many names, so that paths are compared."""
    here, there = located.target.layout_directory, target.layout_directory
    if here is None or there is None:
        return name_at(located.target, located.repository, target)
    return name_in_folder(here, located.repository, there, folder=located.root, root=root)
