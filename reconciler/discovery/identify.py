"""What a manifest is, by the media types in it. Pure.

Decided here: the order that decides. A list of manifests is an index, whatever else it says; an image's
config with nothing but layers of a signature, of an attestation or of an SBOM is that; an image's config is
an image; then `artifactType`, the config's media type and the layers' have their say, and the first of them
that says something decides: a sort that is known here, or an artifact of that type. Kinds of a project's own
are artifacts of their types.
Must never be added: a request, or a look into content.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reconciler.oci import media_types
from reconciler.oci.manifest import Manifest, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.discovery.entries import Entry
    from reconciler.oci.manifest import Index

SAYS_NOTHING: Final = frozenset({media_types.EMPTY, media_types.OCTET_STREAM})
"""Types of configs that are no type of the artifact."""
IMAGE_CONFIGS: Final = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)


class Sort(StrEnum):
    """What something published is."""

    IMAGE = "image"
    CHART = "helm-chart"
    WORKFLOW = "workflow"
    AGENT_CARD = "agent-card"
    CONFIGURATION = "config"
    SCHEMA = "schema"
    WASM = "wasm"
    SBOM = "sbom"
    SIGNATURE = "signature"
    ATTESTATION = "attestation"
    INDEX = "index"
    CATALOG = "catalog"
    ARTIFACT = "artifact"
    """Of a type that only its publisher knows."""

    @property
    def words(self) -> str:
        """As people say it."""
        return _WORDS[self]


_WORDS: Final = {
    Sort.IMAGE: "container image",
    Sort.CHART: "Helm chart",
    Sort.WORKFLOW: "workflow",
    Sort.AGENT_CARD: "agent card",
    Sort.CONFIGURATION: "configuration",
    Sort.SCHEMA: "schema",
    Sort.WASM: "WASM module",
    Sort.SBOM: "SBOM",
    Sort.SIGNATURE: "signature",
    Sort.ATTESTATION: "attestation",
    Sort.INDEX: "index",
    Sort.CATALOG: "catalog",
    Sort.ARTIFACT: "artifact",
}
_TYPES: Final = {
    **dict.fromkeys(IMAGE_CONFIGS, Sort.IMAGE),
    "application/vnd.cncf.helm.config.v1+json": Sort.CHART,
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip": Sort.CHART,
    # Seen in the wild, never written.
    "application/vnd.cncf.helm.chart.config.v1+json": Sort.CHART,
    "application/vnd.cyclonedx": Sort.SBOM,
    "application/vnd.cyclonedx+json": Sort.SBOM,
    "application/vnd.cyclonedx+xml": Sort.SBOM,
    "application/spdx+json": Sort.SBOM,
    "text/spdx": Sort.SBOM,
    "text/spdx+json": Sort.SBOM,
    "text/spdx+xml": Sort.SBOM,
    "application/vnd.syft+json": Sort.SBOM,
    "application/vnd.dev.cosign.simplesigning.v1+json": Sort.SIGNATURE,
    "application/vnd.dev.cosign.artifact.sig.v1+json": Sort.SIGNATURE,
    "application/vnd.dev.cosign.artifact.sbom.v1+json": Sort.SBOM,
    "application/vnd.cncf.notary.signature": Sort.SIGNATURE,
    "application/vnd.dsse.envelope.v1+json": Sort.ATTESTATION,
    "application/vnd.in-toto+json": Sort.ATTESTATION,
    "application/vnd.docker.attestation.manifest.v1+json": Sort.ATTESTATION,
    "application/wasm": Sort.WASM,
}
_FAMILIES: Final = (
    ("application/vnd.pallet.workflow.v", Sort.WORKFLOW),
    ("application/vnd.pallet.agent-card.v", Sort.AGENT_CARD),
    ("application/vnd.pallet.config.v", Sort.CONFIGURATION),
    ("application/vnd.pallet.schema.v", Sort.SCHEMA),
    ("application/vnd.pallet.catalog.v", Sort.CATALOG),
    ("application/vnd.dev.sigstore.bundle.", Sort.SIGNATURE),
    ("application/vnd.dev.sigstore.bundle+json", Sort.SIGNATURE),
    ("application/vnd.module.wasm.", Sort.WASM),
    ("application/vnd.wasm.", Sort.WASM),
)
"""Types whose version is part of them; spec: sigstore bundle 0.1 to 0.3, wasm-to-oci, CNCF TAG Runtime."""
_ON_IMAGE_CONFIGS: Final = frozenset({Sort.SIGNATURE, Sort.ATTESTATION, Sort.SBOM})
"""What cosign publishes as layers of an image that is none; spec: cosign 2.5, SIGNATURE_SPEC.md,
ATTESTATION_SPEC.md and SBOM_SPEC.md."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What something is."""

    sort: Sort
    type: str
    """The media type that said so."""

    def __str__(self) -> str:
        return f"artifact of type {self.type}" if self.sort is Sort.ARTIFACT else self.sort.words


def identify(content: bytes) -> Identity:
    """Return what a manifest is.

    Raises:
        ValueError: the bytes are no manifest.
    """
    return identify_manifest(parse(content))


def identify_manifest(manifest: Manifest | Index) -> Identity:
    """Return what a manifest or an index is."""
    if not isinstance(manifest, Manifest):
        return Identity(Sort.INDEX, manifest.media_type)
    layers = [layer.media_type for layer in manifest.layers]
    config = manifest.config.media_type
    if config in IMAGE_CONFIGS:
        sorts = {sort_of_type(layer) for layer in layers}
        sort = sorts.pop() if len(sorts) == 1 else None
        return Identity(sort, layers[0]) if sort in _ON_IMAGE_CONFIGS else Identity(Sort.IMAGE, config)
    return _by_types((manifest.artifact_type, config, *layers), otherwise=config)


def identify_entry(entry: Entry) -> Identity:
    """Return what an entry is, as far as its types tell."""
    if entry.media_type in media_types.INDEXES:
        return Identity(Sort.INDEX, entry.media_type)
    return _by_types((entry.artifact_type,), otherwise=entry.artifact_type)


def sorts_of_entry(entry: Entry) -> frozenset[Sort]:
    """Return everything that an entry is found as.

    An index is found as what it says it is too; one that says nothing is an image for several platforms in
    all probability, which is what indexes were made for.
    """
    sort = identify_entry(entry).sort
    if sort is not Sort.INDEX:
        return frozenset({sort})
    said = entry.artifact_type
    also = Sort.IMAGE if said in media_types.INDEXES else sort_of_type(said) or Sort.ARTIFACT
    return frozenset({sort, also})


def sort_of_type(media_type: str) -> Sort | None:
    """Return what a media type is the type of; None for one that nobody knows here."""
    found = _TYPES.get(media_type)
    if found is not None:
        return found
    return next((sort for prefix, sort in _FAMILIES if media_type.startswith(prefix)), None)


def _by_types(types: Iterable[str | None], *, otherwise: str) -> Identity:
    said = next((text for text in types if text and text not in SAYS_NOTHING), otherwise)
    return Identity(sort_of_type(said) or Sort.ARTIFACT, said)
