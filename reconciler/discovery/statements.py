"""What the publisher says of a release, in its manifest's annotations.

Decided here: which annotations are read, and what their texts mean. Those of the manifest and of its
config descriptor count alike, and the manifest's win where both say something: pallet writes both,
others one. Must never be added: a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.wanted import STABLE
from reconciler.oci.manifest import Manifest, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.versions.version import Version
    from reconciler.oci.manifest import Index

CREATED = "org.opencontainers.image.created"
NOTES = "org.pallet.release.notes"
BREAKING = "org.pallet.workflow.breaking-change"

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one release; None where nobody says."""

    is_stable: bool
    """Never for a pre-release; otherwise unless the publisher says that it is not."""
    created: str | None = None
    """As it was written: RFC 3339 in all probability, since the specification asks for it."""
    is_breaking: bool | None = None
    notes: str | None = None


def read_annotations(content: bytes) -> Mapping[str, str]:
    """Return what a manifest or index says of itself.

    Raises:
        ValueError: the bytes are no manifest.
    """
    return annotations_of(parse(content))


def annotations_of(manifest: Manifest | Index) -> Mapping[str, str]:
    """Return what a manifest or index says of itself, its config descriptor included."""
    of_config = manifest.config.annotations if isinstance(manifest, Manifest) else {}
    return {**of_config, **manifest.annotations}


def read_statement(version: Version, annotations: Mapping[str, str]) -> Statement:
    """Return what annotations say of a version."""
    return Statement(
        is_stable=not version.is_prerelease and says_stable(annotations),
        created=annotations.get(CREATED, "").strip() or None,
        is_breaking=truth_of(annotations.get(BREAKING)),
        notes=annotations.get(NOTES, "").strip() or None,
    )


def says_stable(annotations: Mapping[str, str]) -> bool:
    """Say whether the publisher does not say that it is unstable."""
    return truth_of(annotations.get(STABLE)) is not False


def truth_of(text: str | None) -> bool | None:
    """Return what a text such as `true` or `no` means; None where it means neither, or nobody says."""
    return None if text is None else _WORDS.get(text.strip().lower())
