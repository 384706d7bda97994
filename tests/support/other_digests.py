"""Manifests that other tools keep by another digest than pallet gives them: the same bytes, hashed otherwise."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.oci.digest import Digest


def rename_to_sha512(layout: Path) -> Digest:
    """Let every tag of a layout name its manifest by sha512, as other tools may; the old names are gone."""
    index = layout / "index.json"
    document = json.loads(index.read_text())
    for entry in document["manifests"]:
        old = Digest(entry["digest"])
        path = layout / "blobs" / old.algorithm / old.encoded
        new = Digest.of(path.read_bytes(), algorithm="sha512")
        target = layout / "blobs" / new.algorithm / new.encoded
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
        entry["digest"] = new
    for entry in {entry["digest"]: entry for entry in document["manifests"]}.values():
        content = (layout / "blobs/sha512" / entry["digest"].partition(":")[2]).read_bytes()
        (layout / "blobs/sha256" / Digest.of(content).encoded).unlink()
    index.write_text(json.dumps(document))
    return Digest(document["manifests"][0]["digest"])
