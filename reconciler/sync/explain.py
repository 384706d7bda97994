"""One artifact looked at closely: the three digests, and what differs between them.

Decided here: what is fetched to explain. Must never be added: a write, or another verdict than the
plan's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, read_document
from reconciler.errors import InvalidError, PalletError
from reconciler.oci import manifest
from reconciler.oci.manifest import Manifest
from reconciler.sync.actions import ArtifactPlan, seen_digest
from reconciler.sync.differences import Change, compare_documents, compare_files, compare_manifests

if TYPE_CHECKING:
    from reconciler.desired.project import Project
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.store import Store


@dataclass(frozen=True, slots=True)
class Explanation:
    """A plan for one artifact, with what differs."""

    plan: ArtifactPlan
    from_seen: tuple[Change, ...] = ()
    """From what the registry holds to what is wanted."""
    from_locked: tuple[Change, ...] = ()
    """From what the lock says to what is wanted, as far as the lock tells: files."""
    note: str | None = None
    """Why something could not be compared."""


def explain(plan: ArtifactPlan, project: Project, store: Store) -> Explanation:
    """Return what differs between wanted, locked and seen; what cannot be fetched is said, not raised."""
    locked = project.lock.entries.get(plan.key)
    from_locked = tuple(compare_files(locked.files, plan.wanted.files)) if locked else ()
    digest = seen_digest(plan.seen)
    if digest is None or digest == plan.wanted.digest:
        return Explanation(plan, from_locked=from_locked)
    try:
        return Explanation(plan, tuple(_compare_seen(digest, plan.wanted, project, store)), from_locked)
    except (PalletError, ValueError) as exc:
        note = f"what the registry holds cannot be compared: {exc}"
        return Explanation(plan, from_locked=from_locked, note=note)


def _compare_seen(digest: Digest, wanted: Wanted, project: Project, store: Store) -> list[Change]:
    if wanted.known_by is not None:
        raise ValueError("its build output is not in this clone")
    seen = manifest.parse(store.fetch_manifest(wanted.name, digest).content)
    ours = manifest.parse(wanted.manifest)
    if not isinstance(seen, Manifest) or not isinstance(ours, Manifest):
        raise ValueError("expected a manifest, got an index")
    return [*_compare_content(seen, wanted, project, store), *compare_manifests(seen, ours)]


def _compare_content(seen: Manifest, wanted: Wanted, project: Project, store: Store) -> list[Change]:
    """Compare the document of an artifact of one file, field by field."""
    kind = project.config.kinds[wanted.kind]
    if kind.format is None or len(seen.layers) != 1 or len(wanted.files) != 1:
        return []
    layer, file = seen.layers[0], wanted.files[0]
    if layer.digest == file.digest or layer.size_bytes > DOCUMENT_MAX_BYTES:
        return []

    def read(content: bytes, name: str) -> Document:
        assert kind.format is not None
        return read_document(content, file=name, suffix_format=kind.format)

    try:
        before = read(b"".join(store.fetch_blob(wanted.name, layer)), "registry")
        after = read((project.config.root / file.path).read_bytes(), file.path)
    except (InvalidError, OSError):
        return []
    changes = compare_documents(before.value, after.value)
    return changes or [Change("field", "layout only", "comments, order or white space", None)]
