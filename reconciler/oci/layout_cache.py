"""The index of a layout as last read, read again only when the file is another one.

Decided here: when a file may be taken for unchanged, and what to say of a broken one.
Must never be added: writing.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.oci.layout_index import LAYOUT_CONTENT, LayoutIndex, check_version, read_index

if TYPE_CHECKING:
    from pathlib import Path

INDEX_MAX_BYTES = 64 * 1024 * 1024
"""About 200,000 tags; anything larger is no index but an accident."""
_VERSION_FILE_MAX_BYTES = 4096
_CACHED_REPOSITORIES = 1024
"""A run asks a repository a few times in a row, so old ones are not missed: memory stays bounded."""
_RACY_NS = 2_000_000_000
"""The coarsest clock of a file system in use (FAT). A file read so soon after it was written could be
replaced by one of the same size, time and inode number, so it is read again next time, as git does."""


@dataclass(frozen=True, slots=True)
class _Known:
    signature: tuple[int, int, int]
    settled: bool
    index: LayoutIndex


class IndexCache:
    """Reads index.json of many folders, from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Path, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, folder: Path) -> LayoutIndex:
        """Return what `folder`'s index.json says now.

        Raises:
            FileNotFoundError: there is no index.json.
            StoreError: it, or the file oci-layout beside it, cannot be understood.
            OSError: it cannot be read.
        """
        path = folder / "index.json"
        with self._lock:
            known = self._known.get(folder)
        if known is not None and known.settled and known.signature == _signature(path.stat()):
            return known.index
        fresh = _read(path)
        if known is None:
            check_layout_file(folder)
        with self._lock:
            self._known[folder] = fresh
            self._known.move_to_end(folder)
            if len(self._known) > _CACHED_REPOSITORIES:
                self._known.popitem(last=False)
        return fresh.index


def read_index_file(path: Path) -> tuple[bytes, os.stat_result]:
    """Return index.json as it is, and the state of the very file that was read.

    Raises:
        StoreError: it is larger than any index.
        OSError: it is not there, or cannot be read.
    """
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        if status.st_size > INDEX_MAX_BYTES:
            raise broken_index(path, f"expected at most {INDEX_MAX_BYTES} bytes, got {status.st_size}")
        # Not INDEX_MAX_BYTES, which would be allocated first: 64 MiB for each job.
        return stream.read(status.st_size), status


def check_layout_file(folder: Path) -> bool:
    """Say whether `folder` has a file oci-layout of the version that pallet knows.

    Raises:
        StoreError: it is of another version, or index.json stands there without it.
        OSError: it cannot be read.
    """
    path = folder / "oci-layout"
    try:
        with path.open("rb") as stream:
            check_version(stream.read(_VERSION_FILE_MAX_BYTES))
    except ValueError as exc:
        raise StoreError(
            f"{path}: not a layout that can be read: {exc}",
            fix="use a version of pallet that knows this layout, or choose another directory",
        ) from exc
    except FileNotFoundError as exc:
        if not (folder / "index.json").exists():
            return False
        raise StoreError(
            f"{folder}: not an OCI layout: expected a file oci-layout beside index.json, got none",
            fix=f"if it is one, write {LAYOUT_CONTENT.decode()} to {path}; else choose another directory",
        ) from exc
    return True


def broken_index(path: Path, problem: str) -> StoreError:
    """Say what is wrong with an index.json and what to do."""
    return StoreError(
        f"{path}: not an image index: {problem}",
        fix="restore it from a copy, or delete it and publish again what this repository held",
    )


def _read(path: Path) -> _Known:
    started_ns = time.time_ns()
    content, status = read_index_file(path)
    try:
        index = read_index(content)
    except ValueError as exc:
        raise broken_index(path, str(exc)) from exc
    return _Known(_signature(status), started_ns - status.st_mtime_ns > _RACY_NS, index)


def _signature(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino
