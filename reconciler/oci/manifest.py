"""Manifests and indexes as values: text in, values out, and the one way to write them.

Spec: image-spec v1.1.1, manifest.md, image-index.md, descriptor.md. The bytes that `render`
returns are hashed and sent as they are; the order of keys is part of every published digest
and must never change. Must never be added: what an artifact means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.oci import media_types
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping

EMPTY_CONTENT = b"{}"


class SchemaOneError(ValueError):
    """A manifest of Docker's schema 1, which nobody writes any more."""

    fix = "pull it and push it again with a current tool; registries stop serving this schema"


@dataclass(frozen=True, slots=True)
class Platform:
    """What a manifest of an index runs on."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What some bytes are: type, digest, size; and what is said about them."""

    media_type: str
    digest: Digest
    size_bytes: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str | None = None
    platform: Platform | None = None


EMPTY_DESCRIPTOR = Descriptor(media_types.EMPTY, Digest.of(EMPTY_CONTENT), len(EMPTY_CONTENT))


@dataclass(frozen=True, slots=True)
class Manifest:
    """One artifact: its config, its layers, and what is said about it."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    media_type: str = media_types.OCI_MANIFEST

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Config and layers, each digest once, in order."""
        return tuple({blob.digest: blob for blob in (self.config, *self.layers)}.values())


@dataclass(frozen=True, slots=True)
class Index:
    """A list of manifests, for instance one for each platform."""

    manifests: tuple[Descriptor, ...]
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    media_type: str = media_types.OCI_INDEX


def render(manifest: Manifest | Index) -> bytes:
    """Return the manifest's bytes: compact JSON, keys in a fixed order, annotations sorted."""
    document: dict[str, object] = {"schemaVersion": 2, "mediaType": manifest.media_type}
    if manifest.artifact_type is not None:
        document["artifactType"] = manifest.artifact_type
    if isinstance(manifest, Manifest):
        document["config"] = describe(manifest.config)
        document["layers"] = [describe(layer) for layer in manifest.layers]
    else:
        document["manifests"] = [describe(child) for child in manifest.manifests]
    if manifest.subject is not None:
        document["subject"] = describe(manifest.subject)
    if manifest.annotations:
        document["annotations"] = dict(sorted(manifest.annotations.items()))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def describe(descriptor: Descriptor) -> dict[str, object]:
    """Return a descriptor as it stands in JSON, annotations sorted."""
    document: dict[str, object] = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size_bytes,
    }
    if descriptor.annotations:
        document["annotations"] = dict(sorted(descriptor.annotations.items()))
    if descriptor.artifact_type is not None:
        document["artifactType"] = descriptor.artifact_type
    if descriptor.platform is not None:
        document["platform"] = _describe_platform(descriptor.platform)
    return document


def _describe_platform(platform: Platform) -> dict[str, object]:
    document: dict[str, object] = {"architecture": platform.architecture, "os": platform.os}
    if platform.os_version is not None:
        document["os.version"] = platform.os_version
    if platform.os_features:
        document["os.features"] = list(platform.os_features)
    if platform.variant is not None:
        document["variant"] = platform.variant
    return document


def parse(content: bytes) -> Manifest | Index:
    """Read a manifest or an index, of OCI or of Docker.

    Raises:
        SchemaOneError: they are one of Docker's schema 1.
        ValueError: the bytes are no manifest; the message names the key that is wrong.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"not a manifest: expected JSON, got {content[:40]!r}") from exc
    top = _table(document, "the document")
    media_type = top.get("mediaType")
    if media_type in media_types.INDEXES or (media_type is None and "manifests" in top):
        return _parse_index(top, media_type or media_types.OCI_INDEX)
    if media_type in media_types.MANIFESTS or (media_type is None and "layers" in top):
        return _parse_manifest(top, media_type or media_types.OCI_MANIFEST)
    if top.get("schemaVersion") == 1 and "fsLayers" in top:
        raise SchemaOneError(
            "Docker's schema 1, pushed by a docker older than 1.10: expected schema 2 or OCI"
        )
    raise ValueError(f"not a manifest: expected mediaType of a manifest or an index, got {media_type!r}")


def _parse_manifest(top: Mapping[str, Any], media_type: str) -> Manifest:
    return Manifest(
        config=_parse_descriptor(top.get("config"), "config"),
        layers=_parse_descriptors(top.get("layers"), "layers"),
        artifact_type=_optional_text(top.get("artifactType"), "artifactType"),
        annotations=_parse_annotations(top.get("annotations"), "annotations"),
        subject=_parse_subject(top),
        media_type=media_type,
    )


def _parse_index(top: Mapping[str, Any], media_type: str) -> Index:
    return Index(
        manifests=_parse_descriptors(top.get("manifests"), "manifests"),
        artifact_type=_optional_text(top.get("artifactType"), "artifactType"),
        annotations=_parse_annotations(top.get("annotations"), "annotations"),
        subject=_parse_subject(top),
        media_type=media_type,
    )


def _parse_subject(top: Mapping[str, Any]) -> Descriptor | None:
    subject = top.get("subject")
    return None if subject is None else _parse_descriptor(subject, "subject")


def _parse_descriptors(value: object, where: str) -> tuple[Descriptor, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list, got {type(value).__name__}")
    return tuple(_parse_descriptor(item, f"{where}[{index}]") for index, item in enumerate(value))


def parse_descriptor(value: object, where: str) -> Descriptor:
    """Read one descriptor; `where` stands in front of what is wrong with it.

    Raises:
        ValueError: it is none, or its digest cannot be verified.
    """
    return _parse_descriptor(value, where)


def _parse_descriptor(value: object, where: str) -> Descriptor:
    table = _table(value, where)
    size = table.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(f"{where}.size: expected a number of bytes, got {size!r}")
    digest = table.get("digest")
    if not isinstance(digest, str):
        raise ValueError(f"{where}.digest: expected a digest, got {digest!r}")
    return Descriptor(
        media_type=_optional_text(table.get("mediaType"), f"{where}.mediaType") or media_types.OCTET_STREAM,
        digest=Digest(digest),
        size_bytes=size,
        annotations=_parse_annotations(table.get("annotations"), f"{where}.annotations"),
        artifact_type=_optional_text(table.get("artifactType"), f"{where}.artifactType"),
        platform=_parse_platform(table.get("platform"), f"{where}.platform"),
    )


def _parse_platform(value: object, where: str) -> Platform | None:
    """Read a platform; other tools write empty ones, and leave out what they do not know."""
    if value is None:
        return None
    table = _table(value, where)
    features = table.get("os.features") or []
    if not isinstance(features, list) or not all(isinstance(item, str) for item in features):
        raise ValueError(f"{where}.os.features: expected a list of texts, got {features!r}")
    return Platform(
        os=_optional_text(table.get("os"), f"{where}.os") or "",
        architecture=_optional_text(table.get("architecture"), f"{where}.architecture") or "",
        variant=_optional_text(table.get("variant"), f"{where}.variant"),
        os_version=_optional_text(table.get("os.version"), f"{where}.os.version"),
        os_features=tuple(features),
    )


def _parse_annotations(value: object, where: str) -> Mapping[str, str]:
    if value is None:
        return {}
    table = _table(value, where)
    for key, text in table.items():
        if not isinstance(text, str):
            raise ValueError(f"{where}.{key}: expected text, got {type(text).__name__}")
    return dict(table)


def _optional_text(value: object, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{where}: expected text, got {type(value).__name__}")
    return value


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object, got {type(value).__name__}")
    return value
