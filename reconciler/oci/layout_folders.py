"""Where things are below a root of layouts: repositories, and blobs within one.

Decided here: which repository names a directory cannot hold. Must never be added: reading content.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILES = frozenset({"index.json", "index.json.lock", "oci-layout"})
"""What a layout's own files are called; all three are legal components of a repository name too."""


@lru_cache(maxsize=4096)  # asked several times in a row for each repository
def repository_folder(root: Path, repository: Repository) -> Path:
    """Return the folder of `repository`; repositories may be nested, and components called `blobs`.

    Raises:
        StoreError: the name is that of a file in another repository's layout.
    """
    parts = repository.split("/")
    taken = next((part for part in parts if part in _FILES), None) or _blob_component(parts)
    if taken is not None:
        raise StoreError(
            f"{repository}: not possible in a directory: "
            f"expected no component that is a file of an OCI layout, got {taken!r}",
            fix="rename the repository",
        )
    return root.joinpath(*parts)


def _blob_component(parts: list[str]) -> str | None:
    for blobs, algorithm, encoded in zip(parts, parts[1:], parts[2:], strict=False):
        if blobs == "blobs":
            with suppress(ValueError):
                return Digest(f"{algorithm}:{encoded}").encoded
    return None


def blob_path(folder: Path, digest: Digest) -> Path:
    """Return where a repository's folder keeps a blob (image-spec v1.1.1, image-layout.md, "Blobs")."""
    return folder.joinpath("blobs", digest.algorithm, digest.encoded)


def find_repositories(root: Path) -> list[Repository]:
    """Return every repository below `root`, sorted; none where `root` does not exist.

    A folder without both `oci-layout` and `index.json` is none: its first manifest has yet to arrive.

    Raises:
        OSError: a folder cannot be read; the answer would have holes.
    """
    return sorted(_walk(root))


def _walk(root: Path) -> Iterator[Repository]:
    pending: list[Repository | None] = [None]
    while pending:
        parent = pending.pop()
        names: set[str] = set()
        for entry in _entries(root if parent is None else root / parent):
            if entry.is_dir(follow_symlinks=False):
                with suppress(ValueError):  # not a legal name, so nothing below it is a repository
                    pending.append(Repository(f"{parent}/{entry.name}" if parent else entry.name))
            else:
                names.add(entry.name)
        if parent is not None and {"oci-layout", "index.json"} <= names:
            yield parent


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
