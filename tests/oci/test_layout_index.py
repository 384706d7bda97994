from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.layout_index import (
    EMPTY_INDEX,
    LAYOUT_CONTENT,
    REF_NAME,
    check_version,
    read_index,
    tag_of,
    with_entry,
    without_entry,
)
from reconciler.oci.manifest import Descriptor
from reconciler.oci.reference import Tag

A, B = (Descriptor(media_types.OCI_MANIFEST, Digest.of(text), len(text)) for text in (b"a", b"bb"))
V1 = Tag("1.0.0")


def entry(descriptor: Descriptor, name: str | None = None, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = {"mediaType": descriptor.media_type, "digest": descriptor.digest}
    document |= {"size": descriptor.size_bytes} | more
    if name is not None:
        document["annotations"] = more.get("annotations", {}) | {REF_NAME: name}
    return document


def index(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"schemaVersion": 2, "manifests": list(entries)} | more).encode()


def entries(content: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(content)["manifests"]
    return found


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("1.0.0", "1.0.0"),
        ("registry.example.com/acme/plan:1.0.0", "1.0.0"),
        ("localhost:5000/plan:1.0.0", "1.0.0"),
        ("plan:1.0.0", "1.0.0"),
        ("localhost:5000/plan", None),
        ("docker.io/library/plan:1.0.0@sha256:abc", "1.0.0"),
        ("", None),
        ("not a tag", None),
        ("x" * 129, None),
    ],
)
def test_tag_of_a_ref_name(name: str, tag: str | None) -> None:
    assert tag_of(name) == tag


def test_entries_are_found_by_tag_and_digest() -> None:
    found = read_index(index(entry(A, "1.0.0"), entry(B)))
    assert found.tags == {"1.0.0": A}
    assert found.digests == {A.digest: A, B.digest: B}


def test_plain_name_wins_over_full_reference() -> None:
    assert read_index(index(entry(A, "example.com/plan:1.0.0"), entry(B, "1.0.0"))).tags == {"1.0.0": B}


def test_first_of_two_claims_wins() -> None:
    assert read_index(index(entry(A, "1.0.0"), entry(B, "1.0.0"))).tags == {"1.0.0": A}


def test_null_manifests_are_none() -> None:
    assert read_index(b'{"schemaVersion":2,"manifests":null}').tags == {}
    assert entries(with_entry(b'{"schemaVersion":2,"manifests":null}', A, V1)) == [entry(A, "1.0.0")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not a manifest: expected JSON, got b''", id="empty"),
        pytest.param(b'{"manifests":[', "not a manifest: expected JSON, got b'{\"manifests\":['", id="half"),
        pytest.param(b"[]", "the document: expected an object, got list", id="list"),
        pytest.param(b'{"manifests":{}}', "manifests: expected a list, got dict", id="manifests"),
        pytest.param(
            index({"digest": A.digest}), "manifests[0].size: expected a number of bytes, got None", id="size"
        ),
        pytest.param(
            index(entry(A, annotations={REF_NAME: 1})),
            f"manifests[0].annotations.{REF_NAME}: expected text, got int",
            id="name",
        ),
        pytest.param(
            json.dumps({"mediaType": media_types.OCI_MANIFEST, "config": entry(A)}).encode(),
            f"mediaType: expected '{media_types.OCI_INDEX}', got '{media_types.OCI_MANIFEST}'",
            id="manifest",
        ),
    ],
)
def test_what_is_no_index_is_refused(content: bytes, message: str) -> None:
    for read in (read_index, lambda c: with_entry(c, A, V1), lambda c: without_entry(c, V1)):
        with pytest.raises(ValueError) as refused:  # noqa: PT011 (the text is compared below)
            read(content)
        assert str(refused.value) == message


def test_first_entry_makes_an_index() -> None:
    document = json.loads(with_entry(EMPTY_INDEX, A, V1))
    assert document == {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [entry(A, "1.0.0")],
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([entry(B, "2.0.0")], [entry(B, "2.0.0"), entry(A, "1.0.0")], id="added-at-the-end"),
        pytest.param(
            [entry(B, "1.0.0"), entry(B, "2")], [entry(A, "1.0.0"), entry(B, "2")], id="moved-in-place"
        ),
        pytest.param([entry(B, "x.io/p:1.0.0")], [entry(A, "1.0.0")], id="full-reference-moved"),
        pytest.param([entry(A, "x.io/p:1.0.0")], [entry(A, "x.io/p:1.0.0")], id="full-reference-kept"),
        pytest.param(
            [entry(B, "1.0.0"), entry(B, "p:1.0.0")], [entry(A, "1.0.0")], id="two-claims-become-one"
        ),
        pytest.param([entry(A, platform={"os": "x"})], [entry(A, "1.0.0", platform={"os": "x"})], id="named"),
        pytest.param([entry(A, "2")], [entry(A, "2"), entry(A, "1.0.0")], id="second-tag"),
        pytest.param([entry(B, "1.0.0"), entry(A)], [entry(A, "1.0.0")], id="moved-to-a-nameless-one"),
    ],
)
def test_tag_is_written(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert entries(with_entry(index(*before), A, V1)) == after


def test_unchanged_index_keeps_its_bytes() -> None:
    for content, tag in (
        (index(entry(A, "1.0.0")), V1),
        (index(entry(A, "1.0.0")), None),
        (index(entry(A)), None),
    ):
        assert with_entry(content, A, tag) is content
    content = index(entry(A, "1.0.0"))
    assert without_entry(content, Tag("other")) is content
    assert without_entry(content, B.digest) is content


def test_what_others_wrote_survives() -> None:
    others = entry(B, "2.0.0", annotations={"vendor": "\ud800é"}, platform={"os": "linux"}, urls=[])
    more = {"annotations": {"k": "v"}, "x-unknown": [1, 2.5, None]}
    content = without_entry(with_entry(index(others, **more), A, V1), V1)
    assert json.loads(content) == json.loads(index(others, **more))


def test_digest_takes_all_its_entries() -> None:
    content = index(entry(A, "1.0.0"), entry(B), entry(A, "latest"), entry(A))
    assert entries(without_entry(content, A.digest)) == [entry(B)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"imageLayoutVersion":"2.0.0"}', "imageLayoutVersion: expected '1.0.0', got '2.0.0'"),
        (b"{}", "imageLayoutVersion: expected '1.0.0', got None"),
        (b"[]", "imageLayoutVersion: expected '1.0.0', got None"),
        (b"", "expected JSON, got b''"),
    ],
)
def test_other_layout_versions_are_refused(content: bytes, message: str) -> None:
    check_version(LAYOUT_CONTENT)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the text is compared below)
        check_version(content)
    assert str(refused.value) == message
