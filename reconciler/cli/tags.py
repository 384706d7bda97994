"""`pallet tags`."""

from __future__ import annotations

from dataclasses import replace

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
from reconciler.cli.references import asking, choose_constraint, open_manifests, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.discovery.listing import Filter, Listing, list_published
from reconciler.discovery.releases import list_releases
from reconciler.reports import documents
from reconciler.reports.versions import listing_document, render_listing

LIMIT = 1000
"""Two requests for each: about as many as a local registry answers in a second or two."""


@click.command("tags", short_help="List published versions, newest first.")
@click.argument("repository")
@click.argument("constraint", required=False)
@flag("--stable", is_flag=True, help="Neither pre-releases nor what its publisher calls unstable.")
@flag("--prereleases", is_flag=True, help="With CONSTRAINT: the pre-releases within it too.")
@flag("--match", metavar="GLOB", help="Only tags that match.")
@flag(
    "--limit",
    type=click.IntRange(0),
    default=LIMIT,
    show_default=True,
    metavar="N",
    help="Read no more than the newest N; 0 for all.",
)
@place_options
@reach_options
@output_options("text", "json")
def command(
    repository: str,
    constraint: str | None,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    stable: bool,
    prereleases: bool,
    match: str | None,
    limit: int,
) -> int:
    """List the versions of a repository, newest first: digest, when created, whether stable and breaking,
    notes, and which floating tags point there. No content is downloaded.

    \b
    Examples:
      pallet tags workflows/smart-router
      pallet tags workflows/smart-router '^2' --stable
      pallet tags registry.example.com/acme/router --match '2.*' --format json
    """
    screen = Screen(output)
    with (
        stop_on_signals() as stop,
        open_reference(repository, place, reach, stop, screen) as located,
        open_manifests(located) as manifests,
    ):
        wanted = Filter(choose_constraint(located, constraint), prereleases, match, stable, limit or None)
        with absence_told(located):
            releases = list_releases(located.store, located.repository)
        listing = list_published(releases, manifests, wanted, asking(reach, screen, stop))
    _show(screen, listing, is_filtered=replace(wanted, limit=None) != Filter())
    return 0


def _show(screen: Screen, listing: Listing, *, is_filtered: bool) -> None:
    for note in listing.notes:
        screen.say(note)
    if screen.output.format == "json":
        screen.result(documents.render(listing_document(listing)))
        return
    screen.result(
        render_listing(listing, width=screen.width, color=screen.color, whole_digests=screen.output.verbose)
    )
    if is_filtered and not listing.versions:
        screen.say(f"{listing.subject}: no version is left: the filter lets none through")
    pointing = {tag for item in listing.versions for tag in item.floating_tags}
    astray = [tag for tag in listing.other_tags if tag not in pointing]
    if astray and not (is_filtered or listing.left_out):
        screen.say(f"tags that point to none of these: {', '.join(astray)}")
