"""Manifests from files: the rules that every published digest follows.

The rules have a number, which the lock keeps. A locked version is rebuilt with the rules it was
locked with, so that a newer pallet never changes a published digest: whoever changes what this
module or `annotations` gives for the same files adds a number, and keeps the old ones.
Must never be added: a clock, a host name, a user, git's state, a file's time, a compressor.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING

from reconciler.desired.kinds.kind import ConfigForm
from reconciler.oci import manifest
from reconciler.oci.manifest import Descriptor, Manifest
from reconciler.oci.media_types import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.desired.kinds.kind import Kind
    from reconciler.oci.digest import Digest

RULES = 3
"""The newest rules; a new or changed version is built with these."""
RULES_OF_LITERALS = 3
"""Since these, a skill that an expression names is no annotation (docs/adr/0001)."""
RULES_OF_EMPTY_CONFIGS = 2
"""Since these, an empty config has no title, and the media type that its kind says (docs/adr/0001)."""

TITLE = "org.opencontainers.image.title"
VERSION = "org.opencontainers.image.version"
PROJECT = "org.pallet.project"
CREATED = "org.opencontainers.image.created"
WRITTEN_BY_PALLET = (TITLE, VERSION, PROJECT)
"""What pallet.toml cannot set: other tools, and prune, rely on them."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file as the manifest names it."""

    title: str
    digest: Digest
    size_bytes: int
    media_type: str

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, self.size_bytes, {TITLE: self.title})


def build_manifest(
    kind: Kind,
    config: Descriptor,
    layers: Sequence[Layer],
    annotations: Mapping[str, str],
    *,
    artifact_type: str | None = None,
    rules: int = RULES,
) -> bytes:
    """Return the manifest's bytes: the same for the same arguments, on every machine, at every time.

    Args:
        kind: decides the artifact type, and where annotations stand.
        config: what the config is, without annotations.
        layers: in the order in which they are to stand; a layer carries its title alone.
        annotations: of the artifact.
        artifact_type: instead of the kind's.
        rules: the number of the rules to build by.
    """
    if "config" in kind.annotate:
        is_empty = config.media_type == EMPTY or kind.config is ConfigForm.EMPTY
        own = _without_title(annotations) if is_empty and rules >= RULES_OF_EMPTY_CONFIGS else annotations
        config = Descriptor(config.media_type, config.digest, config.size_bytes, own)
    return manifest.render(
        Manifest(
            config=config,
            layers=tuple(layer.descriptor for layer in layers),
            artifact_type=artifact_type or kind.artifact_type,
            annotations=annotations if "manifest" in kind.annotate else {},
        )
    )


def _without_title(annotations: Mapping[str, str]) -> Mapping[str, str]:
    """Return what an empty config says: with a title, `oras pull` would take it for a file."""
    return {key: text for key, text in annotations.items() if key != TITLE}


def render_document(value: object) -> bytes:
    """Return a document as JSON, keys sorted: the config of kinds that publish it as such."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


_MEDIA_TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".tgz": "application/gzip",
    ".toml": "application/toml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
"""By suffix, where a kind leaves it to the file. A table of our own: the standard library's knows what
the machine's /etc/mime.types says, and the media type is part of the digest."""


def media_type_of(path: str, *, otherwise: str) -> str:
    """Return the media type that a file's suffix stands for."""
    name = basename(path)
    dot = name.rfind(".")
    return _MEDIA_TYPES.get(name[dot:].lower(), otherwise) if dot > 0 else otherwise
