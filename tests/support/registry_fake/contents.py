"""What a registry holds, in memory.

Must never be added: HTTP.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


@dataclass(slots=True)
class Upload:
    """A blob that is on its way."""

    content: bytearray = field(default_factory=bytearray)
    chunks: list[int] = field(default_factory=list)
    """The sizes of the PATCHes."""


@dataclass(slots=True)
class Held:
    """What one repository holds."""

    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """By digest: content and media type."""
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    sessions: dict[str, Upload] = field(default_factory=dict)

    def find(self, reference: str) -> str | None:
        """The digest of a manifest that is there, by tag or digest."""
        digest = reference if ":" in reference else self.tags.get(reference)
        return digest if digest in self.manifests else None

    def referring_to(self, subject: str) -> list[dict[str, Any]]:
        """Descriptors of the manifests with this subject, as the referrers API lists them."""
        found = []
        for digest, (content, media_type) in self.manifests.items():
            document = document_of(content)
            if (document.get("subject") or {}).get("digest") == subject:
                found.append(_descriptor(digest, content, media_type, document))
        return found


def document_of(content: bytes) -> dict[str, Any]:
    """A manifest's JSON object; empty where it is none."""
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def blobs_of(content: bytes) -> set[str]:
    """The digests of config and layers."""
    document = document_of(content)
    described = [document.get("config"), *(document.get("layers") or [])]
    return {entry["digest"] for entry in described if entry}


def children_of(content: bytes) -> set[str]:
    """The digests of an index's manifests."""
    return {entry["digest"] for entry in document_of(content).get("manifests") or []}


def _descriptor(digest: str, content: bytes, media_type: str, document: dict[str, Any]) -> dict[str, Any]:
    """Spec: distribution-spec v1.1.1, "Listing Referrers"."""
    descriptor: dict[str, Any] = {"mediaType": media_type, "digest": digest, "size": len(content)}
    artifact_type = document.get("artifactType") or (document.get("config") or {}).get("mediaType")
    if artifact_type:
        descriptor["artifactType"] = artifact_type
    if document.get("annotations"):
        descriptor["annotations"] = document["annotations"]
    return descriptor
