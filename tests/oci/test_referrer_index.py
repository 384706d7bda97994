from __future__ import annotations

import json
import re

import pytest

from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Manifest, render
from reconciler.oci.media_types import OCI_INDEX, OCI_MANIFEST
from reconciler.oci.reference import Tag
from reconciler.oci.referrer_index import (
    describe_referrer,
    fallback_tag,
    is_fallback_tag,
    of_type,
    read_entries,
    signer_tags,
    with_referrer,
    without_referrer,
)
from tests.support.artifacts import NOTE, Note
from tests.support.referring import SBOM, SIGNATURE, referrer_of

SUBJECT = Note(b"subject").descriptor
ENTRY = Descriptor(OCI_MANIFEST, Digest.of(b"one"), 3, {"b": "2", "a": "1"}, artifact_type=SBOM)
OTHER = Descriptor(OCI_MANIFEST, Digest.of(b"two"), 3, artifact_type=SIGNATURE)


def index(*entries: object, **more: object) -> bytes:
    return json.dumps(
        {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries), **more}
    ).encode()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_fallback_tag_has_at_most_64_digits(algorithm: str) -> None:
    digest = Digest.of(b"subject", algorithm=algorithm)
    assert fallback_tag(digest) == f"{algorithm}-{digest.encoded[:64]}"


def test_signers_tags_have_a_suffix() -> None:
    digest = Digest.of(b"subject")
    assert signer_tags(digest) == tuple(f"{fallback_tag(digest)}.{kind}" for kind in ("att", "sbom", "sig"))
    assert signer_tags(Digest.of(b"subject", algorithm="sha512")) == ()


@pytest.mark.parametrize(
    ("tag", "is_fallback"),
    [
        pytest.param(f"sha256-{'a' * 64}", True, id="sha256"),
        pytest.param(f"sha512-{'a' * 64}", True, id="sha512"),
        pytest.param(f"sha256-{'a' * 64}.sig", False, id="signers"),
        pytest.param("sha256-abc", False, id="short"),
        pytest.param("1.0.0", False, id="version"),
    ],
)
def test_fallback_tag_is_told_from_others(tag: str, *, is_fallback: bool) -> None:
    assert is_fallback_tag(Tag(tag)) is is_fallback


@pytest.mark.parametrize(
    ("content", "artifact_type"),
    [
        pytest.param(referrer_of(SUBJECT, SBOM), SBOM, id="its-own"),
        pytest.param(render(Manifest(Note(b"c").layer, (), subject=SUBJECT)), NOTE, id="that-of-its-config"),
        pytest.param(render(Index((), artifact_type=SBOM, subject=SUBJECT)), SBOM, id="an-index's-own"),
        pytest.param(render(Index((), subject=SUBJECT)), None, id="an-index-without"),
    ],
)
def test_entry_says_the_artifact_type(content: bytes, artifact_type: str | None) -> None:
    described = describe_referrer(content, Digest.of(content))
    assert described is not None
    assert described[0] == SUBJECT
    assert described[1].artifact_type == artifact_type
    assert (described[1].digest, described[1].size_bytes) == (Digest.of(content), len(content))


def test_entry_copies_the_annotations() -> None:
    content = referrer_of(SUBJECT, say="hello")
    described = describe_referrer(content, Digest.of(content))
    assert described is not None
    assert described[1].annotations == {"com.acme.say": "hello"}


def test_manifest_without_subject_refers_to_nothing() -> None:
    content = Note(b"alone").manifest
    assert describe_referrer(content, Digest.of(content)) is None


def test_first_entry_makes_a_list() -> None:
    content = with_referrer(None, ENTRY)
    assert read_entries(content) == [ENTRY]
    document = json.loads(content)
    assert (document["schemaVersion"], document["mediaType"]) == (2, OCI_INDEX)


def test_listed_entry_changes_no_byte() -> None:
    content = with_referrer(with_referrer(None, ENTRY), OTHER)
    assert with_referrer(content, ENTRY) is content
    assert read_entries(content) == [ENTRY, OTHER]


def test_what_others_wrote_is_kept_as_it_is() -> None:
    strange = {"mediaType": "x/y", "digest": "blake3:abc", "size": 1, "com.acme.key": [1, {"k": "\ud800"}]}
    before = index(strange, 5, annotations={"k": "v"}, more={"deep": [None]})
    after = json.loads(with_referrer(before, ENTRY))
    assert after["manifests"][:2] == [strange, 5]
    assert (after["annotations"], after["more"]) == ({"k": "v"}, {"deep": [None]})
    assert read_entries(with_referrer(before, ENTRY)) == [ENTRY]


def test_removed_entry_leaves_the_others() -> None:
    content = with_referrer(with_referrer(None, ENTRY), OTHER)
    assert read_entries(without_referrer(content, ENTRY.digest)) == [OTHER]
    assert without_referrer(content, Digest.of(b"never there")) is content


def test_null_is_an_empty_list() -> None:
    content = index()
    assert read_entries(content.replace(b"[]", b"null")) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"<html>", "expected an OCI index, got b'<html>'", id="web-page"),
        pytest.param(b"[" * 100_000, "expected an OCI index, got", id="too-deep"),
        pytest.param(b"[]", "expected an OCI index with schemaVersion 2", id="list"),
        pytest.param(b'{"schemaVersion": 1}', "expected an OCI index with schemaVersion 2", id="old"),
        pytest.param(Note(b"x").manifest, f"expected {OCI_INDEX}, got '{OCI_MANIFEST}'", id="manifest"),
        pytest.param(b'{"schemaVersion": 2}', "manifests: expected a list, got NoneType", id="without"),
        pytest.param(
            index().replace(b"[]", b"{}"), "manifests: expected a list, got dict", id="table-of-manifests"
        ),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, message: str) -> None:
    for read in (read_entries, lambda text: with_referrer(text, ENTRY)):
        with pytest.raises(ValueError, match=re.escape(message)):
            read(content)


def test_entries_are_chosen_by_type() -> None:
    assert of_type([ENTRY, OTHER], SIGNATURE) == [OTHER]
    assert of_type([ENTRY, OTHER], None) == [ENTRY, OTHER]
