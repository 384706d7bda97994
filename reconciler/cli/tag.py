"""`pallet tag`."""

from __future__ import annotations

import click

from reconciler.cli.absence import absence_told
from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.references import asking, open_manifests, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.desired.references import read_reference
from reconciler.discovery.releases import list_releases
from reconciler.errors import UsageError
from reconciler.reports.pushed import narrate_retag, render_retagged, retagged_document
from reconciler.sync.retag import Retagger, find_wanted, read_new_tag


@click.command("tag", short_help="Let a tag name what a version names.")
@click.argument("repository")
@click.argument("version")
@flag("--as", "new_tag", required=True, metavar="TAG", help="The tag that is to name it.")
@flag("--backward", is_flag=True, help="Move TAG to a lower version, on purpose.")
@place_options
@reach_options
@output_options("text", "json")
def command(
    repository: str,
    version: str,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    new_tag: str,
    backward: bool,
) -> int:
    """Let TAG name what VERSION names now, by digest, and print its reference and digest.

    VERSION is a version or another tag of the repository; what is no tag there is read as a constraint, such
    as ^1.4. TAG never moves to a lower version without --backward, and where it is a version itself it never
    changes what it holds. `pallet sync` moves floating tags forward again, unless pallet.toml holds them.

    \b
    Examples:
      pallet tag workflows/smart-router 1.4.0 --as latest --backward
      pallet tag workflows/smart-router '^2' --as production
      pallet tag registry.example.com/acme/router 2.0.0-rc.1 --as candidate
    """
    screen = Screen(output)
    written = read_reference(repository)
    more = written.tag or written.digest or written.constraint
    if more is not None:
        raise UsageError(
            f"reference: expected a repository, got {more} of it too",
            fix="write the version behind a space: pallet tag REPOSITORY VERSION --as TAG",
        )
    tag = read_new_tag(new_tag)
    with (
        stop_on_signals() as stop,
        open_reference(repository, place, reach, stop, screen) as located,
        open_manifests(located) as manifests,
    ):
        with absence_told(located):
            releases = list_releases(located.store, located.repository)
        retagger = Retagger(located.store, releases, manifests, asking(reach, screen, stop))
        retagged = retagger.retag(find_wanted(version, releases), tag, backward=backward)
    for line in narrate_retag(retagged):
        screen.say(line)
    screen.answer(retagged_document(retagged), render_retagged(retagged))
    return 0
