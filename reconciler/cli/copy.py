"""`pallet copy`."""

from __future__ import annotations

import click

from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.references import find_one
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.cli.two_ends import TwoEnds, open_two
from reconciler.errors import UsageError
from reconciler.oci.copying import JOBS, Copier
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.digest import Digest
from reconciler.oci.platforms import read_platform
from reconciler.reports.copied import (
    copied_document,
    mirrored_document,
    narrate_copy,
    narrate_mirror,
    render_copied,
)
from reconciler.sync.mirror import Mirror


@click.command("copy", short_help="Copy artifacts between registries and directories.")
@click.argument("source")
@click.argument("destination")
@flag("--recursive", "-r", is_flag=True, help="Copy what refers to it too: signatures, SBOMs, attachments.")
@flag("--platform", metavar="OS/ARCH", help="Copy only this entry of an index, such as linux/arm64.")
@flag("--all-tags", is_flag=True, help="Copy every tag of SOURCE, which names a repository.")
@flag("--check-all", is_flag=True, help="Look at every part, even below what is there already.")
@flag("--from", "source_target", metavar="TARGET", help="The target that SOURCE belongs to.")
@flag("--to", "destination_target", metavar="TARGET", help="The target that DESTINATION belongs to.")
@click.option(
    "--force",
    is_flag=True,
    # Not PALLET_FORCE, which for sync holds names: PALLET_FORCE=1 must not overwrite anything here.
    envvar="PALLET_COPY_FORCE",
    help="Overwrite other content under a version.",
)
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
    recursive: bool,
    platform: str | None,
    all_tags: bool,
    check_all: bool,
    source_target: str | None,
    destination_target: str | None,
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
    terms = _read_terms(platform, recursive=recursive, check_all=check_all)
    with (
        stop_on_signals() as stop,
        open_two(
            source,
            destination,
            place,
            reach,
            stop,
            screen,
            source_target=source_target,
            destination_target=destination_target,
        ) as ends,
        Copier(
            ends.source.store,
            ends.destination.store,
            terms,
            jobs=reach.jobs if all_tags else min(reach.jobs, JOBS),
            mountable=ends.mountable,
        ) as copier,
    ):
        mirror = Mirror(
            copier,
            ends.source.repository,
            ends.destination.repository,
            force=force,
            jobs=reach.jobs,
            stop=stop,
            progress=screen.progress(),
        )
        if all_tags:
            return _copy_all(ends, mirror, screen, is_recursive=terms.referrers)
        return _copy_one(ends, mirror, screen)


def _read_terms(platform: str | None, *, recursive: bool, check_all: bool) -> CopyTerms:
    try:
        chosen = None if platform is None else read_platform(platform)
    except ValueError as exc:
        raise UsageError(f"--{exc}") from exc
    return CopyTerms(recursive, chosen, check_all)


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
