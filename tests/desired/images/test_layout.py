"""What a layout must hold to be published whole, from a folder and from an archive."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.desired.images.files import open_layout_files
from reconciler.desired.images.layout import LayoutImage, read_layout_image
from reconciler.errors import DigestMismatchError, DocumentError
from reconciler.oci.digest import Digest
from reconciler.oci.media_types import MANIFEST_MAX_BYTES
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.transfer import push_artifact
from tests.support.image_layouts import DOCKER_LIST, DOCKER_MANIFEST, INDEX, MANIFEST, ImageLayout
from tests.support.memory_store import MemoryStore

FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
NAME = Repository("myapp/backend")


@pytest.fixture
def layout(tmp_path: Path) -> ImageLayout:
    return ImageLayout(tmp_path / "build")


def read(path: Path, *, tag: str | None = None, version: str = "1.0.0") -> LayoutImage:
    return read_layout_image(open_layout_files(path), path.name, tag=tag, version=version)


def complaints(path: Path, *, tag: str | None = None) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read(path, tag=tag)
    return [str(problem) for problem in caught.value.problems]


def push(image: LayoutImage) -> MemoryStore:
    store, root = MemoryStore(), image.root
    push_artifact(
        store,
        NAME,
        Tag("1.0.0"),
        root.content,
        root.descriptor.media_type,
        image.blobs,
        children=image.children,
    )
    return store


@pytest.mark.parametrize("is_archive", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize("index_type", [INDEX, DOCKER_LIST], ids=["oci", "docker"])
def test_index_is_published_children_first(layout: ImageLayout, index_type: str, *, is_archive: bool) -> None:
    amd, arm = layout.add_image("amd64"), layout.add_image("arm64")
    root = layout.name(layout.add_index(amd, arm, media_type=index_type))
    path = layout.archive(layout.folder.parent / "b.tar") if is_archive else layout.folder

    store = push(read(path))

    puts = [call[2] for call in store.calls if call[0] == "put_manifest"]
    assert puts == [amd["digest"], arm["digest"], "1.0.0"]
    assert store.fetch_manifest(NAME, Tag("1.0.0")).descriptor.digest == root["digest"]
    for child in (amd, arm):
        fetched = store.fetch_manifest(NAME, Digest(child["digest"]))
        assert fetched.content == layout.blob_path(child).read_bytes()
    assert store.count("put_blob") == 4


def test_nested_indexes_come_after_what_they_name(layout: ImageLayout) -> None:
    amd, arm = layout.add_image("amd64"), layout.add_image("arm64")
    inner = layout.add_index(amd)
    layout.name(layout.add_index(inner, arm, amd))

    image = read(layout.folder)

    assert [child.descriptor.digest for child in image.children] == [
        amd["digest"],
        inner["digest"],
        arm["digest"],
    ]
    push(image)


def test_too_deep_indexes_are_refused(layout: ImageLayout) -> None:
    described = layout.add_image()
    for _ in range(10):
        described = layout.add_index(described)
    layout.name(described)

    (complaint,) = complaints(layout.folder)

    assert complaint.endswith("expected at most 8 indexes in one another")


def test_docker_types_are_kept(layout: ImageLayout) -> None:
    layout.name(layout.add_docker_image())

    assert push(read(layout.folder)).head_manifest(NAME, Tag("1.0.0")).media_type == DOCKER_MANIFEST


def test_sha512_names_blobs_and_children(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "build", algorithm="sha512")
    child = layout.add_image()
    layout.name(layout.add_index(child))

    store = push(read(layout.folder))

    assert child["digest"].startswith("sha512:")
    assert store.fetch_manifest(NAME, Digest(child["digest"])).descriptor.media_type == MANIFEST


@pytest.mark.parametrize(
    ("names", "tag", "version", "chosen"),
    [
        pytest.param([None], None, "1.0.0", 0, id="only-one"),
        pytest.param(["latest"], None, "1.0.0", 0, id="only-one-of-another-name"),
        pytest.param([None, "x", None], None, "1.0.0", 1, id="only-one-with-a-name"),
        pytest.param(["dev", "1.0.0"], None, "1.0.0", 1, id="version"),
        pytest.param(["dev", "1.0.0+b1"], None, "1.0.0_b1", 1, id="version-with-build"),
        pytest.param(["dev", "host:5000/x/y:1.0.0"], None, "1.0.0", 1, id="version-in-full-name"),
        pytest.param(["dev", "1.0.0"], "dev", "1.0.0", 0, id="name"),
        pytest.param(["dev", "host/x:1.0.0"], "host/x:1.0.0", "2.0.0", 1, id="full-name"),
    ],
)
def test_entry_is_chosen(
    layout: ImageLayout, names: list[str | None], tag: str | None, version: str, chosen: int
) -> None:
    images = [layout.add_image(text=str(number)) for number, _ in enumerate(names)]
    for image, name in zip(images, names, strict=True):
        layout.name(image, name)

    found = read(layout.folder, tag=tag, version=version)

    assert found.root.descriptor.digest == images[chosen]["digest"]


def test_same_image_under_two_names_is_one(layout: ImageLayout) -> None:
    image = layout.add_image()
    layout.name(image, "a")
    layout.name(image, "b")

    assert read(layout.folder).root.descriptor.digest == image["digest"]


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        pytest.param(
            None,
            "build: expected one image, or one named 1.0.0, got dev, 2.0.0: "
            "write the name behind the path, such as build/backend:NAME",
            id="several",
        ),
        pytest.param("x", "build: expected an image named x, got dev, 2.0.0", id="no-such-name"),
    ],
)
def test_unclear_entry_lists_them(layout: ImageLayout, tag: str | None, complaint: str) -> None:
    layout.name(layout.add_image(text="a"), "dev")
    layout.name(layout.add_image(text="b"), "2.0.0")

    assert complaints(layout.folder, tag=tag) == [complaint]


def test_empty_layout_is_said(layout: ImageLayout) -> None:
    (complaint,) = complaints(layout.folder)

    assert complaint.startswith("build: expected one image, or one named 1.0.0, got none")


@pytest.mark.parametrize("is_archive", [False, True], ids=["folder", "archive"])
def test_everything_missing_is_named(layout: ImageLayout, *, is_archive: bool) -> None:
    amd, arm = layout.add_image("amd64"), layout.add_image("arm64")
    layout.name(layout.add_index(amd, arm))
    layer = read(layout.folder).blobs[1]
    layout.blob_path(arm).unlink()
    layout.blob_path({"digest": layer.digest}).unlink()
    path = layout.archive(layout.folder.parent / "b.tar") if is_archive else layout.folder

    assert complaints(path) == [
        f"{path.name}: blobs/sha256/{layer.digest.encoded}, named by {amd['digest']}: "
        f"expected {layer.size_bytes} bytes, got no such file",
        f"{path.name}: blobs/sha256/{arm['digest'][7:]}, named by {layout.entries[0]['digest']}: "
        f"expected {arm['size']} bytes, got no such file",
    ]


def test_foreign_layers_need_not_be_there(layout: ImageLayout) -> None:
    layout.name(layout.add_image(layer_type=FOREIGN))
    layer = read(layout.folder).blobs[1]
    layout.blob_path({"digest": layer.digest}).unlink()

    assert [blob.digest for blob in read(layout.folder).blobs if blob.digest == layer.digest] == []


def test_layers_are_not_read_until_they_are_sent(layout: ImageLayout) -> None:
    layout.name(layout.add_image())
    layer = read(layout.folder).blobs[1]
    path = layout.blob_path({"digest": layer.digest})
    path.write_bytes(b"x" * layer.size_bytes)

    image = read(layout.folder)
    with pytest.raises(DigestMismatchError) as caught:
        push(image)

    assert str(caught.value).startswith(f"build: blobs/sha256/{layer.digest.encoded}: digest mismatch: ")
    assert caught.value.fix == "the layout is damaged: build it again"


def test_layer_of_another_size_is_said(layout: ImageLayout) -> None:
    root = layout.name(layout.add_image())
    layer = read(layout.folder).blobs[1]
    layout.blob_path({"digest": layer.digest}).write_bytes(b"short")

    assert complaints(layout.folder) == [
        f"build: blobs/sha256/{layer.digest.encoded}, named by {root['digest']}: "
        f"expected {layer.size_bytes} bytes, got 5 bytes"
    ]


def test_changed_manifest_is_found_at_once(layout: ImageLayout) -> None:
    path = layout.blob_path(layout.name(layout.add_image()))
    path.write_bytes(path.read_bytes().replace(b"schemaVersion", b"schemaversion"))

    (complaint,) = complaints(layout.folder)

    assert complaint.startswith(f"build: blobs/sha256/{path.name}: digest mismatch: expected sha256:")


@pytest.mark.parametrize(
    ("media_type", "content", "complaint"),
    [
        pytest.param(MANIFEST, b"[]", "expected an object, got list", id="no-object"),
        pytest.param(
            MANIFEST,
            b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % INDEX.encode(),
            f"expected {MANIFEST}, got {INDEX}",
            id="other-type",
        ),
        pytest.param("text/plain", b"x", "expected a manifest or an index, got text/plain", id="no-manifest"),
        pytest.param(
            MANIFEST,
            b" " * (MANIFEST_MAX_BYTES + 1),
            f"manifest too large: expected at most {MANIFEST_MAX_BYTES} bytes, got {MANIFEST_MAX_BYTES + 1}",
            id="too-large",
        ),
    ],
)
def test_what_is_no_manifest_is_refused(
    layout: ImageLayout, media_type: str, content: bytes, complaint: str
) -> None:
    entry = layout.name(layout.add(content, media_type))

    (said,) = complaints(layout.folder)

    assert said.startswith(f"build: {entry['digest']}, named by index.json: ")
    assert complaint in said


def _link_out(layout: ImageLayout) -> str:
    path = layout.blob_path(layout.entries[0])
    outside = layout.folder.parent / "outside"
    path.rename(outside)
    path.symlink_to(outside)
    return f"leads outside the layout: expected a file in it, got a link to {outside}"


def _folder_there(layout: ImageLayout) -> str:
    path = layout.blob_path(layout.entries[0])
    path.unlink()
    path.mkdir()
    return "expected a file, got something else"


@pytest.mark.parametrize("spoil", [_link_out, _folder_there], ids=["link-out", "folder"])
def test_only_files_of_the_layout_are_read(layout: ImageLayout, spoil: Callable[[ImageLayout], str]) -> None:
    layout.name(layout.add_image())
    complaint = spoil(layout)

    (said,) = complaints(layout.folder)

    assert said.endswith(complaint)


def test_links_within_the_layout_are_followed(layout: ImageLayout) -> None:
    path = layout.blob_path(layout.name(layout.add_image()))
    path.rename(layout.folder / "kept")
    path.symlink_to(Path("../../kept"))

    assert push(read(layout.folder)).count("put_manifest") == 1
    archive = layout.archive(layout.folder.parent / "b.tar")
    assert push(read(archive)).count("put_manifest") == 1


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        pytest.param({}, "expected an OCI layout, with oci-layout and index.json, got none", id="nothing"),
        pytest.param(
            {"manifest.json": b"[]"},
            "expected an OCI layout, got an archive as docker wrote it before version 25",
            id="old-docker",
        ),
        pytest.param(
            {"oci-layout": b'{"imageLayoutVersion":"2.0.0"}', "index.json": b"{}"},
            "imageLayoutVersion: expected '1.0.0', got '2.0.0'",
            id="newer",
        ),
        pytest.param(
            {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b"{}"},
            "not a manifest: expected mediaType of a manifest or an index, got None",
            id="no-index",
        ),
    ],
)
def test_what_is_no_layout_is_refused(tmp_path: Path, files: dict[str, bytes], complaint: str) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)

    assert complaints(folder) == [f"build: {complaint}"]


def test_index_json_is_bounded(layout: ImageLayout) -> None:
    with (layout.folder / "index.json").open("r+b") as file:
        os.ftruncate(file.fileno(), MANIFEST_MAX_BYTES + 1)

    assert complaints(layout.folder) == [
        f"build: index.json: expected at most {MANIFEST_MAX_BYTES} bytes, got {MANIFEST_MAX_BYTES + 1}"
    ]


def test_annotations_are_the_build_s(layout: ImageLayout) -> None:
    layout.name(layout.add_image(annotations={"a": "b"}), "1.0.0")

    assert read(layout.folder).annotations == {"a": "b"}
