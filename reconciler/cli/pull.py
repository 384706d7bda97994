"""`pallet pull`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.absence import absence_told
from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    flag_group,
    output_options,
    place_options,
    reach_options,
    registry_option,
)
from reconciler.cli.platforms import choose_platform
from reconciler.cli.pull_together import Together, pull_together, read_from_lock
from reconciler.cli.references import asking, find_one, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.errors import UsageError
from reconciler.oci.pulling.layers import Naming
from reconciler.oci.pulling.pull import JOBS, PullTerms
from reconciler.reports.pulled import narrate_pull, pulled_document, render_pulled
from reconciler.sync.told_pulls import pull_told, resolving_told

if TYPE_CHECKING:
    from reconciler.oci.pulling.pull import PullResult


@click.command("pull", short_help="Write an artifact's files into a folder.")
@click.argument("reference")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    # Not PALLET_OUTPUT, which elsewhere is the file of a result.
    envvar="PALLET_PULL_OUTPUT",
    metavar="DIR",
    help="The folder for the files; otherwise the current one.",
)
@flag("--platform", metavar="OS/ARCH", help="The entry of an index, such as linux/arm64.")
@flag("--overwrite", is_flag=True, help="Replace files that hold something else.")
@flag_group(
    "naming",
    Naming,
    flag("--by-digest", is_flag=True, help="Name files without a usable title by their digest."),
    flag("--include-config", is_flag=True, help="Write the config too, as config.json or the like."),
    flag(
        "--unpack/--no-unpack", "unpack", default=True, help="Whether archived folders become folders again."
    ),
)
@flag("--with-deps", is_flag=True, help="Everything that it needs too, each below DIR by its repository.")
@flag(
    "--lock",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --with-deps: keep the lock of what was taken.",
)
@flag(
    "--from-lock",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take what such a lock says, digest by digest.",
)
@registry_option
@place_options
@reach_options
@output_options("text", "json", to_file=False)
def command(
    reference: str,
    folder: Path,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    platform: str | None,
    overwrite: bool,
    naming: Naming,
    with_deps: bool,
    lock: Path | None,
    from_lock: Path | None,
    registry: str | None,
) -> int:
    """Write the files of an artifact below a folder, by their titles, and print their paths.

    REFERENCE is [host/]repository[:tag][@digest], with a constraint such as @^1.2 behind it, or
    oci-layout:DIR/REPOSITORY:TAG; a repository alone means its newest stable version. Nothing is written
    outside the folder, whatever titles, links or archives say. A file appears when all of it was right; one
    that is right already is not downloaded again, and one that holds something else is left alone without
    --overwrite. What was broken off goes on next time.

    --with-deps takes everything that it needs, in versions that satisfy every constraint, and prints a lock
    of what was taken; --from-lock takes the same again, also below another prefix or in another registry.

    \b
    Examples:
      pallet pull workflows/smart-router:2.0.0 -o build
      pallet pull registry.example.com/acme/prompts@^0.3 -o prompts
      pallet pull registry.example.com/acme/tool:1.0.0 --platform linux/arm64 --overwrite
      pallet pull 'workflows/smart-router@^2' --with-deps -o agents --lock agents.lock
      pallet pull workflows/smart-router --registry oci-layout:mirror --from-lock agents.lock
    """
    screen = Screen(output)
    asked = _read_together(reference, folder, lock, from_lock, place, with_deps=with_deps)
    terms = _terms(reach, screen, platform, naming, overwrite=overwrite)
    settle = None if asked is None else asked.settle
    with (
        stop_on_signals() as stop,
        open_reference(reference, place, reach, stop, screen, registry=registry, settle=settle) as located,
    ):
        if asked is not None:
            return pull_together(screen, located, asked, terms, asking(reach, screen, stop))
        with absence_told(located):
            with resolving_told(located.store, located.repository):
                wanted = find_one(located)
            pulled = pull_told(located.store, located.repository, wanted, place.directory / folder, terms)
    _answer(screen, pulled, folder)
    return 0


def _terms(
    reach: Reach, screen: Screen, platform: str | None, naming: Naming, *, overwrite: bool
) -> PullTerms:
    jobs, steps = min(reach.jobs, JOBS), screen.progress()
    return PullTerms(choose_platform(platform), naming, overwrite, jobs=jobs, steps=steps)


def _answer(screen: Screen, pulled: PullResult, folder: Path) -> None:
    for line in narrate_pull(pulled):
        screen.say(line)
    screen.answer(pulled_document(pulled, folder), render_pulled(pulled, folder))


def _read_together(
    reference: str,
    folder: Path,
    lock: Path | None,
    from_lock: Path | None,
    place: Place,
    *,
    with_deps: bool,
) -> Together | None:
    """Return what is asked for with an artifact; None for nothing but itself.

    Raises:
        UsageError: a lock is to be kept of an artifact alone, or the reference names a version beside a lock.
        LockError: the lock cannot be understood.
    """
    if not with_deps and from_lock is None:
        if lock is not None:
            raise UsageError("--lock: expected --with-deps, got none", fix="add --with-deps")
        return None
    return Together(
        place.directory / folder,
        folder,
        None if lock is None else place.directory / lock,
        None if from_lock is None else read_from_lock(reference, place.directory / from_lock),
    )
