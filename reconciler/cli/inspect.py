"""`pallet inspect`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

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
from reconciler.discovery.inspecting import inspect
from reconciler.errors import UsageError
from reconciler.oci.files import disk_failures, write_atomically
from reconciler.reports import documents
from reconciler.reports.inspected import inspection_document, render_inspection
from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from reconciler.cli.references import Located
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Tag


@click.command("inspect", short_help="Say what a reference is, and what belongs to it.")
@click.argument("reference")
@flag("--raw", is_flag=True, help="Print the manifest's bytes exactly as they are, and nothing else.")
@place_options
@reach_options
@output_options("text", "json")
def command(reference: str, place: Place, reach: Reach, output: Output, *, raw: bool) -> int:
    """Say what REFERENCE is: an image, a chart, a workflow, an index …; its digest, size and media types,
    platforms, layers with their titles, annotations, and what refers to it. No layer is downloaded.

    REFERENCE is [host/]repository:TAG, @DIGEST or @CONSTRAINT; a repository alone means its newest stable
    version.

    \b
    Examples:
      pallet inspect workflows/smart-router:2.0.0
      pallet inspect 'workflows/smart-router@^2' --format json
      pallet inspect docker.io/library/alpine:3.20 --raw
    """
    if raw and output.format == "json":
        raise UsageError("--raw: expected it or --format json, got both", fix="the manifest is JSON already")
    screen = Screen(output)
    with (
        stop_on_signals() as stop,
        open_reference(reference, place, reach, stop, screen) as located,
        absence_told(located),
    ):
        name = find_one(located)
        if raw:
            _print_raw(screen, located, name)
            return 0
        found = inspect(located.store, located.repository, name, proceed=asking(reach, screen, stop).proceed)
    for note in found.notes:
        screen.say(printable(note))
    if output.format == "json":
        screen.result(documents.render(inspection_document(found)))
    else:
        screen.result(render_inspection(found))
    return 0


def _print_raw(screen: Screen, located: Located, name: Tag | Digest) -> None:
    content = located.store.fetch_manifest(located.repository, name).content
    path = screen.output.output
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    with disk_failures(str(path), path.resolve().parent):
        write_atomically(path.resolve(), [content])
