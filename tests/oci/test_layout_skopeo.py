"""Another tool reads what pallet wrote, carries it, and writes what pallet reads."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.reference import Repository, Tag
from tests.support.artifacts import publish
from tests.support.docker_registry import DockerRegistry

pytestmark = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")

REPOSITORY, V1 = Repository("workflows/plan"), Tag("1.0.0")


def _skopeo(*arguments: str) -> bytes:
    done = subprocess.run(["skopeo", "--insecure-policy", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_skopeo_reads_the_manifest(tmp_path: Path) -> None:
    note = publish(open_layout(tmp_path), REPOSITORY, "1.0.0", b"content")
    publish(open_layout(tmp_path), REPOSITORY, "2.0.0", b"other")
    assert _skopeo("inspect", "--raw", f"oci:{tmp_path}/workflows/plan:1.0.0") == note.manifest


def test_registry_and_back_keeps_the_digest(
    tmp_path: Path, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    note = publish(open_layout(tmp_path / "one"), REPOSITORY, "1.0.0", b"content")
    remote = f"docker://{docker_registry.host}/{repository_prefix}/plan:1.0.0"
    back = tmp_path / "two" / "workflows" / "plan"
    back.mkdir(parents=True)
    _skopeo("copy", "--dest-tls-verify=false", f"oci:{tmp_path}/one/workflows/plan:1.0.0", remote)
    _skopeo("copy", "--src-tls-verify=false", remote, f"oci:{back}:1.0.0")
    store = open_layout(tmp_path / "two")
    assert store.list_repositories() == [REPOSITORY]
    assert store.fetch_manifest(REPOSITORY, V1).content == note.manifest
    assert b"".join(store.fetch_blob(REPOSITORY, note.layer)) == b"content"


def test_both_write_into_one_layout(tmp_path: Path) -> None:
    store = open_layout(tmp_path)
    ours = publish(store, REPOSITORY, "1.0.0", b"ours")
    image = _image(tmp_path)
    _skopeo("copy", f"oci:{tmp_path}/image:1.0.0", f"oci:{tmp_path}/workflows/plan:theirs")
    last = publish(store, REPOSITORY, "2.0.0", b"ours again")
    assert store.list_tags(REPOSITORY) == ["1.0.0", "2.0.0", "theirs"]
    assert store.fetch_manifest(REPOSITORY, V1).content == ours.manifest
    assert store.fetch_manifest(REPOSITORY, Tag("theirs")).content == image
    assert _skopeo("inspect", "--raw", f"oci:{tmp_path}/workflows/plan:2.0.0") == last.manifest


def _image(root: Path) -> bytes:
    store, repository = open_layout(root), Repository("image")
    config = Blob.of_bytes(b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
    store.put_blob(repository, config)
    content = render(
        Manifest(
            Descriptor("application/vnd.oci.image.config.v1+json", config.digest, config.size_bytes),
            layers=(),
        )
    )
    store.put_manifest(repository, V1, content, media_types.OCI_MANIFEST)
    return content
