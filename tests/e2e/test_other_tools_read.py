"""What pallet publishes in the reference registry, as oras, skopeo, crane and helm read it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.image_layouts import DOCKER_LIST, INDEX, ImageLayout, make_tar, pack
from tests.support.scenarios import Desk

CHART = "apiVersion: v2\nname: app\nversion: 1.2.3\n"


def tool(*command: str | Path) -> str:
    """Run another tool; skip, by its name, where it is not installed."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    ran = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    (tmp_path / "bench").mkdir()
    return Desk(tmp_path / "bench", "", capsys)


def push(desk: Desk, *arguments: str) -> str:
    ran = desk.pallet("push", *arguments)
    assert ran.code == 0, ran.everything
    return ran.stdout.split()[1]


def contents(folder: Path) -> dict[str, tuple[bytes | str, bool]]:
    """Return every file by its path: what it holds or leads to, and whether it may be run."""
    return {
        path.relative_to(folder).as_posix(): (
            (str(path.readlink()), False)
            if path.is_symlink()
            else (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        )
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_oras_pulls_files_and_folders(
    docker_registry: DockerRegistry, repository_prefix: str, bench: Desk, tmp_path: Path
) -> None:
    bench.write("in/note.md", "one")
    bench.write("in/site/a.txt", "two" * 50_000)
    bench.write("in/site/sub/run", "#!/bin/sh\n").chmod(0o755)
    bench.write("in/site/.hidden", "")
    (bench.root / "in/site/sub/link").symlink_to("../a.txt")
    reference = f"{docker_registry.host}/{repository_prefix}/files:1.0.0"
    push(bench, "in/note.md:text/x.note", "in/site", reference)

    tool("oras", "pull", "--plain-http", reference, "-o", tmp_path / "out")

    assert contents(tmp_path / "out") == contents(bench.root / "in")


@pytest.mark.parametrize("more", [[], ["--image-spec", "v1.0"], ["--config", "c.json:application/x.c+json"]])
def test_oras_pulls_one_file_alone(
    docker_registry: DockerRegistry, repository_prefix: str, bench: Desk, tmp_path: Path, more: list[str]
) -> None:
    bench.write("note.md", "one")
    bench.write("c.json", "{}")
    reference = f"{docker_registry.host}/{repository_prefix}/note:dev"
    push(bench, "note.md", reference, *more)

    tool("oras", "pull", "--plain-http", reference, "-o", tmp_path / "out")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["note.md"]


@pytest.mark.parametrize("reader", ["skopeo", "crane"])
@pytest.mark.parametrize("is_docker", [False, True], ids=["oci", "docker"])
def test_index_is_read_whole(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    bench: Desk,
    reader: str,
    *,
    is_docker: bool,
) -> None:
    layout = ImageLayout(bench.root / "build")
    add = layout.add_docker_image if is_docker else layout.add_image
    children = [add("amd64"), add("arm64")]
    index = layout.add_index(*children, media_type=DOCKER_LIST if is_docker else INDEX)
    layout.name(index)
    reference = f"{docker_registry.host}/{repository_prefix}/backend:1.0.0"

    assert push(bench, "build", reference) == index["digest"]

    if reader == "crane":
        assert tool("crane", "digest", "--insecure", reference).strip() == index["digest"]
        tool("crane", "validate", "--insecure", "--remote", reference)
        return
    copied = bench.root / "copied"
    tool(
        "skopeo",
        "copy",
        "-q",
        "--all",
        "--preserve-digests",
        "--src-tls-verify=false",
        f"docker://{reference}",
        f"dir:{copied}",
    )
    assert (copied / "manifest.json").read_bytes() == layout.blob_path(index).read_bytes()
    for child in children:
        name = f"{child['digest'].removeprefix('sha256:')}.manifest.json"
        assert (copied / name).read_bytes() == layout.blob_path(child).read_bytes()


def test_archive_of_skopeo_keeps_its_digest(
    docker_registry: DockerRegistry, repository_prefix: str, bench: Desk
) -> None:
    layout = ImageLayout(bench.root / "build")
    digest = layout.name(layout.add_index(layout.add_image("amd64"), layout.add_image("arm64")), "x")[
        "digest"
    ]
    archive = bench.root / "build.tar"
    tool(
        "skopeo",
        "copy",
        "-q",
        "--all",
        "--preserve-digests",
        f"oci:{layout.folder}:x",
        f"oci-archive:{archive}:y",
    )

    assert push(bench, "build.tar", f"{docker_registry.host}/{repository_prefix}/a:1.0.0") == digest


def test_image_from_layers_is_an_image(
    docker_registry: DockerRegistry, repository_prefix: str, bench: Desk
) -> None:
    bench.write("config.json", '{"architecture": "arm64", "os": "linux", "config": {"Cmd": ["/run"]}}')
    bench.write("base.tar.gz", pack(make_tar({"base": b"1"})))
    bench.write("app.tar.gz", pack(make_tar({"app": b"2"})))
    reference = f"{docker_registry.host}/{repository_prefix}/parts:1.0.0"
    push(bench, "base.tar.gz", "app.tar.gz", reference, "--kind", "image", "--config", "config.json")

    inspected = json.loads(
        tool("skopeo", "inspect", "--tls-verify=false", "--override-arch", "arm64", f"docker://{reference}")
    )

    assert (inspected["Architecture"], len(inspected["Layers"])) == ("arm64", 2)
    tool("crane", "validate", "--insecure", "--remote", reference)


def test_helm_pulls_what_helm_packaged(
    docker_registry: DockerRegistry, repository_prefix: str, bench: Desk
) -> None:
    bench.write("app/Chart.yaml", CHART)
    bench.write("app/templates/c.yaml", "a: 1\n")
    tool("helm", "package", bench.root / "app", "-d", bench.root)
    bench.write("app-1.2.3.tgz.prov", "signed")
    (bench.root / "out").mkdir()
    repository = f"{docker_registry.host}/{repository_prefix}/app"
    push(bench, "app-1.2.3.tgz", repository)

    tool(
        "helm",
        "pull",
        f"oci://{repository}",
        "--version",
        "1.2.3",
        "--plain-http",
        "--prov",
        "-d",
        bench.root / "out",
    )

    assert contents(bench.root / "out") == {
        name: ((bench.root / name).read_bytes(), False) for name in ("app-1.2.3.tgz", "app-1.2.3.tgz.prov")
    }
