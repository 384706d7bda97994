"""One file read once: its digest and size, and, where its kind says so, what it means.

Decided here: what is held in memory (a document that is understood) and what is streamed (anything
else). Must never be added: what becomes of it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.digest_memory import NO_MEMORY, FileState, remembered
from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.packed import is_packed, read_described
from reconciler.desired.reading.documents import (
    DOCUMENT_MAX_BYTES,
    Document,
    UnsoundError,
    read_document,
    require_size,
)
from reconciler.errors import DocumentError, Problem
from reconciler.oci.blob import CHUNK_BYTES, Blob
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.document_memory import DocumentMemory
    from reconciler.desired.finding.files import FoundFile
    from reconciler.desired.kinds.kind import Kind
    from reconciler.oci.blob import Origin


@dataclass(frozen=True, slots=True)
class Source:
    """A file: what it is, and what it says."""

    path: str
    title: str
    digest: Digest
    size_bytes: int
    document: Document | None
    """None where the kind does not look into its files."""
    origin: Origin | None = field(default=None, compare=False)
    """Whose word the digest is, where the bytes were not read in this run."""
    content: Blob | None = field(default=None, compare=False)
    """What is published instead of the file's own bytes: a folder, packed."""
    unpacked: Digest | None = None
    """Of the tar archive in `content`."""
    is_packed: bool = False
    """Whether it is a folder that somebody else packed, and the document stands in it."""
    beside: tuple[BesideFile, ...] = ()
    """Files beside it that are published with it."""

    def edition(self, kind: Kind) -> Kind:
        """Return the version of a kind that this file is."""
        return kind if self.document is None else kind.of(self.document.value)


@dataclass(frozen=True, slots=True)
class BesideFile:
    """A file that belongs to a packed folder, such as its provenance."""

    path: str
    suffix: str
    digest: Digest
    size_bytes: int
    media_type: str


def read_source(
    root: Path,
    found: FoundFile,
    kind: Kind,
    memory: DigestMemory = NO_MEMORY,
    documents: DocumentMemory = NO_DOCUMENTS,
) -> Source:
    """Read a file of the project; nothing of a large one that is not looked into and is remembered.

    Raises:
        DocumentError: it cannot be read, or is not what its kind expects.
    """
    try:
        if kind.format is None:
            path = root / found.path
            digest, size_bytes, origin = hash_file(path, found.path, memory)
            return Source(found.path, found.title, digest, size_bytes, None, origin)
        if kind.described_by is not None and is_packed(found.path):
            return _read_packed(root, found, kind, kind.described_by, memory)
        content = _read_bounded(os.path.join(root, found.path), found.path)  # noqa: PTH118 (see below)
    except OSError as exc:
        raise DocumentError(
            [Problem("unreadable", f"cannot be read: {exc.strerror}", file=found.path)]
        ) from exc
    digest = Digest.of(content)
    try:
        document = documents.read(content, digest, file=found.path, kind=kind)
    except UnsoundError as exc:
        raise DocumentError(_all_problems(exc, kind)) from exc
    return Source(found.path, found.title, digest, len(content), document)


def _all_problems(unsound: UnsoundError, kind: Kind) -> list[Problem]:
    """Return why a file is refused, and what its kind says of the rest, in the order of its lines."""
    document = unsound.document
    problems = [*unsound.problems, *check_document(document, kind.of(document.value))]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def blob_of(root: Path, source: Source) -> Blob:
    """Return the file as something that can be pushed."""
    if source.content is not None:
        return source.content
    path = source.path  # the source itself would keep its document alive for as long as the blob
    return Blob(source.digest, source.size_bytes, lambda: (root / path).open("rb"), source.origin)


def _read_packed(root: Path, found: FoundFile, kind: Kind, described_by: str, memory: DigestMemory) -> Source:
    assert kind.format is not None
    path = root / found.path
    content = read_described(path, found.path, described_by)
    document = read_document(content, file=f"{found.path}/{described_by}", suffix_format=kind.format)
    digest, size_bytes, origin = hash_file(path, found.path, memory)
    beside = tuple(_read_beside(root, found.path, kind))
    return Source(
        found.path, found.title, digest, size_bytes, document, origin, is_packed=True, beside=beside
    )


def _read_beside(root: Path, path: str, kind: Kind) -> Iterator[BesideFile]:
    for suffix, media_type in kind.beside:
        if (root / f"{path}{suffix}").is_file():
            digest, size_bytes, _ = hash_file(root / f"{path}{suffix}", path, NO_MEMORY)
            yield BesideFile(f"{path}{suffix}", suffix, digest, size_bytes, media_type)


def hash_file(path: Path, shown: str, memory: DigestMemory) -> tuple[Digest, int, Origin | None]:
    """Return digest and size of a file, and whose word that is; nothing is read where it is remembered.

    Raises:
        OSError: it cannot be read.
    """
    state = FileState.of(path.stat())
    facts = memory.recall(path, state)
    if facts is not None and "digest" in facts:
        return Digest(facts["digest"]), state.size_bytes, remembered(path, shown, memory)
    hasher, size_bytes = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        state = FileState.of(os.fstat(file.fileno()))
        while chunk := file.read(CHUNK_BYTES):
            hasher.update(chunk)
            size_bytes += len(chunk)
        after = FileState.of(os.fstat(file.fileno()))
    digest = Digest(f"sha256:{hasher.hexdigest()}")
    if after == state and size_bytes == state.size_bytes:
        memory.remember(path, state, {"digest": digest})
    return digest, size_bytes, None


def _read_bounded(path: str, name: str) -> bytes:
    # Neither pathlib nor a file object: for ten thousand small files they take longer than the reading.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size_bytes = os.fstat(descriptor).st_size
        # Not the limit itself, which would be allocated first.
        content = os.read(descriptor, min(size_bytes, DOCUMENT_MAX_BYTES) + 1)
        # It may return early, for instance on a network disk, or where the file grows.
        while len(content) <= DOCUMENT_MAX_BYTES and len(content) != size_bytes:
            more = os.read(descriptor, DOCUMENT_MAX_BYTES + 1 - len(content))
            if not more:
                break
            content += more
    finally:
        os.close(descriptor)
    if len(content) > DOCUMENT_MAX_BYTES:
        require_size(max(size_bytes, len(content)), file=name)
    return content
