"""What `delete` did, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.oci.reference import Tag
from reconciler.reports.documents import FORMAT_VERSION, Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sync.removal import Removal, Removed


def announce(removal: Removal) -> str:
    """Return what is about to go, as the question is put."""
    if isinstance(removal.named, Tag):
        return f"{removal.reference}: delete this tag, which names {removal.descriptor.digest}?"
    more = f"; {removal.referrers} refer to it" if removal.referrers else ""
    return f"{removal.reference}: delete this manifest{more}?"


def render_removed(removed: Removed) -> str:
    """Return one line `REFERENCE DIGEST`."""
    return f"{removed.removal.reference} {removed.removal.descriptor.digest}\n"


def narrate_removal(removed: Removed) -> Iterator[str]:
    """Yield what people read beside the result."""
    removal = removed.removal
    if isinstance(removal.named, Tag) and not removed.by_digest:
        yield f"{removal.reference}: deleted; what it named stays until the registry collects it"
    elif isinstance(removal.named, Tag):
        yield f"{removal.reference}: deleted by its digest, since this registry deletes no tags"
    else:
        yield f"{removal.reference}: deleted; its blobs stay until the registry collects them"
    if removal.referrers:
        yield f"  {removal.referrers} manifests still refer to it: `pallet referrers` lists them"


def removed_document(removed: Removed) -> Document:
    """Return the document of `delete`."""
    removal = removed.removal
    return {
        "format_version": FORMAT_VERSION,
        "command": "delete",
        "reference": removal.reference,
        "tag": removal.named if isinstance(removal.named, Tag) else None,
        "digest": removal.descriptor.digest,
        "by_digest": removed.by_digest,
        "exit_code": 0,
        "problems": [],
    }
