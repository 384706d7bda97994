"""What a catalog holds, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a text of a publisher that reaches a terminal with control characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import NOTHING_SAID, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.discovery.catalog_document import CatalogDocument, Item
    from reconciler.discovery.entries import Entry
    from reconciler.oci.digest import Digest

_HEADER = ("repository", "tag", "tags", "type", "project", "digest")


def render_catalogued(document: CatalogDocument, *, whole_digests: bool) -> str:
    """Return a table, a line for each entry that can be read."""
    rows = [_row(item, item.entry, whole_digests=whole_digests) for item in document.items if item.entry]
    if not rows:
        return "nothing is listed\n"
    widths = [max(map(len, column)) for column in zip(_HEADER, *rows, strict=True)]
    lines = (
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        for row in (_HEADER, *rows)
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def catalog_document(
    document: CatalogDocument,
    reference: str,
    digest: Digest | None,
    *,
    written: bool | None,
    notes: Sequence[str],
    exit_code: int,
) -> Document:
    """Return the document of `catalog`.

    Args:
        document: what the catalog holds.
        reference: where it stands.
        digest: of its manifest; None where there is none.
        written: whether it was written; None where that was not asked for.
        notes: what could not be read for it.
        exit_code: of the command.
    """
    flawed = (f"an entry cannot be read: {item.problem}" for item in document.items if item.problem)
    return {
        "format_version": FORMAT_VERSION,
        "command": "catalog",
        "reference": reference,
        "digest": digest,
        "entries": [_entry(item, item.entry) for item in document.items if item.entry is not None],
        "written": written,
        "notes": [*notes, *flawed],
        "exit_code": exit_code,
        "problems": [],
    }


def _row(item: Item, entry: Entry, *, whole_digests: bool) -> tuple[str, ...]:
    return (
        entry.repository,
        entry.tag,
        ",".join(entry.floating_tags) or NOTHING_SAID,
        printable(entry.artifact_type),
        printable(item.owner or NOTHING_SAID),
        entry.digest if whole_digests else entry.digest.short,
    )


def _entry(item: Item, entry: Entry) -> Document:
    return {
        "repository": entry.repository,
        "version": entry.version.text if entry.version is not None else None,
        "tag": entry.tag,
        "tags": list(entry.floating_tags),
        "digest": entry.digest,
        "size": entry.size_bytes,
        "media_type": entry.media_type,
        "artifact_type": entry.artifact_type,
        "project": item.owner,
        "annotations": dict(sorted(entry.annotations.items())),
    }
