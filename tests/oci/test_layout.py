"""What only a directory can do wrong; what every store does stands in test_store_behaviour."""

from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from reconciler.errors import DigestMismatchError, NotFoundError, StoreError, ThrottledError, UnreachableError
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.layout import open_layout
from reconciler.oci.layout_index import REF_NAME
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.media_types import MANIFEST_MAX_BYTES
from reconciler.oci.reference import Repository, Tag
from tests.support.artifacts import NOTE, Note, publish

PLAN, V1 = Repository("workflows/plan"), Tag("1.0.0")


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_layout_holds_what_the_specification_says(tmp_path: Path) -> None:
    note = publish(open_layout(tmp_path), PLAN, "1.0.0", b"content")
    files = tree(tmp_path / PLAN)
    assert files.pop("index.json.lock") == b""
    assert json.loads(files.pop("index.json"))["manifests"] == [
        {
            "mediaType": media_types.OCI_MANIFEST,
            "digest": note.digest,
            "size": len(note.manifest),
            "annotations": {REF_NAME: "1.0.0"},
        }
    ]
    assert files == {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        f"blobs/sha256/{note.digest.encoded}": note.manifest,
        f"blobs/sha256/{note.blob.digest.encoded}": b"content",
    }


def test_files_can_be_read_by_others(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        publish(open_layout(tmp_path), PLAN, "1.0.0", b"content")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / PLAN).iterdir()}
    assert modes["index.json"] == modes["oci-layout"] == 0o644


def test_putting_again_touches_no_file(tmp_path: Path) -> None:
    publish(open_layout(tmp_path), PLAN, "1.0.0", b"content")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    publish(open_layout(tmp_path), PLAN, "1.0.0", b"content")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_looking_creates_nothing(tmp_path: Path) -> None:
    store = open_layout(tmp_path / "root")
    assert store.list_repositories() == []
    assert not store.has_blob(PLAN, Digest.of(b""))
    with pytest.raises(NotFoundError, match=r"root/workflows/plan:1\.0\.0: not found: no such repository$"):
        store.delete_manifest(PLAN, V1)
    assert list(tmp_path.iterdir()) == []


def test_repositories_are_nested_and_may_be_called_blobs(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    names = [
        "workflows",
        "workflows/blobs",
        "workflows/blobs/sha256",
        "workflows/plan",
        "workflows/plan/deep",
    ]
    for name in reversed(names):
        publish(store, Repository(name), "1.0.0", name.encode())
    assert store.list_repositories() == names
    for name in names:
        assert store.head_manifest(Repository(name), V1) == Note(name.encode()).descriptor


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("plan/index.json", "index.json"),
        ("index.json.lock", "index.json.lock"),
        ("plan/oci-layout/deep", "oci-layout"),
        (f"plan/blobs/sha256/{'a' * 64}", "a" * 64),
    ],
)
def test_names_of_files_are_refused(tmp_path: Path, name: str, taken: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_layout(tmp_path).put_blob(Repository(name), Blob.of_bytes(b""))
    assert str(refused.value) == (
        f"{name}: not possible in a directory: expected no component that is a file of an OCI layout, got {taken!r}"
    )
    assert refused.value.fix == "rename the repository"


def test_folders_that_are_no_layouts_are_passed_over(tmp_path: Path) -> None:
    publish(open_layout(tmp_path), PLAN, "1.0.0", b"content")
    for name in ("Upper", ".hidden", "half"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "oci-layout").write_bytes(b"{}")
    assert open_layout(tmp_path).list_repositories() == [PLAN]


def test_name_is_as_the_user_wrote_it(tmp_path: Path) -> None:
    store = open_layout(tmp_path, label=".pallet/registry")
    assert store.name(PLAN, V1) == "oci-layout:.pallet/registry/workflows/plan:1.0.0"
    assert open_layout(Path("here")).name(PLAN) == "oci-layout:here/workflows/plan"


def test_full_reference_of_another_tool_is_a_tag(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    note = publish(store, PLAN, "1.0.0", b"content")
    path = tmp_path / PLAN / "index.json"
    path.write_bytes(path.read_bytes().replace(b'"1.0.0"', b'"docker.io/acme/plan:1.0.0"'))
    assert open_layout(tmp_path).list_tags(PLAN) == [V1]
    assert open_layout(tmp_path).head_manifest(PLAN, V1) == note.descriptor


def test_sha512_has_a_folder_of_its_own(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    digest = Digest.of(b"content", algorithm="sha512")
    store.put_blob(PLAN, Blob(digest, 7, Blob.of_bytes(b"content").open))
    layer = Descriptor(NOTE, digest, 7)
    content = render(Manifest(layer, (layer,), artifact_type=NOTE))
    named = Digest.of(content, algorithm="sha512")
    assert store.put_manifest(PLAN, named, content, media_types.OCI_MANIFEST) == named
    assert store.fetch_manifest(PLAN, named).content == content
    assert (tmp_path / PLAN / "blobs" / "sha512" / digest.encoded).read_bytes() == b"content"


def test_change_by_another_store_is_seen(tmp_path: Path) -> None:
    ours, theirs = open_layout(tmp_path), open_layout(tmp_path)
    publish(ours, PLAN, "1.0.0", b"a")
    # Same length, same moment: neither size nor a coarse clock tells the two apart.
    for content in (b"b", b"c", b"d"):
        ours.head_manifest(PLAN, V1)
        note = publish(theirs, PLAN, "1.0.0", content)
        assert ours.head_manifest(PLAN, V1) == note.descriptor


def test_settled_index_is_read_once(tmp_path: Path) -> None:
    store, path = open_layout(tmp_path), tmp_path / PLAN / "index.json"
    note = publish(store, PLAN, "1.0.0", b"content")
    os.utime(path, (1_000_000, 1_000_000))
    assert store.head_manifest(PLAN, V1) == note.descriptor
    # The same inode, size and time: only a reader that trusts them misses this.
    path.write_bytes(path.read_bytes().replace(b"1.0.0", b"9.9.9"))
    os.utime(path, (1_000_000, 1_000_000))
    assert store.head_manifest(PLAN, V1) == note.descriptor
    assert open_layout(tmp_path).list_tags(PLAN) == ["9.9.9"]


def test_root_removed_in_between_is_made_again(tmp_path: Path) -> None:
    store = open_layout(tmp_path / "root")
    publish(store, PLAN, "1.0.0", b"content")
    (tmp_path / "root").rename(tmp_path / "gone")
    note = publish(store, PLAN, "1.0.0", b"content")
    assert store.head_manifest(PLAN, V1) == note.descriptor


@pytest.mark.parametrize(
    ("name", "content", "message", "fix"),
    [
        pytest.param(
            "index.json",
            b'{"manifests":[',
            "not an image index: not a manifest: expected JSON, got b'{\"manifests\":['",
            "restore it from a copy, or delete it and publish again what this repository held",
            id="half-an-index",
        ),
        pytest.param(
            "oci-layout",
            b'{"imageLayoutVersion":"2.0.0"}',
            "not a layout that can be read: imageLayoutVersion: expected '1.0.0', got '2.0.0'",
            "use a version of pallet that knows this layout, or choose another directory",
            id="newer-layout",
        ),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str, fix: str) -> None:
    publish(open_layout(tmp_path), PLAN, "1.0.0", b"content")
    path = tmp_path / PLAN / name
    path.write_bytes(content)
    store = open_layout(tmp_path)
    for act in (lambda: store.head_manifest(PLAN, V1), lambda: publish(store, PLAN, "2.0.0", b"more")):
        with pytest.raises(StoreError) as refused:
            act()
        assert (str(refused.value), refused.value.fix) == (f"{path}: {message}", fix)
    assert path.read_bytes() == content


def test_index_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / PLAN).mkdir(parents=True)
    path = tmp_path / PLAN / "index.json"
    path.write_bytes(b'{"manifests":[]}')
    store = open_layout(tmp_path)
    for act in (lambda: store.list_tags(PLAN), lambda: publish(store, PLAN, "1.0.0", b"content")):
        with pytest.raises(StoreError) as refused:
            act()
        assert str(refused.value) == (
            f"{path.parent}: not an OCI layout: expected a file oci-layout beside index.json, got none"
        )
    assert path.read_bytes() == b'{"manifests":[]}'


@pytest.mark.parametrize(("left", "got"), [(None, "no such file"), (b"cut", "3 bytes")], ids=["gone", "cut"])
def test_lost_manifest_is_damage_and_not_absence(tmp_path: Path, left: bytes | None, got: str) -> None:
    store = open_layout(tmp_path, label="here")
    note = publish(store, PLAN, "1.0.0", b"content")
    path = tmp_path / PLAN / "blobs" / "sha256" / note.digest.encoded
    path.unlink() if left is None else path.write_bytes(left)
    for reference in (V1, note.digest):
        with pytest.raises(StoreError) as refused:
            store.head_manifest(PLAN, reference)
        assert not isinstance(refused.value, NotFoundError)
        assert str(refused.value) == (
            f"{store.name(PLAN, reference)}: layout is damaged: "
            f"expected {path} with {len(note.manifest)} bytes, got {got}"
        )
        assert refused.value.fix == "restore the file from a copy, or delete this tag and publish it again"
    publish(store, PLAN, "1.0.0", b"content")
    assert store.fetch_manifest(PLAN, V1).content == note.manifest


def test_rotten_bytes_are_never_handed_out(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    note = publish(store, PLAN, "1.0.0", b"content")
    blobs = tmp_path / PLAN / "blobs" / "sha256"
    for digest in (note.digest, note.blob.digest):
        path = blobs / digest.encoded
        path.write_bytes(b"!" * path.stat().st_size)
    with pytest.raises(DigestMismatchError) as rotten:
        store.fetch_manifest(PLAN, V1)
    assert rotten.value.fix == f"the file is damaged: delete {blobs / note.digest.encoded} and publish again"
    with pytest.raises(DigestMismatchError):
        list(store.fetch_blob(PLAN, note.layer))
    publish(store, PLAN, "1.0.0", b"content")
    assert store.fetch_manifest(PLAN, V1).content == note.manifest
    assert list(store.fetch_blob(PLAN, note.layer)) == [b"content"]


def test_blob_that_is_no_manifest_is_not_found(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    note = publish(store, PLAN, "1.0.0", b"content")
    with pytest.raises(NotFoundError, match="not found: no such manifest"):
        store.head_manifest(PLAN, note.blob.digest)


@pytest.mark.parametrize(
    ("content", "media_type", "message"),
    [
        pytest.param(
            b"{}",
            media_types.OCI_MANIFEST,
            "manifest refused: not a manifest: expected mediaType of a manifest or an index, got None",
            id="none",
        ),
        pytest.param(
            Note(b"x").manifest,
            media_types.OCI_INDEX,
            f"manifest refused: expected media type {media_types.OCI_INDEX}, got {media_types.OCI_MANIFEST}",
            id="other-type",
        ),
        pytest.param(
            Note(b"x").manifest,
            media_types.OCI_MANIFEST,
            f"manifest refused: expected its blobs in the repository first, got no {Digest.of(b'x')}",
            id="blob-missing",
        ),
        pytest.param(
            b" " * (MANIFEST_MAX_BYTES + 1),
            media_types.OCI_MANIFEST,
            f"manifest too large: expected at most {MANIFEST_MAX_BYTES} bytes, got {MANIFEST_MAX_BYTES + 1}",
            id="too-large",
        ),
    ],
)
def test_manifest_that_cannot_stand_is_refused(
    tmp_path: Path, content: bytes, media_type: str, message: str
) -> None:
    store = open_layout(tmp_path)
    with pytest.raises(StoreError) as refused:
        store.put_manifest(PLAN, V1, content, media_type)
    assert str(refused.value) == f"{store.name(PLAN, V1)}: {message}"
    assert tree(tmp_path) == {}


def test_blob_of_another_size_is_named(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    store.put_blob(PLAN, Blob.of_bytes(b"content"))
    layer = Descriptor(NOTE, Digest.of(b"content"), 8)
    with pytest.raises(StoreError, match=f"got 7 instead of 8 bytes of {layer.digest}$"):
        store.put_manifest(PLAN, V1, render(Manifest(layer, ())), media_types.OCI_MANIFEST)


def test_foreign_layers_need_not_be_here(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    store.put_blob(PLAN, Blob.of_bytes(b"{}"))
    foreign = Descriptor(
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest.of(b"elsewhere"), 9
    )
    content = render(Manifest(Descriptor(NOTE, Digest.of(b"{}"), 2), (foreign,)))
    assert store.put_manifest(PLAN, V1, content, media_types.OCI_MANIFEST) == Digest.of(content)


@pytest.mark.parametrize("where", ["root", "root/workflows", "root/workflows/plan"])
def test_file_where_a_folder_should_be(tmp_path: Path, where: str) -> None:
    path = tmp_path / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    store = open_layout(tmp_path / "root", label="root")
    for act in (
        lambda: store.head_manifest(PLAN, V1),
        lambda: store.has_blob(PLAN, Digest.of(b"")),
        lambda: store.put_blob(PLAN, Blob.of_bytes(b"content")),
    ):
        with pytest.raises(UnreachableError) as failed:
            act()
        assert str(failed.value).endswith(f": {path} is in the way: expected a folder, got a file")
        assert failed.value.fix == f"move {path} away, or choose another directory"


def test_file_as_a_root_is_not_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "root").write_bytes(b"")
    with pytest.raises(UnreachableError, match=r"is in the way: expected a folder, got a file$"):
        open_layout(tmp_path / "root").list_repositories()


def test_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    store = open_layout(tmp_path, label="here")
    blob = Blob.of_bytes(b"x" * 200_000)
    with _files_no_larger_than(100_000), pytest.raises(UnreachableError) as failed:
        store.put_blob(PLAN, blob)
    assert str(failed.value) == f"{store.name(PLAN, blob.digest)}: {tmp_path / PLAN}: file too large"
    assert failed.value.fix == f"check the disk that holds {tmp_path / PLAN}, then run again"
    assert tree(tmp_path) == {}
    store.put_blob(PLAN, blob)


def test_unreadable_source_is_not_the_layouts_fault(tmp_path: Path) -> None:
    store = open_layout(tmp_path / "root")
    blob = Blob.of_file(tmp_path / "gone.yaml", Digest.of(b"x"), 1)
    with pytest.raises(UnreachableError, match=r"cannot read the content to be stored: .*gone\.yaml"):
        store.put_blob(PLAN, blob)
    assert tree(tmp_path) == {}


def test_lock_that_is_never_released(tmp_path: Path) -> None:
    store = open_layout(tmp_path, lock_timeout_s=0.02)
    publish(store, PLAN, "1.0.0", b"content")
    path = tmp_path / PLAN / "index.json.lock"
    with filelock.FileLock(path), pytest.raises(ThrottledError) as busy:
        publish(store, PLAN, "2.0.0", b"more")
    assert str(busy.value) == (
        f"{store.name(PLAN, Tag('2.0.0'))}: {path} is locked: "
        "expected another process to finish within 0.02 s, got no end"
    )
    publish(store, PLAN, "2.0.0", b"more")


@contextmanager
def _files_no_larger_than(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_missing_tag_says_where_tags_are_listed(tmp_path: Path) -> None:
    store = open_layout(tmp_path, label="./mirror")
    publish(store, PLAN, "1.0.0", b"content")
    for read in (store.head_manifest, store.delete_manifest):
        with pytest.raises(NotFoundError, match=r"^oci-layout:\./mirror/workflows/plan:9\.9\.9: ") as caught:
            read(PLAN, Tag("9.9.9"))
        assert caught.value.fix == "pallet tags oci-layout:./mirror/workflows/plan lists them"
