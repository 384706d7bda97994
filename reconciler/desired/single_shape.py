"""What the command line says of a manifest beyond its files and kind: types, annotations, a config.

Decided here: how `push` is told the same as `oras push` is told. Where nothing is said, the manifest stays
the one that `sync` gives. Must never be added: another way to read files.

Spec: image-spec v1.1.1, manifest.md, "Guidelines for Artifact Usage"; oras 1.2, `oras push --help`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.build import TITLE
from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.folder_layer import MEDIA_TYPE as FOLDER_TYPE
from reconciler.desired.folder_layer import folder_annotations
from reconciler.desired.single_files import check_files
from reconciler.desired.sources import hash_file
from reconciler.errors import UsageError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, parse, render
from reconciler.oci.media_types import EMPTY, MANIFEST_MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.desired.single import Wish
    from reconciler.desired.sources import Source
    from reconciler.desired.wanted import Wanted

UNKNOWN_CONFIG = "application/vnd.unknown.config.v1+json"
"""What oras calls a config of which nobody says what it is."""


class ImageSpec(StrEnum):
    """The version of image-spec that readers of a manifest know."""

    V1_0 = "v1.0"
    """No artifactType: the config's media type says what it is."""
    V1_1 = "v1.1"


@dataclass(frozen=True, slots=True)
class OwnConfig:
    """A config in the place of the kind's."""

    blob: Blob
    media_type: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that is said; layers go by their titles."""

    artifact_type: str | None = None
    media_types: Mapping[str, str] = field(default_factory=dict)
    layer_annotations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the manifest alone; what is said by `--annotation` stands wherever the kind has annotations."""
    config_annotations: Mapping[str, str] = field(default_factory=dict)
    config: OwnConfig | None = None
    image_spec: ImageSpec | None = None

    @property
    def says_nothing(self) -> bool:
        return replace(self, artifact_type=None) == Shape()


def shape_of(wish: Wish, directory: Path, titles: Mapping[Path, str]) -> Shape:
    """Return what a command line says of the manifest.

    Args:
        wish: the command line.
        directory: where relative paths start.
        titles: of the files, by absolute path.

    Raises:
        DocumentError: the config cannot be read.
    """

    def title(name: str | Path) -> str:
        return titles.get(Path(os.path.normpath(directory.absolute() / name)), str(name))

    said = dict(wish.said)
    own = None
    if wish.config is not None:
        path = check_files([wish.config], directory)[0]
        digest, size_bytes, origin = hash_file(path, str(wish.config), NO_MEMORY)
        own = OwnConfig(Blob.of_file(path, digest, size_bytes, origin), wish.config_type or UNKNOWN_CONFIG)
    return Shape(
        artifact_type=wish.artifact_type,
        annotations=said.pop("$manifest", {}),
        config_annotations=said.pop("$config", {}),
        media_types={title(path): media_type for path, media_type in wish.media_types.items()},
        layer_annotations={title(name): texts for name, texts in said.items()},
        config=own,
        image_spec=wish.image_spec,
    )


def with_folders(shape: Shape, sources: Sequence[Source]) -> Shape:
    """Return a shape that tells readers which layers are folders, to be unpacked."""
    folders = {source.title: source.unpacked for source in sources if source.unpacked is not None}
    said = {title: folder_annotations(digest) for title, digest in folders.items()}
    return replace(
        shape,
        media_types={**dict.fromkeys(folders, FOLDER_TYPE), **shape.media_types},
        layer_annotations={
            title: {**said.get(title, {}), **shape.layer_annotations.get(title, {})}
            for title in {**said, **shape.layer_annotations}
        },
    )


def reshape(wanted: Wanted, shape: Shape) -> Wanted:
    """Return an artifact with all that is said of its manifest.

    Raises:
        UsageError: something of it cannot be, or is said of a layer that is not there.
    """
    if shape.says_nothing:
        return wanted
    manifest = parse(wanted.manifest)
    assert isinstance(manifest, Manifest)
    titles = {layer.annotations.get(TITLE, "") for layer in manifest.layers}
    unknown = sorted(({*shape.media_types, *shape.layer_annotations}) - titles)
    if unknown:
        raise UsageError(f"annotations: expected one of the files, got {', '.join(unknown)}")
    if shape.config is not None:
        manifest, wanted = _with_config(manifest, wanted, shape.config, shape)
    if shape.image_spec is ImageSpec.V1_0:
        manifest = _as_v1_0(manifest, shape)
    config = replace(manifest.config, annotations={**manifest.config.annotations, **shape.config_annotations})
    layers = tuple(_reshape_layer(layer, shape) for layer in manifest.layers)
    annotations = {**manifest.annotations, **shape.annotations}
    content = render(replace(manifest, config=config, layers=layers, annotations=annotations))
    if len(content) > MANIFEST_MAX_BYTES:
        raise UsageError(f"manifest: expected at most {MANIFEST_MAX_BYTES} bytes, got {len(content)}")
    return replace(wanted, manifest=content, digest=Digest.of(content), annotations=annotations)


def _reshape_layer(layer: Descriptor, shape: Shape) -> Descriptor:
    title = layer.annotations.get(TITLE, "")
    said = shape.layer_annotations.get(title, {})
    return replace(
        layer,
        media_type=shape.media_types.get(title, layer.media_type),
        annotations={**layer.annotations, **said},
    )


def _with_config(manifest: Manifest, wanted: Wanted, own: OwnConfig, shape: Shape) -> tuple[Manifest, Wanted]:
    """Return both with another config; what it is says the config, unless somebody says it."""
    # Without a title: `oras pull` writes whatever has one to a file of that name.
    said = {key: text for key, text in manifest.config.annotations.items() if key != TITLE}
    config = Descriptor(own.media_type, own.blob.digest, own.blob.size_bytes, said)
    layers = {layer.digest for layer in manifest.layers}
    kept = tuple(blob for blob in wanted.blobs if blob.digest in layers and blob.digest != config.digest)
    return (
        replace(manifest, config=config, artifact_type=shape.artifact_type),
        replace(wanted, blobs=(own.blob, *kept)),
    )


def _as_v1_0(manifest: Manifest, shape: Shape) -> Manifest:
    if shape.config is not None:
        if shape.artifact_type is not None:
            raise UsageError(
                "--artifact-type: expected none with --config and --image-spec v1.0, got "
                f"{shape.artifact_type}",
                fix="write it behind the config: --config FILE:TYPE",
            )
        return replace(manifest, artifact_type=None)
    if manifest.config.media_type != EMPTY:
        return replace(manifest, artifact_type=None)
    assert manifest.artifact_type is not None
    config = replace(manifest.config, media_type=manifest.artifact_type)
    return replace(manifest, config=config, artifact_type=None)


def leave_out(wanted: Wanted, keys: Sequence[str]) -> Wanted:
    """Return the artifact without annotations that would say what nobody knows."""
    if not keys:
        return wanted
    manifest = parse(wanted.manifest)
    assert isinstance(manifest, Manifest)
    config = replace(manifest.config, annotations=_without(manifest.config.annotations, keys))
    content = render(replace(manifest, config=config, annotations=_without(manifest.annotations, keys)))
    return replace(
        wanted,
        manifest=content,
        digest=Digest.of(content),
        annotations=_without(wanted.annotations, keys),
    )


def _without(annotations: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: text for key, text in annotations.items() if key not in keys}
