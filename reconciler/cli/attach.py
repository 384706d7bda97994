"""`pallet attach`."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from reconciler.cli.push import find_config_here
from reconciler.cli.push_words import check_artifact_type, read_annotations
from reconciler.cli.references import open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.cli.subjects import find_subject, require_subject
from reconciler.desired.references import read_reference
from reconciler.desired.single_attachment import AttachWish, read_wish
from reconciler.reports.attached import attached_document, narrate_attach, render_attached
from reconciler.sync.attach import attach

if TYPE_CHECKING:
    from reconciler.oci.manifest import Descriptor


@click.command("attach", short_help="Attach files, such as an SBOM, to something published.")
@click.argument("reference")
@click.argument("files", nargs=-1, metavar="FILE[:MEDIA-TYPE]...")
@flag("--artifact-type", metavar="TYPE", help="What it is; CycloneDX and SPDX documents say so themselves.")
@flag("--kind", metavar="NAME", help="A kind whose artifact type and media type it takes.")
@flag(
    "--annotation",
    "annotations",
    multiple=True,
    metavar="KEY=VALUE",
    help="Say this of the attachment; may be given again.",
)
@place_options
@reach_options
@output_options("text", "json")
def command(
    reference: str,
    files: tuple[str, ...],
    place: Place,
    reach: Reach,
    output: Output,
    *,
    artifact_type: str | None,
    kind: str | None,
    annotations: tuple[str, ...],
) -> int:
    """Publish files as one artifact that refers to REFERENCE, and print its reference and digest.

    REFERENCE is [host/]repository:TAG, @DIGEST or @CONSTRAINT; what it means now is what the files are
    attached to, for good. No tag names them: they are found by `pallet referrers`, and by other tools. Where
    a registry has no referrers API, the list under its fallback tag is kept up to date. The same files give
    the same digest, and attaching them twice changes nothing. Without a file, annotations alone are attached.

    \b
    Examples:
      pallet attach workflows/smart-router:2.0.0 sbom.cdx.json
      pallet attach example.com/acme/router@^2 report.xml:application/xml --artifact-type test/results
      pallet attach workflows/smart-router:2.0.0 guide.md --artifact-type application/vnd.acme.guide.v1
    """
    screen = Screen(output)
    check_artifact_type(artifact_type)
    require_subject(read_reference(reference))
    wish = AttachWish(files, artifact_type, kind, read_annotations(annotations))
    read = read_wish(wish, place.directory, find_config_here(place))
    with stop_on_signals() as stop, open_reference(reference, place, reach, stop, screen) as located:
        subject: Descriptor = find_subject(located)
        attached = attach(located.store, located.repository, subject, read.build(subject))
    screen.say(narrate_attach(attached))
    screen.answer(attached_document(attached), render_attached(attached))
    return 0
