"""What a file is that nobody has named a kind for: of the kind that its top level says, whole or broken.

Decided here: words alone make no file one of a kind: a workflow of another program that speaks of steps and
metadata is none of ours, whatever else it holds. One that is broken is still what its top level says it is,
so that nobody publishes or passes over it in silence. Must never be added: what follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.desired.kinds.recognising import Recogniser, format_of
from reconciler.desired.reading.documents import Document, read_document
from reconciler.desired.reading.encodings import narrowed
from reconciler.errors import DocumentError
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from reconciler.desired.document_memory import DocumentMemory
    from reconciler.desired.kinds.kind import Kind


@dataclass(frozen=True, slots=True)
class Sighted:
    """A file of a kind."""

    kind: Kind
    """In no version yet: `kind.of` says which."""
    document: Document | None
    """What it says; None where it is broken, or is to be read again as its kind reads files."""


def sight(
    recogniser: Recogniser,
    path: str,
    content: bytes,
    digest: Digest | None = None,
    documents: DocumentMemory = NO_DOCUMENTS,
) -> Sighted | None:
    """Return what a file is; None for something that is of no kind.

    Args:
        recogniser: of all kinds that there are.
        path: what the file is called in problems, too.
        content: of the file, or its beginning where it is too large to be read.
        digest: of the content, where that is known.
        documents: what earlier runs have found out.
    """
    candidates = recogniser.candidates(path, narrowed(content))
    if not candidates:
        return None
    digest = digest or Digest.of(content)
    for kind in candidates:
        known = documents.recall(content, digest, file=path, kind=kind)
        if known is not None and recogniser.base_of(path, known.value) is kind:
            return Sighted(kind, known)
    return _look(recogniser, path, content, documents)


def _look(recogniser: Recogniser, path: str, content: bytes, documents: DocumentMemory) -> Sighted | None:
    written_as = format_of(path)
    try:
        document = read_document(content, file=path, suffix_format=written_as)
    except DocumentError:
        # Here: nothing of an ordinary project is broken, and YAML is read in few of its runs.
        from reconciler.desired.reading.sketches import sketch

        kind = recogniser.base_of(path, sketch(content, written_as))
        return None if kind is None else Sighted(kind, None)
    kind = recogniser.base_of(path, document.value)
    if kind is None:
        return None
    return Sighted(kind, documents.noted(document, kind) if kind.format is written_as else None)
