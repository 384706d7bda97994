"""Which layers are held against each other."""

from __future__ import annotations

import pytest

from reconciler.desired.build import TITLE
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.sync.pairing import Layer, pair_layers


def _layers(text: str) -> list[Descriptor]:
    """Read `title=content:type` items; a title may be empty."""
    found = []
    for item in text.split():
        title, _, rest = item.partition("=")
        content, _, kind = rest.partition(":")
        annotations = {TITLE: title} if title else {}
        found.append(Descriptor(f"text/{kind or 'plain'}", Digest.of(content.encode()), 1, annotations))
    return found


def _shown(layer: Layer | None) -> str:
    return "-" if layer is None else layer.name.replace(" ", "")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("a=1 b=2", "b=3 a=4", "a/a b/b", id="titles"),
        pytest.param("a-1.tgz=1", "a-2.tgz=2:other", "a-1.tgz/a-2.tgz", id="lone-ones"),
        pytest.param("a-1.tgz=1:tgz p-1=2:prov", "p-2=3:prov a-2.tgz=4:tgz", "a-1.tgz/a-2.tgz p-1/p-2", id="types"),
        pytest.param("a=1 b=2", "c=2 d=9", "a/d b/c", id="equal-digests-first"),
        pytest.param("a=1 n=2 x=3", "x=4 r=2 b=5:other a=1", "a/a n/r x/x -/b", id="one-came"),
        pytest.param("=1 =2", "=2 =3", "layer0/layer1 layer1/layer0", id="no-titles-equal-digests"),
        pytest.param("=1 =2:x", "=3:x =4", "layer0/layer1 layer1/layer0", id="no-titles-types"),
        pytest.param("=1", "a=2", "layer0/a", id="who-names-them"),
        pytest.param("a=1:x b=2:y", "c=3:z d=4:y e=5:y", "a/- b/d -/c -/e", id="went-and-came"),
        pytest.param("a=1 a=2", "a=3", "a/a a/-", id="a-title-twice"),
        pytest.param("a=1", "", "a/-", id="nothing-left"),
    ],
)  # fmt: skip
def test_layers_are_paired(before: str, after: str, expected: str) -> None:
    pairs = pair_layers(_layers(before), _layers(after))

    assert " ".join(f"{_shown(one)}/{_shown(other)}" for one, other in pairs) == expected
