"""`pallet referrers`."""

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
from reconciler.cli.references import asking, find_one, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.discovery.referring import list_referring
from reconciler.reports import documents
from reconciler.reports.attached import (
    narrate_referring,
    referring_document,
    render_referring,
    render_tree,
)


@click.command("referrers", short_help="List what refers to something published.")
@click.argument("reference")
@flag("--artifact-type", metavar="TYPE", help="Only those of this type.")
@flag("--recursive", is_flag=True, help="What refers to those as well, such as the signature of an SBOM.")
@place_options
@reach_options
@output_options("text", "json", "tree")
def command(
    reference: str,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    artifact_type: str | None,
    recursive: bool,
) -> int:
    """List what refers to REFERENCE: SBOMs, signatures, test results, whatever was attached to it.

    REFERENCE is [host/]repository:TAG, @DIGEST or @CONSTRAINT; a repository alone means its newest stable
    version. The registry's referrers API is asked, and
    where it has none, the list under the fallback tag; stderr and the JSON say which of them answered. What
    cosign keeps under tags of its own (sha256-….sig, .att, .sbom) is looked for as well.

    \b
    Examples:
      pallet referrers workflows/smart-router:2.0.0
      pallet referrers workflows/smart-router@latest --artifact-type application/vnd.cyclonedx+json
      pallet referrers registry.example.com/acme/router:1.0.0 --recursive --format tree
    """
    screen = Screen(output)
    with stop_on_signals() as stop, open_reference(reference, place, reach, stop, screen) as located:
        with absence_told(located):
            subject = located.store.head_manifest(located.repository, find_one(located))
        referring = list_referring(
            located.store,
            located.repository,
            subject,
            artifact_type=artifact_type,
            recursive=recursive,
            proceed=asking(reach, screen, stop).proceed,
        )
    for line in narrate_referring(referring):
        screen.say(line)
    match output.format:
        case "json":
            screen.result(documents.render(referring_document(referring)))
        case "tree":
            screen.result(render_tree(referring))
        case _:
            screen.result(render_referring(referring))
    return 0
