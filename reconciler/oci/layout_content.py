"""What a layout accepts as a manifest: as much as the reference registry does.

Must never be added: what an artifact means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.oci.layout_folders import blob_path
from reconciler.oci.manifest import Descriptor, Index, Manifest, parse
from reconciler.oci.media_types import MANIFEST_MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_ELSEWHERE = (
    "application/vnd.oci.image.layer.nondistributable.",
    "application/vnd.docker.image.rootfs.foreign.",
)
"""Layers that are fetched from their own URLs and need not be pushed (image-spec v1.1.1, layer.md)."""


def check_manifest(content: bytes, media_type: str, *, subject: str) -> Manifest | Index:
    """Read a manifest that is about to be stored under `media_type`.

    Raises:
        StoreError: it is too large, no manifest, or one of another type.
    """
    if len(content) > MANIFEST_MAX_BYTES:
        raise StoreError(
            f"{subject}: manifest too large: expected at most {MANIFEST_MAX_BYTES} bytes, got {len(content)}"
        )
    try:
        manifest = parse(content)
    except ValueError as exc:
        raise StoreError(f"{subject}: manifest refused: {exc}") from exc
    if manifest.media_type != media_type:
        raise StoreError(
            f"{subject}: manifest refused: expected media type {media_type}, got {manifest.media_type}"
        )
    return manifest


def check_complete(folder: Path, manifest: Manifest | Index, *, subject: str) -> None:
    """Refuse a manifest of which the repository lacks a part, as the reference registry does.

    Raises:
        StoreError: names every blob that is missing or of another size.
        OSError: the disk could not tell.
    """
    problems = [problem for part in _parts(manifest) if (problem := _problem(folder, part)) is not None]
    if problems:
        raise StoreError(
            f"{subject}: manifest refused: expected its blobs in the repository first, got "
            + "; ".join(problems),
            fix="push the blobs, then the manifest",
        )


def _parts(manifest: Manifest | Index) -> tuple[Descriptor, ...]:
    if isinstance(manifest, Index):
        return manifest.manifests
    return tuple(blob for blob in manifest.blobs if not blob.media_type.startswith(_ELSEWHERE))


def _problem(folder: Path, part: Descriptor) -> str | None:
    try:
        got_bytes = blob_path(folder, part.digest).stat().st_size
    except FileNotFoundError:
        return f"no {part.digest}"
    if got_bytes != part.size_bytes:
        return f"{got_bytes} instead of {part.size_bytes} bytes of {part.digest}"
    return None
