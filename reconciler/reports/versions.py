"""Versions that were published, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1. Must never be
added: a request, or a text of a publisher that reaches a terminal unprinted control characters included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import NOTHING_SAID, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.desired.versions.constraints import Constraint
    from reconciler.discovery.listing import Listing, Published
    from reconciler.discovery.resolving import Resolved

_COLUMNS = ("tag", "digest", "created", "stable", "breaking", "floating tags", "notes")
_ANSWERS = {True: "yes", False: "no", None: NOTHING_SAID}


def render_resolved(resolved: Sequence[Resolved]) -> str:
    """Return one line `VERSION TAG DIGEST` for each."""
    return "".join(f"{item.version} {item.tag} {item.digest}\n" for item in resolved)


def resolution_document(
    subject: str, constraint: Constraint, resolved: Sequence[Resolved], *, is_all: bool
) -> Document:
    """Return the document of `resolve`: the highest version, and with --all every one in `all`."""
    document: Document = {
        "format_version": FORMAT_VERSION,
        "command": "resolve",
        "repository": subject,
        "constraint": constraint.text,
        **_resolved(resolved[0]),
        "exit_code": 0,
        "problems": [],
    }
    if is_all:
        document["all"] = [_resolved(item) for item in resolved]
    return document


def listing_document(listing: Listing) -> Document:
    """Return the document of `tags`."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "tags",
        "repository": listing.subject,
        "versions": [_published(item, listing.subject) for item in listing.versions],
        "other_tags": [{"tag": tag, "digest": digest} for tag, digest in listing.other_tags.items()],
        "left_out": listing.left_out,
        "notes": list(listing.notes),
        "exit_code": 0,
        "problems": [],
    }


def render_listing(listing: Listing, *, width: int | None, color: bool, whole_digests: bool = False) -> str:
    """Return a table, newest first, and below it the floating tags that point to none of its rows."""
    # Here, not above: JSON needs no table, and rich takes longer to import than a small answer.
    from rich.table import Table
    from rich.text import Text

    from reconciler.reports.tables import print_to_text

    if not listing.versions:
        return ""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for name in _COLUMNS:
        table.add_column(name, no_wrap=name != "notes", overflow="fold")
    for item in listing.versions:
        table.add_row(*(Text(cell) for cell in _cells(item, whole_digests=whole_digests)))
    return print_to_text(table, width=width, color=color)


def _cells(item: Published, *, whole_digests: bool) -> tuple[str, ...]:
    said = item.said
    return (
        item.tag,
        item.digest if whole_digests else item.digest.short,
        one_line(said.created),
        _ANSWERS[said.is_stable],
        _ANSWERS[said.is_breaking],
        ", ".join(item.floating_tags) or NOTHING_SAID,
        one_line(said.notes),
    )


def _resolved(item: Resolved) -> Document:
    return {
        "version": item.version.text,
        "tag": item.tag,
        "digest": item.digest,
        "reference": item.reference,
    }


def _published(item: Published, subject: str) -> Document:
    said = item.said
    return {
        "version": item.version.text,
        "tag": item.tag,
        "digest": item.digest,
        "reference": f"{subject}:{item.tag}",
        "created": said.created,
        "stable": said.is_stable,
        "breaking": said.is_breaking,
        "notes": said.notes,
        "floating_tags": list(item.floating_tags),
    }
