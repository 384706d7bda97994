"""What a publisher's annotations mean."""

from __future__ import annotations

import pytest

from reconciler.desired.versions.version import Version
from reconciler.discovery.statements import Statement, read_annotations, read_statement
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from tests.discovery.published import manifest_of

STABLE, BREAKING = "org.pallet.release.stable", "org.pallet.workflow.breaking-change"


def test_manifest_wins_over_its_config() -> None:
    content = manifest_of({"both": "manifest"}, on_config={"both": "config", "config": "only"})

    assert read_annotations(content) == {"both": "manifest", "config": "only"}


def test_index_speaks_for_itself() -> None:
    content = (
        b'{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"%s","size":1,'
        b'"annotations":{"a":"child"}}],"annotations":{"a":"index"}}'
        % (media_types.OCI_INDEX.encode(), media_types.OCI_MANIFEST.encode(), Digest.of(b"").encode())
    )

    assert read_annotations(content) == {"a": "index"}


@pytest.mark.parametrize(
    ("version", "annotations", "stable"),
    [
        ("1.0.0", {}, True),
        ("1.0.0", {STABLE: "true"}, True),
        ("1.0.0", {STABLE: "false"}, False),
        ("1.0.0", {STABLE: " False "}, False),
        ("1.0.0", {STABLE: "perhaps"}, True),
        ("1.0.0-rc.1", {}, False),
        ("1.0.0-rc.1", {STABLE: "true"}, False),
    ],
)
def test_stable_is_what_nobody_denies(version: str, annotations: dict[str, str], stable: bool) -> None:
    assert read_statement(Version(version), annotations).is_stable is stable


@pytest.mark.parametrize(
    ("text", "breaking"), [("true", True), ("Yes", True), ("false", False), ("0", False), ("maybe", None)]
)
def test_breaking_is_said_or_not(text: str, breaking: bool | None) -> None:
    assert read_statement(Version("1.0.0"), {BREAKING: text}).is_breaking is breaking


def test_silence_stays_silence() -> None:
    empty = {"org.opencontainers.image.created": " ", "org.pallet.release.notes": "\n"}

    assert read_statement(Version("1.0.0"), empty) == Statement(is_stable=True)
