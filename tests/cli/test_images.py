"""Images in pallet.toml: published whole or made from layers, locked, and taken as locked."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from reconciler.oci.digest import Digest
from tests.support.image_layouts import ImageLayout, make_tar, pack
from tests.support.scenarios import Desk

HEAD = '[project]\nname = "acme"\n[target.local]\nurl = "oci-layout:.pallet/registry"\n'
WHOLE = """
[[artifact]]
kind = "image"
files = "build/backend"
repository = "myapp/{stem}"
version = { file = "VERSION" }
floating-tags = ["latest"]
"""
PARTS = """
[[artifact]]
kind = "image"
config = "build/config.json"
layers = ["build/base.tar.gz", "build/app.tar"]
repository = "myapp/parts"
version = "1.0.0"
"""
NAME = "myapp/backend"


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A project whose build has written an image for two platforms, which git ignores."""
    desk = Desk(tmp_path / "shop", "", capsys)
    desk.write("pallet.toml", HEAD + WHOLE)
    desk.write("VERSION", "1.0.0\n")
    desk.write(".gitignore", "build/\n")
    build(desk, "first")
    return desk


def build(desk: Desk, text: str) -> str:
    """Write the image anew, and return its digest."""
    shutil.rmtree(desk.root / "build/backend", ignore_errors=True)
    layout = ImageLayout(desk.root / "build/backend")
    index = layout.add_index(layout.add_image("amd64", text=text), layout.add_image("arm64", text=text))
    return str(layout.name(index)["digest"])


def published(desk: Desk, name: str = NAME) -> dict[str, str]:
    """Return which tag names which digest."""
    index = json.loads((desk.root / ".pallet/registry" / name / "index.json").read_text())
    key = "org.opencontainers.image.ref.name"
    return {
        entry["annotations"][key]: entry["digest"] for entry in index["manifests"] if "annotations" in entry
    }


def test_index_is_published_with_its_own_digest(shop: Desk) -> None:
    digest = build(shop, "first")

    ran = shop.pallet("sync")

    assert ran.code == 0, ran.everything
    assert published(shop) == {"1.0.0": digest, "latest": digest}
    assert f'digest = "{digest}"' in shop.lock.read_text()
    assert 'files = [\n  { path = "build/backend", digest = "' + digest in shop.lock.read_text()
    assert 'media-type = "application/vnd.oci.image.index.v1+json"' in shop.lock.read_text()
    assert shop.pallet("check").code == 0


def test_archive_is_locked_as_its_layout_is(shop: Desk) -> None:
    shop.pallet("lock")
    before = shop.lock.read_text()
    layout = ImageLayout(shop.root / "other")
    layout.name(
        layout.add_index(layout.add_image("amd64", text="first"), layout.add_image("arm64", text="first"))
    )
    shutil.rmtree(shop.root / "build/backend")
    layout.archive(shop.root / "build/backend")

    shop.pallet("lock")

    assert shop.lock.read_text() == before


def test_new_build_of_a_version_is_edited(shop: Desk) -> None:
    shop.pallet("sync")
    build(shop, "second")

    ran = shop.pallet("sync")

    assert ran.code == 4
    assert "edited" in ran.everything


def test_floating_tag_follows_images_that_say_no_project(shop: Desk) -> None:
    shop.pallet("sync")
    shop.lock.unlink()  # as for another target, whose lock has moved on
    shop.write("VERSION", "1.1.0")
    digest = build(shop, "second")

    ran = shop.pallet("sync")

    assert ran.code == 0, ran.everything
    assert published(shop)["latest"] == digest


def test_floating_tag_of_somebody_else_stays(shop: Desk) -> None:
    shop.pallet("sync")
    shop.write("note.md", "x")
    shop.pallet("push", "note.md", f"{NAME}:latest", "--kind", "files")
    before = published(shop)["latest"]
    shop.write("VERSION", "1.1.0")
    build(shop, "second")

    ran = shop.pallet("sync")

    assert "foreign" in ran.everything
    assert published(shop)["latest"] == before


def test_absent_build_is_taken_as_locked(shop: Desk) -> None:
    shop.pallet("sync")
    shutil.rmtree(shop.root / "build")

    ran = shop.pallet("sync", "--locked")

    assert ran.code == 0, ran.everything
    assert "myapp/backend 1.0.0 is taken as locked: build/backend is not in this clone" in ran.stderr
    for command in (["check"], ["lock", "--check"], ["validate"], ["explain", NAME]):
        assert shop.pallet(*command).code == 0, command


@pytest.mark.parametrize("absent", [pytest.param((), id="here"), pytest.param(("sbom.json",), id="not here")])
def test_absent_build_keeps_its_attachments(shop: Desk, absent: tuple[str, ...]) -> None:
    config = (shop.root / "pallet.toml").read_text("utf-8")
    shop.write("pallet.toml", f'{config}\n[[artifact.attach]]\nfiles = "sbom.json"\n')
    shop.write("sbom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}')
    assert shop.pallet("sync").code == 0
    shutil.rmtree(shop.root / "build")
    for name in absent:
        (shop.root / name).unlink()

    for command in (["sync", "--locked"], ["check"], ["lock", "--check"]):
        ran = shop.pallet(*command)
        assert ran.code == 0, ran.everything


def test_absent_build_is_an_error_without_the_lock_s_word(shop: Desk) -> None:
    shop.pallet("sync")
    shutil.rmtree(shop.root / "build")

    ran = shop.pallet("sync")

    assert ran.code == 78
    assert "build/backend is not in this clone: expected what a build writes, got no such file" in ran.stderr
    assert "→ build it; or, where pallet.lock may be believed, say --locked" in ran.stderr


def test_absent_build_that_nobody_locked_is_an_error(shop: Desk) -> None:
    shop.pallet("sync")
    shutil.rmtree(shop.root / "build")
    shop.write("VERSION", "1.1.0")

    ran = shop.pallet("check")

    assert ran.code == 78
    assert "expected an entry of pallet.lock to believe, got none" in ran.stderr


def test_absent_build_cannot_be_pushed(shop: Desk) -> None:
    shop.pallet("sync")
    shutil.rmtree(shop.root / "build")
    shutil.rmtree(shop.root / ".pallet")

    ran = shop.pallet("sync", "--locked", "--format", "json")

    document = json.loads(ran.stdout)
    assert ran.code == 1
    (action,) = document["actions"]
    assert (action["verdict"], action["action"], action["outcome"]) == ("missing", "none", "failed")
    assert action["reason"] == (
        "locked, and not in the registry; it cannot be pushed: not in this clone: build/backend"
    )
    assert action["fix"] == "run the build that writes build/backend, then pallet sync"
    assert shop.pallet("check").code == 3


def test_floating_tag_of_an_absent_build_is_moved(shop: Desk) -> None:
    digest = build(shop, "first")
    shop.pallet("sync")
    shutil.rmtree(shop.root / "build")
    index = shop.root / ".pallet/registry" / NAME / "index.json"
    document = json.loads(index.read_text())
    key = "org.opencontainers.image.ref.name"
    document["manifests"] = [
        entry for entry in document["manifests"] if entry.get("annotations", {}).get(key) != "latest"
    ]
    index.write_text(json.dumps(document))

    ran = shop.pallet("sync", "--locked")

    assert ran.code == 0, ran.everything
    assert published(shop)["latest"] == digest


def test_words_for_a_whole_image_are_refused(shop: Desk) -> None:
    shop.write("pallet.toml", HEAD + WHOLE + 'stable = false\n[artifact.annotations]\n"a.b" = "c"\n')

    ran = shop.pallet("validate")

    assert ran.code == 78
    assert "annotations, stable: expected nothing to be written into an image" in ran.stderr


def test_named_image_of_several_is_published(shop: Desk) -> None:
    layout = ImageLayout(shop.root / "build/backend")
    dev = layout.name(layout.add_image(text="dev"), "dev")
    layout.name(layout.add_image(text="other"), "other")
    shop.write("pallet.toml", HEAD + WHOLE.replace('"build/backend"', '"build/backend:dev"'))

    ran = shop.pallet("sync")

    assert ran.code == 0, ran.everything
    assert published(shop)["1.0.0"] == dev["digest"]
    assert '{ path = "build/backend", ' in shop.lock.read_text()


def write_parts(desk: Desk) -> None:
    desk.write("pallet.toml", HEAD + PARTS)
    desk.write("build/config.json", '{"architecture": "amd64", "os": "linux"}')
    desk.write("build/base.tar.gz", pack(make_tar({"base": b"1"})))
    desk.write("build/app.tar", make_tar({"app": b"2"}))


def test_image_from_layers_says_its_project(shop: Desk) -> None:
    write_parts(shop)

    ran = shop.pallet("sync")

    assert ran.code == 0, ran.everything
    digest = Digest(published(shop, "myapp/parts")["1.0.0"])
    path = shop.root / ".pallet/registry/myapp/parts/blobs/sha256" / digest.encoded
    manifest = json.loads(path.read_bytes())
    assert manifest["annotations"] == {
        "org.opencontainers.image.title": "parts",
        "org.opencontainers.image.version": "1.0.0",
        "org.pallet.project": "acme",
    }
    assert "artifactType" not in manifest
    assert shop.lock.read_text().count("{ path = ") == 3


def test_all_missing_parts_are_named(shop: Desk) -> None:
    write_parts(shop)
    (shop.root / "build/base.tar.gz").unlink()
    (shop.root / "build/config.json").unlink()

    ran = shop.pallet("lock")

    assert ran.code == 78
    assert "build/config.json, build/base.tar.gz are not in this clone" in ran.stderr


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param('kind = "image"', 'kind = "files"', "expected a kind of images", id="other-kind"),
        pytest.param(
            "config =", 'files = "x"\nconfig =', "expected files, or config and layers, got both", id="both"
        ),
        pytest.param('config = "build/config.json"\n', "", "config", id="layers-alone"),
        pytest.param('kind = "image"', 'kind = "image"\nbundle = true', "got a bundle", id="bundle"),
    ],
)
def test_entry_that_cannot_be_meant_is_refused(shop: Desk, old: str, new: str, complaint: str) -> None:
    write_parts(shop)
    shop.write("pallet.toml", (HEAD + PARTS).replace(old, new))

    ran = shop.pallet("validate")

    assert ran.code == 78
    assert complaint in ran.stderr


def test_version_file_of_an_image_is_bumped(shop: Desk) -> None:
    shop.pallet("sync")
    shutil.rmtree(shop.root / "build")

    ran = shop.pallet("bump", NAME, "minor")

    assert ran.code == 0, ran.everything
    assert (shop.root / "VERSION").read_text() == "1.1.0\n"


def test_large_files_are_hashed_once(shop: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))
    write_parts(shop)
    path = shop.write("build/app.tar", make_tar({"app": os.urandom(2_000_000)}))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    shop.pallet("lock")
    locked = shop.lock.read_text()
    with path.open("r+b") as file:
        file.write(b"\xff" * 1000)
    os.utime(path, (1_700_000_000, 1_700_000_000))

    assert shop.pallet("lock", "--check").code == 0
    ran = shop.pallet("sync")

    assert ran.code == 1
    assert "build/app.tar: digest mismatch" in ran.everything
    assert "run again: its digest was remembered from before, and is forgotten now" in ran.everything
    assert shop.lock.read_text() == locked
    assert "expected a layer: a tar archive" in shop.pallet("sync").stderr
