"""Writes into a layout in processes that end at every call into the kernel, one after another, and looks after each.

    python -m tests.support.killed_writer ROOT new|move

A process of its own, because it forks: pytest has threads. Prints how many points there were.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from reconciler.oci.layout import LayoutStore, open_layout
from reconciler.oci.manifest import Manifest, parse
from reconciler.oci.reference import Repository, Tag
from tests.support.artifacts import publish
from tests.support.dying import WRITES, die_at

REPOSITORY = Repository("workflows/plan")


def main(root: Path, situation: str) -> int:
    point = 0
    while True:
        place = root / str(point)
        _prepare(open_layout(place), situation)
        if not _dies_at(point, place):
            break
        _check(open_layout(place), situation, point)
        point += 1
    sys.stdout.write(f"{point}\n")
    return 0


def _prepare(store: LayoutStore, situation: str) -> None:
    if situation == "move":
        publish(store, REPOSITORY, "1.0.0", b"kept")
        publish(store, REPOSITORY, "latest", b"old")


def _dies_at(point: int, place: Path) -> bool:
    child = os.fork()
    if child == 0:
        store = open_layout(place)
        die_at(point, lambda function: getattr(function, "__name__", "") in WRITES)
        publish(store, REPOSITORY, "latest", b"new")
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _check(store: LayoutStore, situation: str, point: int) -> None:
    expected = {"move": (["1.0.0", "latest"],), "new": (None, ["latest"])}[situation]
    tags = list(map(str, store.list_tags(REPOSITORY))) if REPOSITORY in store.list_repositories() else None
    assert tags in expected, (point, tags)
    for tag in tags or ():
        manifest = parse(store.fetch_manifest(REPOSITORY, Tag(tag)).content)
        assert isinstance(manifest, Manifest)
        for blob in manifest.blobs:
            content = b"".join(store.fetch_blob(REPOSITORY, blob))
            assert content in {"1.0.0": (b"kept",), "latest": (b"old", b"new")}[tag], (point, tag, content)
    note = publish(store, REPOSITORY, "latest", b"new")
    assert store.head_manifest(REPOSITORY, Tag("latest")) == note.descriptor, point


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
