"""Archives that are cut, or that lie: every command says so in words of its own, and leaves nothing behind."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from reconciler.oci.layout import open_layout
from reconciler.oci.pulling.layers import UNPACK
from reconciler.oci.reference import Repository
from tests.oci.pulling.archives import Member, extension, make_tar, sparse_gnu, sparse_pax
from tests.support.graphs import put_files
from tests.support.scenarios import Desk

APP = Repository("team/app")
TAR = make_tar(
    [
        Member("docs/Chart.yaml", b"apiVersion: v2\nname: docs\nversion: 1.0.0\n"),
        Member("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
        Member("index.json", b'{"schemaVersion":2,"manifests":[]}'),
        Member("docs/b", bytes(range(256)) * 40),
    ]
)
PLAIN = {
    "cut-in-a-file": TAR[:-12_000],
    "cut-in-a-header": TAR[:700],
    "headers-in-a-row": extension(b"9 path=b\n") * 3000 + TAR,
    "sparse": sparse_gnu(1 << 40),
    "sparse-pax": sparse_pax(1 << 40, "1.0"),
    "no-header": TAR[:1024] + b"\xff" * 4096,
}
PACKED = {
    **{name: gzip.compress(content, mtime=0) for name, content in PLAIN.items()},
    "gzip-cut": gzip.compress(TAR, mtime=0)[:-100],
    "gzip-checksum": gzip.compress(TAR, mtime=0)[:-8] + b"\0" * 8,
}


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = Desk(tmp_path / "bench", "", capsys)
    desk.root.mkdir(exist_ok=True)
    return desk


@pytest.mark.parametrize(
    "content", [*PLAIN.values(), *PACKED.values()], ids=[*PLAIN, *(f"{n}-gz" for n in PACKED)]
)
def test_pull_refuses_it(bench: Desk, content: bytes) -> None:
    put_files(open_layout(bench.root / "one"), APP, "1.0.0", {"docs": content}, annotations={UNPACK: "true"})

    ran = bench.pallet("pull", "oci-layout:one/team/app:1.0.0", "-o", "out")

    assert (ran.code, ran.stdout) == (4, "")
    assert "(docs): archive refused: cannot be unpacked: " in ran.stderr
    assert list((bench.root / "out").iterdir()) == []


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
def test_chart_is_not_published(bench: Desk, content: bytes) -> None:
    (bench.root / "docs-1.0.0.tgz").write_bytes(content)

    ran = bench.pallet("push", "docs-1.0.0.tgz", "oci-layout:one/team/app:1.0.0", "--kind", "helm-chart")

    assert (ran.code, ran.stdout) == (78, "")
    assert "docs-1.0.0.tgz: cannot be unpacked: " in ran.stderr


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN)
def test_image_is_not_published(bench: Desk, content: bytes) -> None:
    (bench.root / "image.tar").write_bytes(content)

    ran = bench.pallet("push", "image.tar", "oci-layout:one/team/app:1.0.0", "--kind", "image")

    assert (ran.code, ran.stdout) == (78, "")
    assert "image.tar: " in ran.stderr
    assert "expected a whole tar archive: " in ran.stderr


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
def test_diff_compares_it_by_digest(bench: Desk, content: bytes) -> None:
    store = open_layout(bench.root / "one")
    whole = gzip.compress(make_tar([Member("docs/a", b"one")]), mtime=0)
    put_files(store, APP, "1.0.0", {"a.tar.gz": whole})
    put_files(store, APP, "2.0.0", {"a.tar.gz": content})

    ran = bench.pallet("diff", "oci-layout:one/team/app:1.0.0", "oci-layout:one/team/app:2.0.0")

    assert ran.code == 0
    assert "cannot be looked into: " in ran.everything
