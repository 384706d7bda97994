"""Writing into one repository's layout, safe against other threads, other processes, kills and power cuts.

Decided here, in this order: content is on the disk before it has its name; its name is before
index.json says so; index.json is replaced whole, by one writer at a time. An unlisted blob is the worst
that can remain. Must never be added: what may be written.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import filelock

from reconciler.errors import DigestMismatchError, ThrottledError
from reconciler.oci.files import make_folders, remove_stale, sync_folder, write_atomically
from reconciler.oci.layout_cache import broken_index, check_layout_file, read_index_file
from reconciler.oci.layout_folders import blob_path
from reconciler.oci.layout_index import EMPTY_INDEX, LAYOUT_CONTENT
from reconciler.oci.verify import pieces, verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reconciler.oci.digest import Digest

_POLL_S = 0.005
"""Only processes wait for each other like this, and a rewrite takes a few milliseconds."""
_STRIPES = 64
"""Threads queue without polling; more queues than any sensible number of jobs."""


class LayoutWriter:
    """Puts blobs and edits indexes below one root."""

    def __init__(self, lock_timeout_s: float) -> None:
        self._lock_timeout_s = lock_timeout_s
        self._stripes = tuple(threading.Lock() for _ in range(_STRIPES))
        self._swept: set[Path] = set()

    def put_blob(
        self,
        folder: Path,
        digest: Digest,
        size_bytes: int,
        chunks: Callable[[], Iterator[bytes]],
        *,
        subject: str,
    ) -> bool:
        """Store a blob; return False where the very bytes are there already: reading is cheap.

        Args:
            chunks: the content from its first byte, every time it is called.

        Raises:
            DigestMismatchError: the bytes are not those of `digest`; nothing is stored.
            OSError: the disk refused.
        """
        path = blob_path(folder, digest)
        if _is_whole(path, digest, size_bytes):
            return False
        try:
            write_atomically(path, verified(chunks(), digest, size_bytes, subject=subject))
        except FileNotFoundError:
            make_folders(folder)
            # Made certain when the index needs it: a blob that nothing names may be lost.
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, verified(chunks(), digest, size_bytes, subject=subject))
        self._sweep(folder, path.parent)
        return True

    def link_blob(self, folder: Path, digest: Digest, size_bytes: int, source: Path) -> bool:
        """Let a blob of another repository be one of this one too; False where the bytes have to be stored.

        A second name for the same file: blobs are never changed, and each repository deletes its own name.
        """
        path, there = blob_path(folder, digest), blob_path(source, digest)
        if not _is_whole(there, digest, size_bytes):
            return False
        try:
            make_folders(folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(there)
        except FileExistsError:
            return _is_whole(path, digest, size_bytes)
        except OSError:
            return False  # not every file system has such names
        return True

    @contextmanager
    def locked(self, folder: Path, *, subject: str) -> Iterator[None]:
        """Keep every other writer of this repository out, of this process and of others.

        Raises:
            ThrottledError: another process does not let go.
        """
        path = folder / "index.json.lock"
        # A kernel lock: it ends with the process that holds it, so no kill leaves it behind.
        lock = filelock.FileLock(path)
        with self._stripes[hash(folder) % _STRIPES]:
            try:
                lock.acquire(timeout=self._lock_timeout_s, poll_interval=_POLL_S)
            except filelock.Timeout as exc:
                raise ThrottledError(
                    f"{subject}: {path} is locked: "
                    f"expected another process to finish within {self._lock_timeout_s:g} s, got no end",
                    fix="wait for it to finish, or end it, then run again",
                ) from exc
            try:
                yield
            finally:
                lock.release()

    def edit_index(
        self, folder: Path, change: Callable[[bytes], bytes], *, needs: Digest | None = None
    ) -> bool:
        """Replace index.json by what `change` makes of it; return False where that is the same.

        To be called while `locked`.

        Args:
            needs: a manifest that `change` lists; its name and those of its blobs are made certain first.

        Raises:
            StoreError: index.json or oci-layout cannot be understood.
            OSError: the disk refused.
        """
        path = folder / "index.json"
        is_layout = check_layout_file(folder)
        try:
            content = read_index_file(path)[0]
        except FileNotFoundError:
            content = EMPTY_INDEX
        try:
            changed = change(content)
        except ValueError as exc:
            raise broken_index(path, str(exc)) from exc
        if changed == content:
            return False
        # What stands in the index already was made certain when it got there.
        if needs is not None and needs.encode() not in content:
            for algorithm in ("sha256", "sha512"):
                with suppress(FileNotFoundError):
                    sync_folder(folder / "blobs" / algorithm)
            sync_folder(folder / "blobs")
        if not is_layout:
            write_atomically(folder / "oci-layout", [LAYOUT_CONTENT])
        write_atomically(path, [changed])
        sync_folder(folder)
        return True

    def _sweep(self, *folders: Path) -> None:
        if folders[-1] not in self._swept:
            self._swept.add(folders[-1])
            for folder in folders:
                remove_stale(folder)


def _is_whole(path: Path, digest: Digest, size_bytes: int) -> bool:
    try:
        if path.stat().st_size != size_bytes:
            return False
        with path.open("rb", buffering=0) as stream:
            return all(True for _ in verified(pieces(stream), digest, size_bytes, subject=str(path)))
    except (FileNotFoundError, DigestMismatchError):
        return False
