"""Pulls of one artifact, and what they wrote."""

from __future__ import annotations

from pathlib import Path

from reconciler.oci.pulling.pull import PullResult, PullTerms, pull
from reconciler.oci.reference import Repository, Tag
from tests.support.memory_store import MemoryStore

APP, V1 = Repository("team/app"), Tag("1.0.0")

FILES = {"a.txt": b"one", "docs/b.md": b"two", "docs/deep/c.md": b"three"}


def run(store: MemoryStore, out: Path, terms: PullTerms | None = None) -> PullResult:
    """Pull into a folder."""
    return pull(store, APP, V1, out, terms)


def read(out: Path) -> dict[str, bytes]:
    """Return what the folder holds, by path."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
