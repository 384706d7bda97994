"""OCI image layouts written by hand, small and exact, so that nothing of pallet's vouches for itself."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
REF_NAME = "org.opencontainers.image.ref.name"

Described = dict[str, Any]
"""A descriptor as it stands in JSON."""


def make_tar(files: dict[str, bytes]) -> bytes:
    """Return a tar archive with these files, the same for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def pack(content: bytes) -> bytes:
    """Return content compressed with gzip, the same for the same content."""
    return gzip.compress(content, mtime=0)


def hex_of(content: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, content).hexdigest()


@dataclass
class ImageLayout:
    """A layout in a folder, which grows by what is added."""

    folder: Path
    entries: list[Described] = field(default_factory=list)
    algorithm: str = "sha256"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        self._write_index()

    def write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def blob_path(self, described: Described) -> Path:
        algorithm, encoded = described["digest"].split(":")
        return self.folder / "blobs" / str(algorithm) / str(encoded)

    def add(self, content: bytes, media_type: str, **more: Any) -> Described:
        """Add a blob, and return its descriptor."""
        encoded = hex_of(content, self.algorithm)
        self.write(f"blobs/{self.algorithm}/{encoded}", content)
        digest = f"{self.algorithm}:{encoded}"
        return {"mediaType": media_type, "digest": digest, "size": len(content), **more}

    def add_image(
        self,
        architecture: str = "amd64",
        *,
        text: str = "hello",
        annotations: dict[str, str] | None = None,
        media_type: str = MANIFEST,
        layer_type: str = LAYER,
        config_type: str = CONFIG,
    ) -> Described:
        """Add an image of one layer, and return its descriptor with the platform."""
        unpacked = make_tar({"greeting": f"{text} {architecture}".encode()})
        layer = self.add(pack(unpacked), layer_type)
        config = {
            "architecture": architecture,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hex_of(unpacked)}"]},
        }
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": self.add_json(config, config_type),
            "layers": [layer],
        }
        if annotations:
            manifest["annotations"] = annotations
        # Indented, as no tool of ours writes it: whoever copies it must not render it anew.
        content = json.dumps(manifest, indent=3).encode()
        return self.add(content, media_type, platform={"os": "linux", "architecture": architecture})

    def add_docker_image(self, architecture: str = "amd64") -> Described:
        """Add an image as docker wrote it before it knew of OCI."""
        docker = "application/vnd.docker"
        return self.add_image(
            architecture,
            media_type=DOCKER_MANIFEST,
            layer_type=f"{docker}.image.rootfs.diff.tar.gzip",
            config_type=f"{docker}.container.image.v1+json",
        )

    def add_json(self, value: object, media_type: str) -> Described:
        return self.add(json.dumps(value).encode(), media_type)

    def add_index(self, *children: Described, media_type: str = INDEX) -> Described:
        index = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(children)}
        return self.add(json.dumps(index, indent=2).encode(), media_type)

    def name(self, described: Described, name: str | None = None) -> Described:
        """List something in index.json."""
        entry = dict(described)
        if name is not None:
            entry["annotations"] = {REF_NAME: name}
        self.entries.append(entry)
        self._write_index()
        return described

    def archive(self, path: Path) -> Path:
        """Write the layout as a tar archive, as `docker buildx build --output type=oci` does."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w") as archive:
            for file in sorted(self.folder.rglob("*")):
                archive.add(file, arcname=str(file.relative_to(self.folder)), recursive=False)
        return path

    def _write_index(self) -> None:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries}
        self.write("index.json", json.dumps(index).encode())
