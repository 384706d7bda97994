"""Whatever JSON a registry sends as a manifest, an index or a list: a value, or ValueError."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, parse, render
from reconciler.oci.referrer_index import read_entries, with_referrer, without_referrer

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_DIGESTS = st.sampled_from(
    ["sha256:" + "a" * 64, "sha512:" + "b" * 128, "sha256:short", "blake3:" + "c" * 64, "", 7]
)
_ENTRIES = st.fixed_dictionaries(
    {
        "mediaType": st.sampled_from(["text/plain", media_types.OCI_MANIFEST]) | _JSON,
        "digest": _DIGESTS | _JSON,
    },
    optional={
        "size": st.integers(-1, 2**70) | _JSON,
        "annotations": st.dictionaries(st.text(max_size=5), st.text(max_size=5) | _JSON, max_size=3),
        "platform": st.dictionaries(st.sampled_from(["os", "architecture", "variant"]), st.text() | _JSON)
        | _JSON,
        "artifactType": st.text(max_size=5) | _JSON,
        "data": st.text(max_size=8) | _JSON,
        "urls": st.lists(st.text(max_size=5), max_size=2) | _JSON,
    },
)
_DOCUMENTS = st.fixed_dictionaries(
    {"schemaVersion": st.sampled_from([2, 1, "2", None])},
    optional={
        "mediaType": st.sampled_from([media_types.OCI_MANIFEST, media_types.OCI_INDEX, "text/plain"]) | _JSON,
        "config": _ENTRIES | _JSON,
        "layers": st.lists(_ENTRIES, max_size=3) | _JSON,
        "manifests": st.lists(_ENTRIES | _JSON, max_size=3) | _JSON,
        "subject": _ENTRIES | _JSON,
        "annotations": _JSON,
    },
)


@given(_DOCUMENTS | _JSON)
def test_any_json_is_a_manifest_or_refused(document: object) -> None:
    with contextlib.suppress(ValueError):
        parsed = parse(json.dumps(document).encode())
        assert parse(render(parsed)) == parsed


@given(st.binary(max_size=200))
def test_any_bytes_are_a_manifest_or_refused(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse(content)


@given(_DOCUMENTS | _JSON)
def test_any_json_is_a_list_of_referrers_or_refused(document: object) -> None:
    content, entry = json.dumps(document).encode(), Descriptor("text/plain", Digest.of(b"new"), 3)
    with contextlib.suppress(ValueError):
        before = read_entries(content)
        grown = with_referrer(content, entry)
        assert {one.digest for one in read_entries(grown)} == {*(one.digest for one in before), entry.digest}
        assert [one.digest for one in read_entries(without_referrer(grown, entry.digest))] == [
            one.digest for one in before if one.digest != entry.digest
        ]
