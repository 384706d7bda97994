"""An image from a config and layers: what is computed, what is checked, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.images.composed import ComposedImage, compose_image
from reconciler.errors import DocumentError
from reconciler.oci.digest import Digest
from tests.support.image_layouts import make_tar, pack

BASE, APP = make_tar({"base": b"1"}), make_tar({"app": b"2"})
LAYERS = {"base.tar.gz": pack(BASE), "app.tar": APP}
DIFF_IDS = [str(Digest.of(BASE)), str(Digest.of(APP))]
LEAST = {"architecture": "arm64", "os": "linux"}


def compose(root: Path, config: object, layers: dict[str, bytes] = LAYERS) -> ComposedImage:
    for name, content in layers.items():
        (root / name).write_bytes(content)
    text = config if isinstance(config, str) else json.dumps(config, indent=2)
    (root / "config.json").write_text(text)
    return compose_image(root, "config.json", list(layers), NO_MEMORY)


def rendered(image: ComposedImage) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(image.config.open().read())
    return document


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(LEAST, id="no-rootfs"),
        pytest.param({**LEAST, "rootfs": {"type": "layers"}}, id="rootfs-without-ids"),
        pytest.param(
            {**LEAST, "config": {"Cmd": ["/é"]}, "history": [{}, {"empty_layer": True}, {}]}, id="more"
        ),
    ],
)
def test_diff_ids_are_computed(tmp_path: Path, config: dict[str, Any]) -> None:
    image = compose(tmp_path, config)

    assert rendered(image) == {**config, "rootfs": {"type": "layers", "diff_ids": DIFF_IDS}}
    assert image.config.digest == Digest.of(image.config.open().read())


def test_config_that_says_them_is_published_as_it_is(tmp_path: Path) -> None:
    image = compose(tmp_path, {**LEAST, "rootfs": {"type": "layers", "diff_ids": DIFF_IDS}})

    assert image.config.open().read() == (tmp_path / "config.json").read_bytes()


def test_layers_keep_their_order_and_types(tmp_path: Path) -> None:
    image = compose(tmp_path, LEAST)

    assert [(layer.digest, layer.media_type) for layer in image.described_layers] == [
        (Digest.of(LAYERS["base.tar.gz"]), "application/vnd.oci.image.layer.v1.tar+gzip"),
        (Digest.of(APP), "application/vnd.oci.image.layer.v1.tar"),
    ]


@pytest.mark.parametrize(
    ("config", "complaints"),
    [
        pytest.param(
            {},
            [
                "config.json: architecture: expected text, got None",
                "config.json: os: expected text, got None",
            ],
            id="no-platform",
        ),
        pytest.param([], ["config.json: expected an object, got something else"], id="no-object"),
        pytest.param(
            {**LEAST, "rootfs": {"type": "other"}},
            ['config.json: rootfs: expected a table with type = "layers"'],
            id="other-rootfs",
        ),
        pytest.param(
            {**LEAST, "rootfs": {"diff_ids": DIFF_IDS[:1]}},
            ["config.json: rootfs.diff_ids: expected one for each of 2 layers, got 1"],
            id="too-few",
        ),
        pytest.param(
            {**LEAST, "rootfs": {"diff_ids": DIFF_IDS[::-1]}},
            [
                f"config.json: rootfs.diff_ids[0]: expected {DIFF_IDS[0]}, "
                f"which base.tar.gz is when unpacked, got {DIFF_IDS[1]}",
                f"config.json: rootfs.diff_ids[1]: expected {DIFF_IDS[1]}, "
                f"which app.tar is when unpacked, got {DIFF_IDS[0]}",
            ],
            id="other-order",
        ),
        pytest.param(
            {**LEAST, "history": [{}]},
            ["config.json: history: expected 2 steps with a layer, as many as there are layers, got 1"],
            id="history",
        ),
    ],
)
def test_unsound_config_is_refused(tmp_path: Path, config: object, complaints: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        compose(tmp_path, config)

    assert [str(problem) for problem in caught.value.problems] == complaints


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        compose(tmp_path, "{", {"a.tar": b"text", "b.tar": b""})

    said = [str(problem) for problem in caught.value.problems]
    assert [text.partition(":")[0] for text in said] == ["a.tar", "b.tar", "config.json"]


def test_zstd_needs_ids_in_the_config(tmp_path: Path) -> None:
    zstd = {"l.tar.zst": b"\x28\xb5\x2f\xfd" + bytes(9)}

    with pytest.raises(DocumentError) as caught:
        compose(tmp_path, LEAST, zstd)

    (problem,) = caught.value.problems
    assert str(problem) == "l.tar.zst: rootfs.diff_ids: cannot be computed for a layer compressed with zstd"
    image = compose(tmp_path, {**LEAST, "rootfs": {"diff_ids": DIFF_IDS[:1]}}, zstd)
    assert image.layers[0].media_type == "application/vnd.oci.image.layer.v1.tar+zstd"
