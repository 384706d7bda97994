from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_DESCRIPTOR, Descriptor, Index, Manifest, Platform, parse, render

ONE = Descriptor("text/one", Digest.of(b"one"), 3)
TWO = Descriptor("text/two", Digest.of(b"two"), 3, {"b": "2", "a": "1"}, "kind/two")
RAW = {"mediaType": "text/one", "digest": ONE.digest, "size": 3}

words = st.text(st.characters(codec="utf-8"), max_size=12)
notes = st.dictionaries(words, words, max_size=4)
descriptors = st.builds(
    Descriptor,
    media_type=words.filter(bool),
    digest=st.binary(max_size=8).map(Digest.of)
    | st.binary(max_size=8).map(lambda b: Digest.of(b, algorithm="sha512")),
    size_bytes=st.integers(0, 2**63),
    annotations=notes,
    artifact_type=st.none() | words,
)
manifests = st.builds(
    Manifest,
    config=descriptors,
    layers=st.lists(descriptors, max_size=3).map(tuple),
    artifact_type=st.none() | words,
    annotations=notes,
    subject=st.none() | descriptors,
    media_type=st.sampled_from(media_types.MANIFESTS),
)


@given(manifests)
def test_rendered_manifest_is_parsed_back(manifest: Manifest) -> None:
    assert parse(render(manifest)) == manifest


@given(manifests, st.randoms(use_true_random=False))
def test_order_of_annotations_changes_no_byte(manifest: Manifest, random: Any) -> None:
    pairs = list(manifest.annotations.items())
    random.shuffle(pairs)
    shuffled = Manifest(
        manifest.config,
        manifest.layers,
        manifest.artifact_type,
        dict(pairs),
        manifest.subject,
        manifest.media_type,
    )
    assert render(shuffled) == render(manifest)


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | words,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["mediaType", "manifests", "layers", "config", "digest", "size", "annotations"]
                ),
                inner,
                max_size=5,
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        parsed = parse(content)
    except ValueError as exc:
        assert str(exc)  # noqa: PT017 (both ways out are right)
    else:
        assert isinstance(parsed, Manifest | Index)


def test_bytes_of_a_manifest_are_fixed() -> None:
    manifest = Manifest(ONE, (TWO,), "kind/x", {"z": "ü", "a": '"'}, subject=ONE)
    one = f'{{"mediaType":"text/one","digest":"{ONE.digest}","size":3}}'
    two = (
        f'{{"mediaType":"text/two","digest":"{TWO.digest}","size":3,'
        '"annotations":{"a":"1","b":"2"},"artifactType":"kind/two"}'
    )
    assert render(manifest).decode() == (
        f'{{"schemaVersion":2,"mediaType":"{media_types.OCI_MANIFEST}","artifactType":"kind/x",'
        f'"config":{one},"layers":[{two}],"subject":{one},"annotations":{{"a":"\\"","z":"ü"}}}}'
    )


def test_blobs_are_named_once() -> None:
    assert Manifest(ONE, (TWO, ONE, TWO)).blobs == (ONE, TWO)


def test_empty_descriptor_is_the_specifications() -> None:
    assert (
        EMPTY_DESCRIPTOR.digest == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
    assert EMPTY_DESCRIPTOR.size_bytes == 2


@pytest.mark.parametrize("media_type", media_types.INDEXES)
def test_index_is_parsed(media_type: str) -> None:
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": media_type, "manifests": [RAW], "annotations": {"a": "b"}}
    )
    assert parse(content.encode()) == Index((ONE,), annotations={"a": "b"}, media_type=media_type)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"manifests": [RAW]}, Index((ONE,))),
        ({"config": RAW, "layers": None}, Manifest(ONE, ())),
        (
            {"config": {"digest": ONE.digest, "size": 3}, "layers": [RAW]},
            Manifest(Descriptor(media_types.OCTET_STREAM, ONE.digest, 3), (ONE,)),
        ),
    ],
    ids=["index", "no-layers", "no-media-types"],
)
def test_what_is_left_out_is_understood(document: dict[str, Any], expected: Manifest | Index) -> None:
    assert parse(json.dumps(document).encode()) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config": None}, "config: expected an object, got NoneType"),
        ({"config": RAW | {"size": -1}}, "config.size: expected a number of bytes, got -1"),
        ({"config": RAW | {"size": True}}, "config.size: expected a number of bytes, got True"),
        ({"config": RAW | {"digest": 5}}, "config.digest: expected a digest, got 5"),
        ({"config": RAW | {"mediaType": 5}}, "config.mediaType: expected text, got int"),
        ({"layers": {}}, "layers: expected a list, got dict"),
        ({"layers": [RAW, 7]}, "layers[1]: expected an object, got int"),
        ({"layers": [RAW | {"annotations": {"a": 1}}]}, "layers[0].annotations.a: expected text, got int"),
        ({"annotations": {"a": None}}, "annotations.a: expected text, got NoneType"),
        ({"annotations": []}, "annotations: expected an object, got list"),
        ({"artifactType": []}, "artifactType: expected text, got list"),
        ({"subject": []}, "subject: expected an object, got list"),
        (
            {"mediaType": "text/html"},
            "not a manifest: expected mediaType of a manifest or an index, got 'text/html'",
        ),
    ],
)
def test_wrong_key_is_named(change: dict[str, Any], message: str) -> None:
    document = {"mediaType": media_types.OCI_MANIFEST, "config": RAW, "layers": [RAW]} | change
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the text is compared below)
        parse(json.dumps(document).encode())
    assert str(refused.value) == message


@pytest.mark.parametrize("content", [b"<html>", b"\xff", b"[" * 200_000], ids=["html", "binary", "deep"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a manifest: expected JSON, got "):
        parse(content)


def test_index_with_platforms_comes_back() -> None:
    arm = Platform("linux", "arm64", "v8", os_version="6.1", os_features=("sve",))
    child = replace(ONE, platform=arm)
    index = Index((child,), annotations={"a": "b"}, subject=ONE)

    assert parse(render(index)) == index


def test_platform_without_words_is_read() -> None:
    content = b'{"schemaVersion":2,"manifests":[{"mediaType":"x/y","digest":"%s","size":1,"platform":{}}]}'

    index = parse(content % str(ONE.digest).encode())

    assert isinstance(index, Index)
    assert index.manifests[0].platform == Platform("", "")
