from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.finding.tree import Tree
from reconciler.desired.pack import PACK_MAX_BYTES, gzip_stored, pack_folder
from reconciler.errors import DocumentError
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "charts" / "web"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("name: web\n")
    (folder / "values.yaml").write_text("replicas: 1\n")
    (folder / "templates" / "service.yaml").write_text("kind: Service\n")
    return folder


def names_in(packed: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return archive.getnames()


def pack(root: Path) -> bytes:
    return pack_folder(Tree(root), root, "charts/web", prefix="web").read()


def test_entries_stand_below_the_prefix(tmp_path: Path, chart: Path) -> None:
    assert chart.is_dir()
    assert names_in(pack(tmp_path)) == ["web/Chart.yaml", "web/templates/service.yaml", "web/values.yaml"]


def test_bytes_depend_on_names_and_content_alone(tmp_path: Path, chart: Path) -> None:
    before = pack(tmp_path)
    for file in sorted(chart.rglob("*.yaml")):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
        file.chmod(0o755)
    assert pack(tmp_path) == before


def test_packed_bytes_are_known(tmp_path: Path, chart: Path) -> None:
    assert chart.is_dir()
    digest = Digest.of(pack(tmp_path))
    assert digest == "sha256:f887a184a881954c11a4174bf4b1927966a41b16b958749ed63db9d0f23c0e4a"


def test_helmignore_leaves_files_out(tmp_path: Path, chart: Path) -> None:
    (chart / ".helmignore").write_text("*.bak\n")
    (chart / "values.yaml.bak").write_text("old\n")
    assert "web/values.yaml.bak" not in names_in(pack(tmp_path))
    assert "web/.helmignore" in names_in(pack(tmp_path))


def test_hidden_files_stay_out(tmp_path: Path, chart: Path) -> None:
    (chart / ".secret").write_text("x\n")
    assert "web/.secret" not in names_in(pack(tmp_path))


def test_too_large_folder_is_refused(tmp_path: Path, chart: Path) -> None:
    with (chart / "large.bin").open("wb") as file:
        file.truncate(PACK_MAX_BYTES + 1)
    with pytest.raises(
        DocumentError, match=r"^charts/web: too large to be packed: expected at most 33554432 bytes, got "
    ):
        pack(tmp_path)


@given(
    st.binary(max_size=200) | st.integers(65530, 65540).map(bytes) | st.integers(131060, 131080).map(bytes)
)
def test_stored_gzip_reads_back(content: bytes) -> None:
    assert gzip.decompress(gzip_stored(content)) == content
