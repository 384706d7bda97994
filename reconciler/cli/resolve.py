"""`pallet resolve`."""

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
from reconciler.cli.references import asking, choose_constraint, open_manifests, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import UsageError
from reconciler.reports import documents
from reconciler.reports.versions import render_resolved, resolution_document


@click.command("resolve", short_help="Say which version a constraint means.")
@click.argument("repository")
@click.argument("constraint", required=False)
@flag("--all", "is_all", is_flag=True, help="Everything that satisfies, newest first.")
@flag("--prereleases", is_flag=True, help="Allow pre-releases, and releases that are not stable.")
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
    is_all: bool,
    prereleases: bool,
) -> int:
    """Print the highest published version that satisfies a constraint: VERSION TAG DIGEST.

    CONSTRAINT is an exact version, or ^1.2, ~1.2.3, '>=1.0 <2.0', 1.x, '1.0 - 2.0', '1.2.3 || 2.x', or
    latest, which is the newest stable version, whatever the floating tag of that name holds. Pre-releases
    satisfy only where the constraint names one of the same MAJOR.MINOR.PATCH.

    \b
    Examples:
      pallet resolve workflows/smart-router '^2'
      pallet resolve workflows/smart-router@latest --target production
      pallet resolve registry.example.com/acme/router '>=1.2 <3' --all --format json
    """
    screen = Screen(output)
    with (
        stop_on_signals() as stop,
        open_reference(repository, place, reach, stop, screen) as located,
        open_manifests(located) as manifests,
    ):
        asked = choose_constraint(located, constraint)
        if asked is None:
            raise UsageError(
                "constraint: expected such as ^1.2, got none", fix=f"pallet resolve {repository} latest"
            )
        with absence_told(located):
            releases = list_releases(located.store, located.repository)
        resolver = Resolver(releases, manifests)
        if is_all:
            found = resolver.resolve_all(asked, asking(reach, screen, stop), prereleases=prereleases)
        else:
            found = (resolver.resolve(asked, prereleases=prereleases),)
    if output.format == "json":
        document = resolution_document(releases.subject, asked, found, is_all=is_all)
        screen.result(documents.render(document))
    else:
        screen.result(render_resolved(found))
    return 0
