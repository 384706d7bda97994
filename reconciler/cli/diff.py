"""`pallet diff`."""

from __future__ import annotations

from contextlib import ExitStack
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
from reconciler.cli.projects import load
from reconciler.cli.references import open_manifests, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.discovery.roots import find_root
from reconciler.errors import UsageError
from reconciler.reports import documents
from reconciler.reports.comparison import comparison_document, render_comparison
from reconciler.sync.comparing import Comparison, StoreSide, TreeSide, compare
from reconciler.sync.exit_codes import DONE, PENDING

if TYPE_CHECKING:
    from reconciler.cli.references import Located
    from reconciler.desired.wanted import Wanted
    from reconciler.discovery.entries import Entry
    from reconciler.sync.stop import Stop


@click.command("diff", short_help="Show how two versions differ, or files and registry.")
@click.argument("reference")
@click.argument("other", required=False)
@flag("--detailed-exitcode", is_flag=True, help="Exit with 2 where they differ.")
@place_options
@reach_options
@output_options("text", "json")
def command(
    reference: str,
    other: str | None,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    detailed_exitcode: bool,
) -> int:
    """Show how two published versions differ: manifests, and what is in their files. YAML and JSON by fields,
    other text by lines, archives by members. OTHER may be just a tag, digest or constraint of the same
    repository, such as :1.1.0 or '@^2'.

    With one reference, from what is published to the files of pallet.toml: under the version that these give,
    unless a tag, a digest or a constraint says otherwise; where that is not published yet, the newest.

    \b
    Examples:
      pallet diff workflows/smart-router:1.0.0 :1.1.0
      pallet diff workflows/smart-router
      pallet diff registry.example.com/acme/tool@^1 oci-layout:build/tool:1.2.0 --format json
    """
    screen = Screen(output)
    with stop_on_signals() as stop, ExitStack() as stack:
        if other is None:
            comparison = _compare_with_tree(stack, reference, place, reach, stop, screen)
        else:
            whole = f"{_repository_of(reference)}{other}" if other[:1] in (":", "@") else other
            sides = []
            for text in (reference, whole):
                located = stack.enter_context(open_reference(text, place, reach, stop, screen))
                entry = _find(located)
                sides.append((_side(located, entry), entry.digest))
            (before, one), (after, two) = sides
            comparison = compare(before, after, (one, two))
    code = PENDING if detailed_exitcode and not comparison.is_same else DONE
    if output.format == "json":
        screen.result(documents.render(comparison_document(comparison, exit_code=code)))
    else:
        screen.result(render_comparison(comparison, color=screen.color))
        if comparison.is_same:
            screen.say(f"{comparison.before} and {comparison.after} are the same: {comparison.digests[0]}")
    return code


def _compare_with_tree(
    stack: ExitStack, reference: str, place: Place, reach: Reach, stop: Stop, screen: Screen
) -> Comparison:
    located = stack.enter_context(open_reference(reference, place, reach, stop, screen))
    project = load(place, screen, locked=True)
    candidates = sorted(
        (item for item in project.wanted if item.name == located.repository), key=lambda item: item.version
    )
    if not candidates:
        raise UsageError(
            f"{located.repository}: expected a repository of {project.config.path.name}, got another one",
            fix="name what to compare it with behind it, such as :1.0.0 for another version",
        )
    wanted = candidates[-1]
    entry = _find(located, wanted)
    after = TreeSide(f"{', '.join(file.path for file in wanted.files)} ({wanted.version})", wanted)
    return compare(_side(located, entry), after, (entry.digest, wanted.digest))


def _find(located: Located, wanted: Wanted | None = None) -> Entry:
    """Return what a reference names; of a repository alone the wanted version, else the newest one."""
    named = located.digest or located.tag or located.constraint
    with absence_told(located), open_manifests(located) as manifests:
        if named is None and wanted is not None:
            published = located.store.list_tags(located.repository)
            named = wanted.tag if wanted.tag in published else None
        return find_root(located.store, manifests, located.repository, named)


def _side(located: Located, entry: Entry) -> StoreSide:
    named = located.digest or entry.tag
    return StoreSide(located.store.name(located.repository, named), located.store, located.repository)


def _repository_of(reference: str) -> str:
    """Return a reference without tag, digest and constraint."""
    head, slash, last = reference.rpartition("/")
    return head + slash + last.partition("@")[0].partition(":")[0]
