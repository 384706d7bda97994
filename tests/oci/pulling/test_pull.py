"""What a pull writes, what it leaves alone, and what it goes on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import (
    DigestMismatchError,
    NotFoundError,
    PalletError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, Platform
from reconciler.oci.pulling.layers import UNPACK, UNPACKED_DIGEST, Naming
from reconciler.oci.pulling.pull import Change, PullTerms
from reconciler.oci.pulling.titles import WORK_FOLDER
from reconciler.oci.reference import Repository
from tests.oci.pulling.archives import Member, make_tar, pack
from tests.oci.pulling.pulls import APP, FILES, V1, read, run
from tests.support.graphs import CONFIG, TITLE, put_content, put_files, put_image, put_index, put_manifest
from tests.support.memory_store import MemoryStore


def test_titles_become_files(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    result = run(store, out)
    assert read(out) == FILES
    assert [(file.item.path, file.change) for file in result.files] == [
        (title, Change.WRITTEN) for title in FILES
    ]
    assert result.reference == f"host.test/team/app@{result.descriptor.digest}"


def test_what_is_right_is_not_downloaded_again(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    run(store, out)
    (out / "a.txt").unlink()
    store.calls.clear()
    result = run(store, out)
    assert store.count("fetch_blob") == 1
    assert [file.change.value for file in result.files] == ["written", "unchanged", "unchanged"]


def test_other_content_is_refused_and_named(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    out.mkdir()
    (out / "docs").mkdir()
    for name in ("a.txt", "docs/b.md"):
        (out / name).write_text("mine")
    with pytest.raises(RefusedError) as caught:
        run(store, out)
    assert str(caught.value) == (
        f"{out}: a.txt, docs/b.md: something else is there: expected nothing, or the same content"
    )
    assert caught.value.fix == "--overwrite replaces files; a folder has to be moved away"
    assert read(out) == {"a.txt": b"mine", "docs/b.md": b"mine"}
    assert store.count("fetch_blob") == 0


def test_other_content_is_overwritten_on_request(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    out.mkdir()
    (out / "a.txt").write_text("mine")
    run(store, out, PullTerms(overwrite=True))
    assert read(out) == FILES


def test_folder_in_place_of_a_file_stays(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    (out / "a.txt").mkdir(parents=True)
    with pytest.raises(RefusedError, match=r"a\.txt: something else is there"):
        run(store, out, PullTerms(overwrite=True))


def test_same_content_under_two_titles_is_downloaded_once(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", {"a": b"same", "b/c": b"same", "d": b"same"})
    run(store, out)
    assert read(out) == {"a": b"same", "b/c": b"same", "d": b"same"}
    assert store.count("fetch_blob") == 1


def test_empty_file_is_written(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", {"empty": b""})
    run(store, out)
    assert read(out) == {"empty": b""}


def test_nothing_is_left_behind(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    run(store, out)
    assert sorted(path.name for path in out.iterdir()) == ["a.txt", "docs"]


# --- half of it -------------------------------------------------------------------------------------------


class Breaking(MemoryStore):
    """Breaks off in the middle of every blob, until it is mended."""

    def __init__(self) -> None:
        super().__init__("host.test")
        self.breaks_after: int | None = None
        self.offsets: list[int] = []

    def fetch_blob(
        self, repository: Repository, descriptor: Descriptor, *, offset: int = 0
    ) -> Iterator[bytes]:
        self.offsets.append(offset)
        content = b"".join(super().fetch_blob(repository, descriptor))[offset:]
        if self.breaks_after is None:
            yield content
            return
        yield content[: self.breaks_after]
        raise UnreachableError("the wire is cut", fix="mend it")


def test_interrupted_pull_goes_on_where_it_ended(out: Path) -> None:
    store = Breaking()
    put_files(store, APP, "1.0.0", {"a.txt": b"0123456789"})
    store.breaks_after = 4
    with pytest.raises(UnreachableError, match=r"^the wire is cut$"):
        run(store, out)
    assert not (out / "a.txt").exists()
    store.breaks_after = None
    run(store, out)
    assert store.offsets == [0, 4]
    assert (out / "a.txt").read_bytes() == b"0123456789"
    assert not (out / WORK_FOLDER).exists()


@pytest.mark.parametrize("held", [b"xxxx", b"0123456789!", b"0123456789"], ids=["wrong", "too-long", "whole"])
def test_what_is_held_is_hashed_again(out: Path, held: bytes) -> None:
    store = Breaking()
    content = b"0123456789"
    put_files(store, APP, "1.0.0", {"a.txt": content})
    (out / WORK_FOLDER).mkdir(parents=True)
    (out / WORK_FOLDER / f"sha256-{Digest.of(content).encoded}.partial").write_bytes(held)
    run(store, out)
    assert (out / "a.txt").read_bytes() == content
    assert (store.offsets == []) is (held == content)


def test_wrong_bytes_never_appear(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", {"a.txt": b"hello"})
    store.corrupt(APP, Digest.of(b"hello"), b"HELLO")
    with pytest.raises(DigestMismatchError):
        run(store, out)
    assert read(out) == {}


# --- folders ----------------------------------------------------------------------------------------------


def _folder_layer(
    store: MemoryStore, members: list[Member], annotations: Mapping[str, str] | None = None
) -> None:
    tar = make_tar(members)
    put_files(
        store,
        APP,
        "1.0.0",
        {"docs": pack(tar)},
        annotations={UNPACK: "true", UNPACKED_DIGEST: Digest.of(tar), **(annotations or {})},
    )


def test_archived_folder_becomes_a_folder(store: MemoryStore, out: Path) -> None:
    _folder_layer(store, [Member("docs/a.md", b"one"), Member("docs/deep/b.md", b"two")])
    (result,) = run(store, out).files
    assert read(out) == {"docs/a.md": b"one", "docs/deep/b.md": b"two"}
    assert (result.item.path, result.files) == ("docs", 2)


def test_archive_stays_one_on_request(store: MemoryStore, out: Path) -> None:
    _folder_layer(store, [Member("docs/a.md", b"one")])
    run(store, out, PullTerms(naming=Naming(unpack=False)))
    assert (out / "docs").is_file()


def test_bad_archive_writes_nothing(store: MemoryStore, out: Path) -> None:
    _folder_layer(store, [Member("docs/a.md", b"one"), Member("../../secret", b"evil")])
    with pytest.raises(RefusedError, match="archive refused"):
        run(store, out)
    assert "docs/a.md" not in read(out)
    assert (out.parent / "secret").read_text() == "secret"
    assert not (out / WORK_FOLDER).exists()


def test_digest_of_the_folder_counts(store: MemoryStore, out: Path) -> None:
    _folder_layer(store, [Member("docs/a.md", b"one")], {UNPACKED_DIGEST: Digest.of(b"other")})
    with pytest.raises(DigestMismatchError, match=r"\(docs\): unpacked: digest mismatch"):
        run(store, out)
    assert "docs/a.md" not in read(out)
    assert not (out / WORK_FOLDER).exists()


# --- names ------------------------------------------------------------------------------------------------


def test_image_says_how_it_can_be_kept(store: MemoryStore, out: Path) -> None:
    put_image(store, APP, "1.0.0", b"layer")
    with pytest.raises(UsageError) as caught:
        run(store, out)
    assert "a container image: expected layers with titles, got 1 without" in str(caught.value)
    assert caught.value.fix == (
        "keep it as an image: pallet copy host.test/team/app:1.0.0 oci-layout:DIR/NAME; "
        "or take its layers: --by-digest"
    )


def test_layers_without_a_title_are_left_out_and_said(store: MemoryStore, out: Path) -> None:
    named = replace(put_content(store, APP, b"named", "text/plain"), annotations={TITLE: "a.txt"})
    nameless = put_content(store, APP, b"nameless", "text/plain")
    config = put_content(store, APP, b"config", "application/vnd.test.config.v1+json")
    put_manifest(store, APP, "1.0.0", Manifest(config, (named, nameless)))
    assert run(store, out).nameless == (nameless,)
    assert read(out) == {"a.txt": b"named"}
    by_digest = run(store, out, PullTerms(naming=Naming(by_digest=True, include_config=True)))
    assert [file.item.path for file in by_digest.files] == [
        "a.txt",
        f"sha256-{nameless.digest.encoded}.txt",
        "config.json",
    ]


def test_nothing_but_nameless_layers_says_what_to_do(store: MemoryStore, out: Path) -> None:
    layer = put_content(store, APP, b"x", "text/plain")
    put_manifest(store, APP, "1.0.0", Manifest(layer, (layer,)))
    with pytest.raises(UsageError, match="nothing to write: expected layers with titles, got 1") as caught:
        run(store, out)
    assert caught.value.fix == "--by-digest names files by their digest"


def test_helm_chart_is_called_as_helm_calls_it(store: MemoryStore, out: Path) -> None:
    chart = put_content(store, APP, b"chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    config = put_content(store, APP, b"{}", "application/vnd.cncf.helm.config.v1+json")
    annotations = {TITLE: "web", "org.opencontainers.image.version": "1.2.3"}
    put_manifest(store, APP, "1.0.0", Manifest(config, (chart,), annotations=annotations))
    run(store, out)
    assert read(out) == {"web-1.2.3.tgz": b"chart"}


# --- platforms --------------------------------------------------------------------------------------------


def _index(store: MemoryStore) -> None:
    entries = []
    for architecture in ("amd64", "arm64"):
        found = put_files(store, APP, architecture, {"tool": architecture.encode()})
        entries.append(replace(found, platform=Platform("linux", architecture)))
    put_index(store, APP, "1.0.0", *entries)


def test_platform_chooses_from_an_index(store: MemoryStore, out: Path) -> None:
    _index(store)
    result = run(store, out, PullTerms(Platform("linux", "arm64")))
    assert read(out) == {"tool": b"arm64"}
    assert result.chosen_from == store.head_manifest(APP, V1).digest


def test_index_without_a_platform_names_them(store: MemoryStore, out: Path) -> None:
    _index(store)
    with pytest.raises(UsageError) as caught:
        run(store, out)
    assert str(caught.value) == (
        "host.test/team/app:1.0.0: an index: expected one platform, got linux/amd64, linux/arm64"
    )
    assert caught.value.fix == "name one: --platform linux/amd64"


def test_absent_artifact_leaves_no_folder(store: MemoryStore, out: Path) -> None:
    with pytest.raises(NotFoundError):
        run(store, out)
    assert not out.exists()


def test_disk_that_refuses_is_said(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    out.write_text("a file")
    with pytest.raises(PalletError, match="in the way: expected a folder, got a file"):
        run(store, out)


def test_image_config_is_no_layer(store: MemoryStore, out: Path) -> None:
    config = put_content(store, APP, b"{}", CONFIG)
    put_manifest(store, APP, "1.0.0", Manifest(config, ()))
    with pytest.raises(UsageError, match="got 0 without"):
        run(store, out)
