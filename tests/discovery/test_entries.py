"""What a manifest's bytes say of an artifact."""

from __future__ import annotations

import pytest

from reconciler.desired.versions.version import Version
from reconciler.discovery.entries import read_entry, version_of
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_DESCRIPTOR, Descriptor, Index, Manifest, render
from reconciler.oci.reference import Repository, Tag

NAME, TAG = Repository("workflows/plan"), Tag("1.0.0")
WORKFLOW, CARD, YAML = "application/vnd.pallet.workflow.v1+yaml", "application/vnd.acme.card", "text/yaml"
IMAGE, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"
COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
BLOB = Digest.of(b"blob")


def describe(content: bytes, media_type: str = media_types.OCI_MANIFEST) -> Descriptor:
    return Descriptor(media_type, Digest.of(content), len(content))


@pytest.mark.parametrize(
    ("artifact_type", "config", "layer", "expected"),
    [
        pytest.param(WORKFLOW, CARD, YAML, WORKFLOW, id="artifactType-first"),
        pytest.param(None, CARD, YAML, CARD, id="then-the-config"),
        pytest.param(None, media_types.EMPTY, YAML, YAML, id="an-empty-config-says-nothing"),
        pytest.param(None, media_types.OCTET_STREAM, YAML, YAML, id="neither-does-an-untyped-one"),
        pytest.param("", CARD, YAML, CARD, id="an-empty-artifactType-says-nothing"),
        pytest.param(None, media_types.EMPTY, None, media_types.EMPTY, id="nobody-says"),
        pytest.param(media_types.EMPTY, CARD, YAML, CARD, id="an-artifactType-that-says-nothing"),
        pytest.param(None, IMAGE, LAYER, IMAGE, id="an-image"),
        pytest.param(CARD, IMAGE, LAYER, CARD, id="images-of-a-kind-of-their-own"),
        pytest.param(None, IMAGE, COSIGN, COSIGN, id="a-signature-is-no-image"),
        pytest.param("", IMAGE, COSIGN, COSIGN, id="nor-with-an-empty-artifactType"),
        pytest.param(None, IMAGE, DSSE, DSSE, id="neither-is-an-attestation"),
        pytest.param(None, IMAGE, "text/spdx", "text/spdx", id="nor-an-SBOM"),
    ],
)
def test_type_by_first_that_says(
    artifact_type: str | None, config: str, layer: str | None, expected: str
) -> None:
    layers = (Descriptor(layer, BLOB, 4),) if layer else ()
    content = render(Manifest(Descriptor(config, BLOB, 4), layers, artifact_type))

    assert read_entry(NAME, TAG, describe(content), content).artifact_type == expected


@pytest.mark.parametrize(("said", "expected"), [(None, media_types.OCI_INDEX), (WORKFLOW, WORKFLOW)])
def test_index_is_an_index(said: str | None, expected: str) -> None:
    content = render(Index((), said))

    entry = read_entry(NAME, TAG, describe(content, media_types.OCI_INDEX), content)

    assert (entry.artifact_type, entry.media_type) == (expected, media_types.OCI_INDEX)


def test_entry_holds_what_was_read() -> None:
    config = Descriptor(WORKFLOW, BLOB, 4, {"both": "config", "old": "yes"})
    content = render(Manifest(config, (config,), WORKFLOW, {"both": "manifest"}))

    entry = read_entry(NAME, TAG, describe(content), content)

    assert (entry.repository, entry.version, entry.tag) == (NAME, Version("1.0.0"), TAG)
    assert (entry.digest, entry.size_bytes) == (Digest.of(content), len(content))
    assert entry.annotations == {"both": "manifest", "old": "yes"}


def test_no_manifest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^not a manifest: expected JSON, got b'<html>'$"):
        read_entry(NAME, TAG, EMPTY_DESCRIPTOR, b"<html>")


@pytest.mark.parametrize(
    ("tag", "version"), [("1.0.0", "1.0.0"), ("v1.2.3", "1.2.3"), ("1.0.0_b1", "1.0.0+b1"), ("latest", None)]
)
def test_version_of_a_tag(tag: str, version: str | None) -> None:
    assert version_of(tag) == (Version(version) if version else None)
