"""`pallet copy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

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
from reconciler.cli.platforms import choose_platform
from reconciler.cli.references import find_one
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.cli.two_ends import TwoEnds, TwoTargets, open_two, two_targets_options
from reconciler.errors import UsageError
from reconciler.oci.copying import JOBS, Copier
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.digest import Digest
from reconciler.reports.copied import (
    copied_document,
    mirrored_document,
    narrate_copy,
    narrate_mirror,
    render_copied,
)
from reconciler.sync.mirror import Mirror

if TYPE_CHECKING:
    from reconciler.sync.stop import Stop


@click.command("copy", short_help="Copy artifacts between registries and directories.")
@click.argument("source")
@click.argument("destination")
@flag("--recursive", "-r", is_flag=True, help="Copy what refers to it too: signatures, SBOMs, attachments.")
@flag("--platform", metavar="OS/ARCH", help="Copy only this entry of an index, such as linux/arm64.")
@flag("--all-tags", is_flag=True, help="Copy every tag of SOURCE, which names a repository.")
@flag("--check-all", is_flag=True, help="Look at every part, even below what is there already.")
@two_targets_options
@force_option("copy", help_text="Overwrite other content under a version.")
@place_options
@reach_options
@output_options("text", "json")
def command(
    source: str,
    destination: str,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    targets: TwoTargets,
    recursive: bool,
    platform: str | None,
    all_tags: bool,
    check_all: bool,
    force: bool,
) -> int:
    """Copy an artifact, an image or a whole index, and print its reference and digest there.

    SOURCE is [host/]repository[:tag][@digest], with a constraint such as @^1.2 behind it, or
    oci-layout:DIR/REPOSITORY[:TAG]. DESTINATION is a repository, and a tag where it should be another one
    than the source's. Bytes are copied as they are, so digests stay the same, and only what is missing
    travels. Without a host, a reference belongs to the target of --from or --to, else of --target.

    A version never changes what it names without --force; any other tag is put where you say.

    \b
    Examples:
      pallet copy registry.example.com/acme/app:1.0.0 localhost:5000/app
      pallet copy workflows/smart-router@^2 oci-layout:mirror/workflows/smart-router
      pallet copy --from staging --to production --recursive myapp/backend:1.2.0 myapp/backend
      pallet copy --all-tags registry.example.com/acme/app localhost:5000/app
    """
    screen = Screen(output)
    terms = CopyTerms(recursive, choose_platform(platform), check_all)
    jobs = reach.jobs if all_tags else min(reach.jobs, JOBS)
    with (
        stop_on_signals() as stop,
        open_two(source, destination, targets, place, reach, stop, screen) as ends,
        Copier(
            ends.source.store, ends.destination.store, terms, jobs=jobs, mountable=ends.mountable
        ) as copier,
    ):
        mirror = _mirror(copier, ends, reach, stop, screen, force=force)
        if all_tags:
            return _copy_all(ends, mirror, screen, is_recursive=recursive)
        return _copy_one(ends, mirror, screen)


def _mirror(
    copier: Copier, ends: TwoEnds, reach: Reach, stop: Stop, screen: Screen, *, force: bool
) -> Mirror:
    return Mirror(
        copier,
        ends.source.repository,
        ends.destination.repository,
        force=force,
        jobs=reach.jobs,
        stop=stop,
        progress=screen.progress(),
    )


def _copy_one(ends: TwoEnds, mirror: Mirror, screen: Screen) -> int:
    reference = find_one(ends.source, "write a tag behind it, such as :1.0.0, or use --all-tags")
    # `name:tag@digest` says under which tag the digest was found.
    found = ends.source.tag if isinstance(reference, Digest) else reference
    tag = ends.destination.tag or found
    copied = mirror.copy(reference, tag)
    for line in narrate_copy(copied):
        screen.say(line)
    screen.answer(copied_document(copied), render_copied([copied]))
    return 0


def _copy_all(ends: TwoEnds, mirror: Mirror, screen: Screen, *, is_recursive: bool) -> int:
    for side, located in (("source", ends.source), ("destination", ends.destination)):
        more = located.tag or located.digest or located.constraint
        if more is not None:
            raise UsageError(f"--all-tags: {side}: expected a repository, got {more} of it too")
    mirrored = mirror.copy_tags(ends.source.store.list_tags(ends.source.repository))
    for line in narrate_mirror(mirrored, is_recursive=is_recursive):
        screen.say(line)
    copied = [item.copied for item in mirrored.copies if item.copied is not None]
    screen.answer(mirrored_document(mirrored), render_copied(copied))
    return mirrored.exit_code
