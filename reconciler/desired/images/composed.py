"""An image from a config and layer files: the config completed or checked, and the manifest's parts.

Decided here: what a config must say. `rootfs.diff_ids` is computed where it is not there, which gives the
config new bytes; where it is there, it is checked and the bytes are published as they are.
Must never be added: anything that the config and the layers do not say, such as a time or a platform.

Spec: image-spec v1.1.1, config.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.desired.build import render_document
from reconciler.desired.images.layers import LayerFile, read_layer
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, Format, read_document
from reconciler.errors import DocumentError, Problem
from reconciler.oci.blob import Blob
from reconciler.oci.files import read_bounded
from reconciler.oci.manifest import Descriptor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.desired.digest_memory import DigestMemory

CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"


@dataclass(frozen=True, slots=True)
class ComposedImage:
    """Config and layers, in order, with their bytes."""

    config: Blob
    layers: tuple[LayerFile, ...]

    @property
    def described_layers(self) -> tuple[Descriptor, ...]:
        return tuple(
            Descriptor(layer.media_type, layer.blob.digest, layer.blob.size_bytes) for layer in self.layers
        )


def compose_image(root: Path, config: str, layers: Sequence[str], memory: DigestMemory) -> ComposedImage:
    """Read a config and its layers.

    Args:
        root: where the paths start.
        config: path of the config.
        layers: paths of the layers, the lowest first.
        memory: what is known of large layers.

    Raises:
        DocumentError: something of it cannot be published; holds every problem.
    """
    problems: list[Problem] = []
    found = []
    for layer in layers:
        try:
            found.append(read_layer(root / layer, layer, memory))
        except OSError as exc:
            problems.append(Problem("unreadable", f"cannot be read: {exc.strerror or exc}", file=layer))
        except ValueError as exc:
            problems.append(Problem("not-a-layer", str(exc), file=layer))
    try:
        content, document = _read_config(root / config, config)
        problems.extend(_check_config(document, config))
    except DocumentError as exc:
        raise DocumentError([*problems, *exc.problems]) from exc
    if problems:
        raise DocumentError(problems)
    blob = _complete(content, document, config, found, layers)
    return ComposedImage(blob, tuple(found))


def _read_config(path: Path, shown: str) -> tuple[bytes, dict[str, Any]]:
    try:
        content = read_bounded(path, max_bytes=DOCUMENT_MAX_BYTES)
    except OSError as exc:
        message = f"cannot be read: {exc.strerror or exc}"
        raise DocumentError([Problem("unreadable", message, file=shown)]) from exc
    value = read_document(content, file=shown, suffix_format=Format.JSON).value
    if not isinstance(value, dict):
        raise DocumentError([Problem("not-a-config", "expected an object, got something else", file=shown)])
    return content, value


def _check_config(document: dict[str, Any], shown: str) -> list[Problem]:
    """Return what is missing of what every runtime reads."""
    problems = [
        Problem("not-a-config", f"expected text, got {document.get(key)!r}", shown, path=key, fix=fix)
        for key, fix in (("architecture", 'such as "amd64"'), ("os", 'such as "linux"'))
        if not isinstance(document.get(key), str) or not document[key]
    ]
    rootfs = document.get("rootfs")
    if rootfs is not None and (not isinstance(rootfs, dict) or rootfs.get("type", "layers") != "layers"):
        problems.append(
            Problem("not-a-config", 'expected a table with type = "layers"', file=shown, path="rootfs")
        )
    return problems


def _complete(
    content: bytes,
    document: dict[str, Any],
    shown: str,
    layers: Sequence[LayerFile],
    names: Sequence[str],
) -> Blob:
    """Return the config to be published: as it is where it names its layers, else with their names."""
    rootfs = document.get("rootfs") or {}
    said = rootfs.get("diff_ids")
    if said is not None:
        problems = [*_compare(said, layers, names, shown), *_check_history(document, len(layers), shown)]
        if problems:
            raise DocumentError(problems)
        return Blob.of_bytes(content)
    unknown = [name for name, layer in zip(names, layers, strict=True) if layer.diff_id is None]
    problems = [
        Problem(
            "unknown-diff-id",
            "rootfs.diff_ids: cannot be computed for a layer compressed with zstd",
            file=name,
            fix=f"write the digests of the unpacked layers into {shown}, or compress with gzip",
        )
        for name in unknown
    ] + _check_history(document, len(layers), shown)
    if problems:
        raise DocumentError(problems)
    rootfs = {**rootfs, "type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    return Blob.of_bytes(render_document({**document, "rootfs": rootfs}))


def _compare(said: object, layers: Sequence[LayerFile], names: Sequence[str], shown: str) -> list[Problem]:
    if not isinstance(said, list) or len(said) != len(layers):
        got = len(said) if isinstance(said, list) else repr(said)
        message = f"expected one for each of {len(layers)} layers, got {got}"
        return [Problem("wrong-diff-id", message, file=shown, path="rootfs.diff_ids")]
    return [
        Problem(
            "wrong-diff-id",
            f"expected {layer.diff_id}, which {name} is when unpacked, got {text}",
            file=shown,
            path=f"rootfs.diff_ids[{index}]",
            fix="write the layers in the order of the config, the lowest first; or leave rootfs out",
        )
        for index, (text, layer, name) in enumerate(zip(said, layers, names, strict=True))
        if layer.diff_id is not None and text != layer.diff_id
    ]


def _check_history(document: dict[str, Any], count: int, shown: str) -> list[Problem]:
    """Refuse a history that other tools would not match with the layers."""
    history = document.get("history")
    if not isinstance(history, list) or not history:
        return []
    filled = sum(not (isinstance(step, dict) and step.get("empty_layer")) for step in history)
    if filled == count:
        return []
    message = f"expected {count} steps with a layer, as many as there are layers, got {filled}"
    return [Problem("wrong-history", message, file=shown, path="history")]
