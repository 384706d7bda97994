"""What `pull` did, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.oci.pulling.pull import Change
from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.discovery.taking import Brought
    from reconciler.oci.pulling.pull import PulledFile, PullResult


def render_pulled(pulled: PullResult, folder: Path) -> str:
    """Return a line with the path of each file or folder."""
    return "".join(f"{folder.joinpath(*file.item.parts)}\n" for file in pulled.files)


def narrate_pull(pulled: PullResult) -> Iterator[str]:
    """Yield what people read beside the result."""
    written = [file for file in pulled.files if file.change is Change.WRITTEN]
    size_bytes = sum(file.item.layer.size_bytes for file in written)
    same = len(pulled.files) - len(written)
    there = f", {same} there already" if same else ""
    yield f"{pulled.reference}: {len(written)} written ({format_size(size_bytes)}){there}"
    if pulled.chosen_from is not None:
        yield f"  chosen from the index {pulled.chosen_from}"
    for layer in pulled.nameless:
        yield f"  left out: {layer.digest} ({layer.media_type}): it has no title; --by-digest names it"


def pulled_document(pulled: PullResult, folder: Path) -> Document:
    """Return the document of `pull`."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "pull",
        "reference": pulled.reference,
        "digest": pulled.descriptor.digest,
        "media_type": pulled.descriptor.media_type,
        "chosen_from": pulled.chosen_from,
        "folder": str(folder),
        "files": [_file(file) for file in pulled.files],
        "left_out": [
            {"digest": layer.digest, "size": layer.size_bytes, "media_type": layer.media_type}
            for layer in pulled.nameless
        ],
        "exit_code": 0,
        "problems": [],
    }


def together_document(brought: Sequence[Brought], folder: Path) -> Document:
    """Return the document of `pull --with-deps`: that of one artifact, and everything in `artifacts`."""
    root = brought[0].result
    assert root is not None, "what failed has a document of its own"
    return {
        **pulled_document(root, folder / brought[0].taken.repository),
        "artifacts": [_artifact(item, folder) for item in brought],
    }


def _artifact(brought: Brought, folder: Path) -> Document:
    taken, result = brought.taken, brought.result
    assert result is not None
    return {
        "repository": taken.repository,
        "version": taken.version,
        "digest": taken.digest,
        "size": taken.size_bytes,
        "required_by": list(taken.required_by),
        "folder": str(folder / taken.repository),
        "files": [_file(file) for file in result.files],
    }


def _file(file: PulledFile) -> Document:
    layer = file.item.layer
    return {
        "path": file.item.path,
        "digest": layer.digest,
        "size": layer.size_bytes,
        "media_type": layer.media_type,
        "change": file.change.value,
        "unpacked": file.files if file.item.is_archive else None,
    }
