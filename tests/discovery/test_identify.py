"""What a manifest is: the order that decides, and the types that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.discovery.identify import Sort, identify, identify_entry, sort_of_type, sorts_of_entry
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Manifest, render
from tests.discovery.workflows import workflow

BLOB = Digest.of(b"blob")
IMAGE = "application/vnd.oci.image.config.v1+json"
DOCKER = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json"
DSSE, IN_TOTO = "application/vnd.dsse.envelope.v1+json", "application/vnd.in-toto+json"
SPDX = "text/spdx+json"
WORKFLOW = "application/vnd.pallet.workflow.v1+yaml"
HELM = "application/vnd.cncf.helm.config.v1+json"
ACME = "application/vnd.acme.thing"


def single(config: str, *layers: str, artifact_type: str | None = None) -> bytes:
    parts = tuple(Descriptor(layer, BLOB, 4) for layer in layers)
    return render(Manifest(Descriptor(config, BLOB, 4), parts, artifact_type))


@pytest.mark.parametrize(
    ("content", "sort", "by"),
    [
        pytest.param(render(Index((), WORKFLOW)), "index", media_types.OCI_INDEX, id="index-first"),
        pytest.param(
            render(Index((), media_type=media_types.DOCKER_LIST)), "index", media_types.DOCKER_LIST, id="list"
        ),
        pytest.param(single(IMAGE, COSIGN), "signature", COSIGN, id="signature-on-an-image-config"),
        pytest.param(single(IMAGE, COSIGN, LAYER), "image", IMAGE, id="one-layer-of-a-signature"),
        pytest.param(single(IMAGE, DSSE, DSSE), "attestation", DSSE, id="attestation-on-an-image-config"),
        pytest.param(single(IMAGE, IN_TOTO), "attestation", IN_TOTO, id="build-tool's-attestation"),
        pytest.param(single(IMAGE, SPDX), "sbom", SPDX, id="sbom-on-an-image-config"),
        pytest.param(single(IMAGE, SPDX, DSSE), "image", IMAGE, id="two-sorts-on-an-image-config"),
        pytest.param(single(IMAGE, HELM), "image", IMAGE, id="chart-on-an-image-config"),
        pytest.param(
            single(IMAGE, LAYER, artifact_type=ACME), "image", IMAGE, id="image-before-artifactType"
        ),
        pytest.param(single(IMAGE), "image", IMAGE, id="image-without-layers"),
        pytest.param(single(DOCKER, LAYER), "image", DOCKER, id="docker-image"),
        pytest.param(
            single(HELM, LAYER, artifact_type=ACME), "artifact", ACME, id="artifactType-before-config"
        ),
        pytest.param(single(HELM, LAYER), "helm-chart", HELM, id="config-before-layers"),
        pytest.param(single(ACME, WORKFLOW), "artifact", ACME, id="unknown-config-before-layers"),
        pytest.param(single(media_types.EMPTY, WORKFLOW), "workflow", WORKFLOW, id="then-the-layers"),
        pytest.param(single(media_types.EMPTY, LAYER), "artifact", LAYER, id="layer-makes-no-image"),
        pytest.param(single(media_types.EMPTY), "artifact", media_types.EMPTY, id="nobody-says"),
    ],
)
def test_order_decides(content: bytes, sort: str, by: str) -> None:
    identity = identify(content)

    assert (identity.sort.value, identity.type) == (sort, by)


@pytest.mark.parametrize(
    ("media_type", "sort"),
    [
        ("application/vnd.pallet.agent-card.v1+json", Sort.AGENT_CARD),
        ("application/vnd.pallet.config.v1+json", Sort.CONFIGURATION),
        ("application/vnd.pallet.schema.v1+json", Sort.SCHEMA),
        ("application/vnd.pallet.catalog.v1+json", Sort.CATALOG),
        ("application/vnd.cncf.helm.chart.config.v1+json", Sort.CHART),
        ("application/vnd.module.wasm.config.v1+json", Sort.WASM),
        ("application/vnd.module.wasm.content.layer.v1+wasm", Sort.WASM),
        ("application/vnd.wasm.config.v0+json", Sort.WASM),
        ("application/vnd.cyclonedx+json", Sort.SBOM),
        ("application/spdx+json", Sort.SBOM),
        ("application/vnd.dev.sigstore.bundle.v0.3+json", Sort.SIGNATURE),
        ("application/vnd.cncf.notary.signature", Sort.SIGNATURE),
        ("application/vnd.docker.attestation.manifest.v1+json", Sort.ATTESTATION),
        (ACME, None),
        ("application/vnd.pallet.workflow-like", None),
    ],
)
def test_types_are_known(media_type: str, sort: Sort | None) -> None:
    assert sort_of_type(media_type) is sort


@pytest.mark.parametrize("name", sorted(set(builtin_kinds()) - {"files"}))
def test_own_kinds_are_known(name: str) -> None:
    kind = builtin_kinds()[name]

    assert (
        identify(single(kind.config_media_type, kind.media_type, artifact_type=kind.artifact_type)).sort
        == name.partition("@")[0]
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (single(IMAGE), "container image"),
        (single(WORKFLOW), "workflow"),
        (single(ACME), f"artifact of type {ACME}"),
    ],
)
def test_people_read_words(content: bytes, words: str) -> None:
    assert str(identify(content)) == words


def test_entry_is_identified_by_its_types() -> None:
    entry = workflow()

    assert identify_entry(entry).sort is Sort.WORKFLOW
    assert identify_entry(replace(entry, artifact_type=IMAGE)).sort is Sort.IMAGE
    assert identify_entry(replace(entry, media_type=media_types.OCI_INDEX)).sort is Sort.INDEX


@pytest.mark.parametrize(
    ("media_type", "artifact_type", "sorts"),
    [
        (media_types.OCI_MANIFEST, IMAGE, {Sort.IMAGE}),
        (media_types.OCI_INDEX, media_types.OCI_INDEX, {Sort.INDEX, Sort.IMAGE}),
        (media_types.DOCKER_LIST, media_types.DOCKER_LIST, {Sort.INDEX, Sort.IMAGE}),
        (media_types.OCI_INDEX, WORKFLOW, {Sort.INDEX, Sort.WORKFLOW}),
        (media_types.OCI_INDEX, ACME, {Sort.INDEX, Sort.ARTIFACT}),
    ],
)
def test_index_is_found_as_what_it_lists(media_type: str, artifact_type: str, sorts: set[Sort]) -> None:
    entry = replace(workflow(), media_type=media_type, artifact_type=artifact_type)

    assert sorts_of_entry(entry) == sorts


def test_no_manifest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^not a manifest: expected JSON, got b'<html>'$"):
        identify(b"<html>")
