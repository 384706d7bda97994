"""`pallet diff`: two versions, two places, files and registry; by what the content is."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.desired.build import TITLE
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Descriptor, Index, Manifest, Platform, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import Store
from tests.support.results import read_result
from tests.support.scenarios import Desk

APP = Repository("app")
TYPES = {".tgz": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", ".txt": "text/plain"}
A, B = "oci-layout:one/app:1.0.0", ":1.1.0"


@pytest.fixture
def store(desk: Desk) -> Store:
    return open_layout(desk.root / "one")


def _put(
    store: Store, tag: str, files: Mapping[str, bytes], annotations: Mapping[str, str] | None = None
) -> bytes:
    layers = []
    for title, content in files.items():
        blob = Blob.of_bytes(content)
        store.put_blob(APP, blob)
        media_type = TYPES.get(title[-4:], "application/octet-stream")
        layers.append(Descriptor(media_type, blob.digest, blob.size_bytes, {TITLE: title}))
    store.put_blob(APP, Blob.of_bytes(b"{}"))
    config = Descriptor(media_types.EMPTY, Digest.of(b"{}"), 2)
    manifest = render(Manifest(config, tuple(layers), annotations=annotations or {}))
    store.put_manifest(APP, Tag(tag), manifest, media_types.OCI_MANIFEST)
    return manifest


def _body(text: str) -> str:
    """Return a difference without the two lines that name the sides."""
    return text.partition("\n")[2].partition("\n")[2]


def _tgz(members: Mapping[str, bytes], *, mtime: int = 0, mode: int = 0o644) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), mtime, mode
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def _zip(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


CONTENTS = [
    pytest.param("a.yaml", b"a: 1\nb: [x]\n", b"a: 2\nb: [x, y]\n", "~ a: 1 → 2\n+ b[1]: \"y\"\n", id="yaml"),
    pytest.param("a.json", b'{"a": 1}', b'{"c": 1}', "- a: 1\n+ c: 1\n", id="json"),
    pytest.param(
        "a.yaml", b"a: 1\n", b"# one\na: 1\n", "  the same fields: comments, order or white space differ\n", id="layout"
    ),
    pytest.param("a.md", b"one\ntwo\n", b"one\n2\n", "@@ -1,2 +1,2 @@\n one\n-two\n+2\n", id="lines"),
    pytest.param("a.yaml", b"a: [\n", b"a: {\n", "@@ -1 +1 @@\n-a: [\n+a: {\n", id="no-yaml"),
    pytest.param(
        "a.tgz",
        _tgz({"old": b"1", "same": b"s", "x": b"1"}),
        _tgz({"new": b"22", "same": b"s", "x": b"2"}, mtime=9),
        "+ new: 2 bytes\n- old: 1 bytes\n~ x: 1 bytes, sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b → 1 bytes, sha256:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35\n",
        id="tgz",
    ),
    pytest.param(
        "a.tgz",
        _tgz({"a": b"1"}),
        _tgz({"a": b"1"}, mtime=9),
        "  the same members: order, times or compression differ\n",
        id="tgz-times",
    ),
    pytest.param("a.zip", _zip({"a": b"1"}), _zip({"b": b"1"}), "- a: 1 bytes\n+ b: 1 bytes\n", id="zip"),
    pytest.param("a.md", b"x\n", b"\x1b[31mred\n", "@@ -1 +1 @@\n-x\n+\ufffd[31mred\n", id="control-characters"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "before", "after", "expected"), CONTENTS)
def test_content_is_compared_by_what_it_is(
    desk: Desk, store: Store, title: str, before: bytes, after: bytes, expected: str
) -> None:
    _put(store, "1.0.0", {title: before})
    _put(store, "1.1.0", {title: after})

    ran = desk.pallet("diff", A, B)

    assert ran.code == 0, ran.stderr
    assert _body(ran.stdout) == f"\n{title}\n{expected}"


def test_chart_is_compared_by_its_members(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"app-1.0.0.tgz": _tgz({"app/values.yaml": b"a: 1\n", "app/x": b"same"})})
    _put(store, "1.1.0", {"app-1.1.0.tgz": _tgz({"app/values.yaml": b"a: 22\n", "app/x": b"same"})})

    assert _body(desk.pallet("diff", A, B).stdout) == (
        "\napp-1.1.0.tgz\n~ layer title: app-1.0.0.tgz → app-1.1.0.tgz\n~ app/values.yaml: 5 bytes → 6 bytes\n"
    )


def test_renamed_file_is_told_as_such(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"n.txt": b"same", "x.txt": b"x"})
    _put(store, "1.1.0", {"x.txt": b"x", "renamed.txt": b"same"})

    assert _body(desk.pallet("diff", A, B).stdout) == ("\nrenamed.txt\n~ layer title: n.txt → renamed.txt\n")


def test_only_who_may_run_it_differs(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.tgz": _tgz({"run": b"1"})})
    _put(store, "1.1.0", {"a.tgz": _tgz({"run": b"1"}, mode=0o755)})

    assert desk.pallet("diff", A, B).stdout.endswith(
        "\na.tgz\n~ run: 1 bytes, file → 1 bytes, file, executable\n"
    )


def test_index_and_image_are_told_apart(desk: Desk, store: Store) -> None:
    child = _put(store, "1.0.0", {"a.txt": b"a"}, {"org.test.one": "1"})
    entry = Descriptor(
        media_types.OCI_MANIFEST, Digest.of(child), len(child), platform=Platform("linux", "arm64")
    )
    store.put_manifest(APP, Tag("1.1.0"), render(Index((entry,))), media_types.OCI_INDEX)

    assert _body(desk.pallet("diff", A, B).stdout) == (
        f"\nmanifest\n~ manifest mediaType: {media_types.OCI_MANIFEST} → {media_types.OCI_INDEX}\n"
        "~ manifest holds: 1 layer → 1 manifest: linux/arm64\n- annotation org.test.one: 1\n"
    )


TEXTS = [
    pytest.param(b"a\nb\nc\n", b"a\nB\nc\n", id="a-line"),
    pytest.param(b"a\nb\n", b"a\nb", id="the-last-end-went"),
    pytest.param(b"a\nb", b"a\nb\n", id="the-last-end-came"),
    pytest.param(b"a\nb", b"a\nc", id="neither-ends"),
    pytest.param(b"a\nb", b"x\nb", id="neither-ends-unchanged"),
    pytest.param(b"", b"a\n\n", id="from-nothing"),
    pytest.param(b"a\n", b"", id="to-nothing"),
    pytest.param(b"\ta\r\n-- x\n@@ y\n", b"\tb\r\n++ x\n@@ z", id="looks-like-a-header"),
    pytest.param(b"".join(b"%d\n" % n for n in range(40)), b"".join(b"%d\n" % n for n in range(40) if n % 17), id="hunks"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), TEXTS)
def test_lines_are_what_patch_takes(
    desk: Desk, store: Store, tmp_path: Path, before: bytes, after: bytes
) -> None:
    if shutil.which("patch") is None:
        pytest.skip("patch is not installed")
    _put(store, "1.0.0", {"a.txt": before})
    _put(store, "1.1.0", {"a.txt": after})
    file = tmp_path / "a.txt"
    file.write_bytes(before)

    parts = read_result(desk.pallet("diff", A, B, "--format", "json").stdout)["parts"]
    lines = "".join(f"{line}\n" for line in parts[0]["lines"])
    subprocess.run(["patch", "--binary", "-s", str(file)], input=lines.encode(), check=True)

    assert (file.read_bytes() if file.exists() else b"") == after


def test_missing_last_line_end_is_said(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"\ta\nb\n"})
    _put(store, "1.1.0", {"a.txt": b"\ta\nb"})

    assert desk.pallet("diff", A, B).stdout.endswith(
        "\na.txt\n@@ -1,2 +1,2 @@\n \ta\n-b\n+b\n\\ No newline at end of file\n"
    )


def test_binary_is_compared_by_digest(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.bin": b"\x00\xff"})
    _put(store, "1.1.0", {"a.bin": b"\x00\xfe\xfe"})

    ran = desk.pallet("diff", A, B)

    assert f"~ a.bin: {Digest.of(bytes((0, 255)))} (2 bytes) → " in ran.stdout
    assert "(3 bytes)\n" in ran.stdout


def test_broken_archive_is_compared_by_digest(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.tgz": _tgz({"a": b"1"})})
    _put(store, "1.1.0", {"a.tgz": _tgz({"a": b"1"})[:-12]})

    ran = desk.pallet("diff", A, B)

    assert ran.code == 0, ran.stderr
    assert "  cannot be looked into: " in ran.stdout


def test_files_and_annotations_that_came_and_went(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"a", "b.txt": b"b"}, {"org.test.one": "1", "org.test.gone": "x"})
    _put(store, "1.1.0", {"a.txt": b"a", "c.bin": b"c", "d.bin": b"d"}, {"org.test.one": "2\x07"})

    ran = desk.pallet("diff", A, B)

    assert _body(ran.stdout) == (
        "\nmanifest\n- annotation org.test.gone: x\n~ annotation org.test.one: 1 → 2\ufffd\n"
        f"\nb.txt\n- b.txt: {Digest.of(b'b')} (1 bytes)\n"
        f"\nc.bin\n+ c.bin: {Digest.of(b'c')} (1 bytes)\n"
        f"\nd.bin\n+ d.bin: {Digest.of(b'd')} (1 bytes)\n"
    )


def test_long_difference_is_cut(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"".join(b"a%d\n" % number for number in range(3000))})
    _put(store, "1.1.0", {"a.txt": b"".join(b"b%d\n" % number for number in range(3000))})

    assert desk.pallet("diff", A, B).stdout.endswith("  cut after 2000 lines\n")


def test_same_is_silent(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"a"})
    _put(store, "1.1.0", {"a.txt": b"a"})

    ran = desk.pallet("diff", A, B, "--detailed-exitcode")

    assert (ran.code, ran.stdout) == (0, "")
    assert "are the same: sha256:" in ran.stderr


def test_detailed_exit_code_says_that_they_differ(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"a"})
    _put(store, "1.1.0", {"a.txt": b"b"})

    assert desk.pallet("diff", A, B).code == 0
    assert desk.pallet("diff", A, B, "--detailed-exitcode").code == 2


def test_json_says_the_same(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.yaml": b"a: 1\n", "b.txt": b"x\n"})
    _put(store, "1.1.0", {"a.yaml": b"a: 2\n", "b.txt": b"y\n"})

    document = read_result(desk.pallet("diff", A, "@^1.1", "--format", "json", "--detailed-exitcode").stdout)

    assert (document["same"], document["exit_code"]) == (False, 2)
    assert [(part["where"], part["how"]) for part in document["parts"]] == [
        ("a.yaml", "fields"),
        ("b.txt", "lines"),
    ]
    assert document["parts"][0]["changes"] == [{"what": "field", "where": "a", "before": "1", "after": "2"}]


def test_index_is_followed_by_platform(desk: Desk, store: Store) -> None:
    arm, amd = Platform("linux", "arm64"), Platform("linux", "amd64")
    for tag, text in (("1.0.0", b"one\n"), ("1.1.0", b"two\n")):
        child = _put(store, f"arm-{tag}", {"a.txt": text})
        entries = [Descriptor(media_types.OCI_MANIFEST, Digest.of(child), len(child), platform=arm)]
        if tag == "1.1.0":
            entries.append(Descriptor(media_types.OCI_MANIFEST, Digest.of(child), len(child), platform=amd))
        store.put_manifest(APP, Tag(tag), render(Index(tuple(entries))), media_types.OCI_INDEX)

    ran = desk.pallet("diff", A, B)

    assert "~ entry linux/arm64: sha256:" in ran.stdout
    assert "+ entry linux/amd64: sha256:" in ran.stdout
    assert ran.stdout.endswith("\nlinux/arm64 a.txt\n@@ -1 +1 @@\n-one\n+two\n")


def test_two_places_are_compared(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"a\n"})
    _put(open_layout(desk.root / "two"), "1.0.0", {"a.txt": b"b\n"})

    ran = desk.pallet("diff", A, "oci-layout:two/app:1.0.0")

    assert ran.stdout.startswith("--- oci-layout:one/app:1.0.0  sha256:")
    assert "+++ oci-layout:two/app:1.0.0  sha256:" in ran.stdout


def test_absent_side_is_an_error(desk: Desk, store: Store) -> None:
    _put(store, "1.0.0", {"a.txt": b"a\n"})
    ran = desk.pallet("diff", A, ":9.9.9")
    assert ran.code == 1
    assert ran.stderr == (
        "pallet: oci-layout:one/app:9.9.9: no such tag: expected 9.9.9, got 1.0.0\n"
        "  → ask for one of these; `pallet tags oci-layout:one/app` lists all\n"
    )


def test_files_are_compared_with_what_is_published(synced: Desk) -> None:
    file = synced.root / "workflows/triage.yaml"
    file.write_text(file.read_text().replace("timeout: 20", "timeout: 25"))

    ran = synced.pallet("diff", "workflows/triage")

    assert ran.code == 0, ran.stderr
    assert "~ steps[1].timeout: 20 → 25\n" in ran.stdout
    assert "+++ workflows/triage.yaml (" in ran.stdout


def test_files_of_a_new_version_are_compared_with_the_newest(synced: Desk) -> None:
    file = synced.root / "workflows/triage.yaml"
    file.write_text(file.read_text().replace("  version: ", "  version: 9"))

    ran = synced.pallet("diff", "workflows/triage")

    assert ran.code == 0, ran.stderr
    assert "~ metadata.version: " in ran.stdout


def test_unchanged_files_are_the_same(synced: Desk) -> None:
    assert synced.pallet("diff", "workflows/triage", "--detailed-exitcode").code == 0


def test_repository_of_nobody_is_wrong_usage(synced: Desk) -> None:
    ran = synced.pallet("diff", "workflows/nothing")
    assert ran.code == 64
    assert "workflows/nothing: expected a repository of pallet.toml, got another one" in ran.stderr
