"""One file read once: its digest and size, and, where its kind says so, what it means.

Decided here: what is held in memory (a document that is understood) and what is streamed (anything
else). Must never be added: what becomes of it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, Document, read_document
from reconciler.errors import DocumentError, Problem
from reconciler.oci.blob import CHUNK_BYTES, Blob
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.desired.finding.files import FoundFile
    from reconciler.desired.kinds.kind import Kind


@dataclass(frozen=True, slots=True)
class Source:
    """A file: what it is, and what it says."""

    path: str
    title: str
    digest: Digest
    size_bytes: int
    document: Document | None
    """None where the kind does not look into its files."""


def read_source(root: Path, found: FoundFile, kind: Kind) -> Source:
    """Read a file of the project.

    Raises:
        DocumentError: it cannot be read, or is not what its kind expects.
    """
    path = root / found.path
    try:
        if kind.format is None:
            digest, size_bytes = _hash_file(path)
            return Source(found.path, found.title, digest, size_bytes, None)
        content = _read_bounded(path, found.path)
    except OSError as exc:
        raise DocumentError(
            [Problem("unreadable", f"cannot be read: {exc.strerror}", file=found.path)]
        ) from exc
    document = read_document(content, file=found.path, suffix_format=kind.format)
    return Source(found.path, found.title, Digest.of(content), len(content), document)


def blob_of(root: Path, source: Source) -> Blob:
    """Return the file as something that can be pushed."""
    return Blob.of_file(root / source.path, source.digest, source.size_bytes)


def _hash_file(path: Path) -> tuple[Digest, int]:
    hasher, size_bytes = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            hasher.update(chunk)
            size_bytes += len(chunk)
    return Digest(f"sha256:{hasher.hexdigest()}"), size_bytes


def _read_bounded(path: Path, name: str) -> bytes:
    with path.open("rb") as file:
        # Not the limit itself, which would be allocated first: that takes longer than reading a small file.
        size_bytes = os.fstat(file.fileno()).st_size
        content = file.read(min(size_bytes, DOCUMENT_MAX_BYTES) + 1)
    if len(content) > DOCUMENT_MAX_BYTES:
        message = (
            f"document too large: expected at most {DOCUMENT_MAX_BYTES} bytes, got {path.stat().st_size}"
        )
        raise DocumentError(
            [
                Problem(
                    "too-large",
                    message,
                    file=name,
                    fix='publish it with kind = "files", which is not looked into',
                )
            ]
        )
    return content
