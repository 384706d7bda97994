"""Which layers of an artifact become which files. Pure.

Decided here: a layer with a title becomes a file of that name, one that says so a folder; one without has no
name, but for what is known to give it one. Conventions: ORAS, "Packing and pulling directories"; Helm 3's
layout of charts. Must never be added: a look at the disk or at a store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.errors import RefusedError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.pulling.titles import Parts, find_collisions, read_title

if TYPE_CHECKING:
    from reconciler.oci.manifest import Descriptor, Manifest

TITLE: Final = "org.opencontainers.image.title"
VERSION: Final = "org.opencontainers.image.version"
UNPACK: Final = "io.deis.oras.content.unpack"
UNPACKED_DIGEST: Final = "io.deis.oras.content.digest"
_HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_HELM_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
IMAGE_CONFIGS: Final = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_EXTENSIONS = (
    (re.compile(r"[.+]tar\+gzip|\.tar\.gzip|application/gzip"), ".tar.gz"),
    (re.compile(r"[.+]tar\+zstd"), ".tar.zst"),
    (re.compile(r"[./+]x?-?tar"), ".tar"),
    (re.compile(r"[/+]json|\.json"), ".json"),
    (re.compile(r"[/+](?:x-)?yaml"), ".yaml"),
    (re.compile(r"[/+]toml"), ".toml"),
    (re.compile(r"[/+]xml"), ".xml"),
    (re.compile(r"text/markdown|[/+]markdown"), ".md"),
    (re.compile(r"text/|\+text"), ".txt"),
    (re.compile(r"application/pdf"), ".pdf"),
    (re.compile(r"application/wasm|[.+]wasm"), ".wasm"),
    (re.compile(r"[/+]zip"), ".zip"),
)
"""The first that stands in a media type; an extension helps people, and decides nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A layer, and where it goes below the output folder."""

    layer: Descriptor
    parts: Parts
    """Empty for the output folder itself, which only what is unpacked may be."""
    is_archive: bool = False
    """Whether a folder is to be made of it."""
    unpacked: Digest | None = None
    """Digest of its tar before it was packed."""

    @property
    def path(self) -> str:
        return "/".join(self.parts) or "."


@dataclass(frozen=True, slots=True)
class Naming:
    """How layers get their names."""

    by_digest: bool = False
    """Whether those without a title are named by their digest."""
    include_config: bool = False
    """Whether the config becomes a file too."""
    unpack: bool = True


def name_layers(
    manifest: Manifest, naming: Naming, *, subject: str, folds: bool = False
) -> tuple[list[Item], list[Descriptor]]:
    """Return what becomes a file, in order, and the layers that nobody named.

    Args:
        subject: what to blame in an error.
        folds: whether the file system takes names that differ by case only for one.

    Raises:
        RefusedError: titles lead out, collide, or cannot be files; all of them are named.
    """
    items: list[Item] = []
    nameless: list[Descriptor] = []
    problems: list[str] = []
    for layer in manifest.layers:
        try:
            item = _name(layer, manifest, naming)
        except ValueError as exc:
            problems.append(f"title: {exc}")
            continue
        if item is not None:
            items.append(item)
        elif layer.media_type != media_types.EMPTY:
            nameless.append(layer)
    if naming.include_config and all(layer.digest != manifest.config.digest for layer in manifest.layers):
        items.append(_name_config(manifest.config))
    # The very same layer twice gives one file.
    items = list({(item.parts, item.layer.digest): item for item in items}.values())
    problems.extend(find_collisions([item.parts for item in items if item.parts], folds=folds))
    if problems:
        raise RefusedError(
            f"{subject}: cannot become files: " + "; ".join(problems),
            fix="--by-digest names every file by its digest instead"
            if any(problem.startswith("title: ") for problem in problems)
            else "publish it again, with a title of its own for each file",
        )
    return items, nameless


def extension_of(media_type: str) -> str:
    """Return what a file of a media type is usually called, with its dot; nothing where nobody knows."""
    return next((extension for pattern, extension in _EXTENSIONS if pattern.search(media_type.lower())), "")


def _name(layer: Descriptor, manifest: Manifest, naming: Naming) -> Item | None:
    title = layer.annotations.get(TITLE) or _chart_title(layer, manifest)
    if title is None:
        return _by_digest(layer) if naming.by_digest else None
    is_archive = naming.unpack and layer.annotations.get(UNPACK, "").lower() == "true"
    try:
        parts = read_title(title)
        if not parts and not is_archive:
            raise ValueError(f"expected the name of a file, got {title!r}")
    except ValueError:
        if naming.by_digest:
            return _by_digest(layer)
        raise
    return Item(layer, parts, is_archive, _unpacked_digest(layer) if is_archive else None)


def _by_digest(layer: Descriptor) -> Item:
    return Item(layer, (f"{layer.digest.algorithm}-{layer.digest.encoded}{extension_of(layer.media_type)}",))


def _name_config(config: Descriptor) -> Item:
    title = config.annotations.get(TITLE)
    return (
        Item(config, read_title(title))
        if title
        else Item(config, (f"config{extension_of(config.media_type)}",))
    )


def _chart_title(layer: Descriptor, manifest: Manifest) -> str | None:
    """Helm titles no layers; it calls the file by the chart's name and version."""
    if manifest.config.media_type != _HELM_CONFIG or layer.media_type != _HELM_CHART:
        return None
    name, version = manifest.annotations.get(TITLE), manifest.annotations.get(VERSION)
    return f"{name}-{version}.tgz" if name and version else None


def _unpacked_digest(layer: Descriptor) -> Digest | None:
    text = layer.annotations.get(UNPACKED_DIGEST)
    if text is None:
        return None
    try:
        return Digest(text)
    except ValueError as exc:
        raise ValueError(f"{UNPACKED_DIGEST}: {exc}") from exc
