"""What discovery knows of one published version without reading its content, and of all of them.

Decided here: which of a manifest's fields say what it is. `artifactType` counts first, so that every kind is
found by its own type; where it says nothing, `identify` decides as it does everywhere. And whose it is: what
the catalog names, before the annotation, since images that were copied whole say nothing of a project.
Must never be added: a request, or what an annotation means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.build import PROJECT
from reconciler.desired.versions.version import Version
from reconciler.discovery.identify import SAYS_NOTHING, identify_manifest
from reconciler.discovery.statements import annotations_of
from reconciler.oci.manifest import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor, Index, Manifest
    from reconciler.oci.reference import Repository, Tag


@dataclass(frozen=True, slots=True)
class Entry:
    """One current descriptor: a tag, the manifest that it holds, and what that says of itself."""

    repository: Repository
    """Without the target's prefix."""
    version: Version | None
    """What the tag means; None for a tag that is no version."""
    tag: Tag
    digest: Digest
    size_bytes: int
    """Of the manifest."""
    media_type: str
    """Of the manifest: an index has another than a single artifact."""
    artifact_type: str
    annotations: Mapping[str, str]
    """The manifest's over those of its config descriptor."""
    floating_tags: tuple[Tag, ...] = ()
    """Tags that are no versions and hold the same digest, sorted, as far as they are known."""
    owner: str | None = None
    """The project that the catalog names for it, where its annotations name none."""

    @property
    def project(self) -> str | None:
        """The project that it belongs to; None where nobody says."""
        return self.annotations.get(PROJECT) if self.owner is None else self.owner


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that discovery may choose from, where it was learned, and when."""

    entries: tuple[Entry, ...]
    """Sorted by repository and tag, as text.

    A catalog names every version that it knows; otherwise there is one of each repository, its newest
    stable one, or the newest of all where none is stable.
    """
    source: str
    """Where the names come from: `catalog`, `registry`, `lock` or `list`."""
    as_of: datetime | None
    """When the oldest part of it was true, in UTC; None where nobody knows."""
    notes: tuple[str, ...]
    """What was skipped, and why."""


def read_entry(repository: Repository, tag: Tag, descriptor: Descriptor, content: bytes) -> Entry:
    """Return what a manifest's bytes say under a tag.

    Args:
        repository: where it stands.
        tag: what it stands under.
        descriptor: what the store says of the bytes; the digest is taken from it.
        content: the manifest, verified against the descriptor.

    Raises:
        ValueError: the bytes are no manifest; the text names the key that is wrong.
    """
    manifest = parse(content)
    return Entry(
        repository,
        version_of(tag),
        tag,
        descriptor.digest,
        len(content),
        manifest.media_type,
        type_of(manifest),
        annotations_of(manifest),
    )


def type_of(manifest: Manifest | Index) -> str:
    """Return what a manifest says it is: a type of artifacts; an index that says nothing is an index."""
    said = manifest.artifact_type
    return said if said and said not in SAYS_NOTHING else identify_manifest(manifest).type


def version_of(tag: str) -> Version | None:
    """Return the version that a tag stands for; None for a tag that is no version."""
    try:
        return Version.of_tag(tag)
    except ValueError:
        return None
