"""Manifests kept on disk by digest: what a digest names never changes, so it is read once.

Decided here: below the user's cache directory (or PALLET_CACHE_DIR) stands one file per manifest,
`manifests/sha256/ab/abcd…`. Every read is verified against the digest, so whatever happens to the
files, a wrong answer is impossible; files appear whole, by rename, so any number of processes share
them without locks. The size is bounded, the least recently used go first. A cache that cannot be read
or written is no cache: nothing fails because of it, and deleting it is safe at any time.
Blobs that discovery reads again and again, which is a catalog's content, are kept in the same way.
Must never be added: anything that a tag says, which may change; see `tag_memory`.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.discovery.tag_memory import TagMemory
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, parse
from reconciler.oci.media_types import MANIFEST_MAX_BYTES
from reconciler.oci.store import ManifestContent
from reconciler.oci.user_cache import user_cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import ManifestReader

SIZE_MAX_BYTES = 128 * 1024 * 1024
"""About thirty thousand manifests: most are smaller than a block of the disk, and take a whole one."""
_BLOCK_BYTES = 4096
_KEPT_SHARE = 0.9
"""Trimming goes a little below the bound, so that it is not due again with the next manifest."""
_TRIM_EVERY_WRITES = 1000
_USED_AGAIN_AFTER_S = 3600.0
"""A use is noted at most once an hour: reading stays reading, and the order stays good enough."""
_STALE_AFTER_S = 3600.0
"""What has a temporary name for longer was left by a process that was killed."""
_ENTRY = re.compile(r"[0-9a-f]{64}|[0-9a-f]{128}", re.ASCII)


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder for manifests of this user; None where the system has no place for a cache."""
    return user_cache_folder(environment, "manifests")


class ManifestCache:
    """Bytes by digest below one folder; safe to use from several threads and processes.

    Args:
        folder: created when something is first kept; None for a cache that keeps nothing.
        clock: seconds since 1970; files carry its time, never the disk's.
        size_max_bytes: how much of the disk may be taken, whole blocks counted.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        clock: Callable[[], float] = time.time,
        size_max_bytes: int = SIZE_MAX_BYTES,
    ) -> None:
        self._folder, self._clock, self._size_max_bytes = folder, clock, size_max_bytes
        self._writes = itertools.count(1)
        self._needs_trim = False

    @property
    def folder(self) -> Path | None:
        """Where everything stands; None where nothing is kept."""
        return self._folder

    def takes(self, size_bytes: int) -> bool:
        """Say whether something of this size is kept: one thing never takes more than half of the bound."""
        return size_bytes <= self._size_max_bytes // 2

    def read(self, digest: Digest, *, max_bytes: int = MANIFEST_MAX_BYTES) -> bytes | None:
        """Return the bytes that have this digest, None where they are not kept."""
        path = self._path(digest)
        if path is None:
            return None
        try:
            content = self._read_file(path, max_bytes)
        except OSError:
            return None
        if content is None or Digest.of(content, algorithm=digest.algorithm) != digest:
            with suppress(OSError):
                path.unlink()
            return None
        return content

    def write(self, digest: Digest, content: bytes) -> None:
        """Keep bytes that were verified against this digest; where that fails, nothing is kept."""
        path = self._path(digest)
        if path is None:
            return
        try:
            self._write_file(path, content)
        except OSError:
            self._folder = None  # full or not ours: the next thousand would fail alike
            return
        self._needs_trim = True
        if next(self._writes) % _TRIM_EVERY_WRITES == 0:
            self.trim()

    def close(self) -> None:
        """Keep within the bound what this process has added."""
        if self._needs_trim:
            self.trim()
            TagMemory(self._folder).trim()

    def trim(self) -> None:
        """Delete the least recently used manifests until the rest is within the bound."""
        self._needs_trim = False
        entries = sorted(self._entries(), key=lambda entry: entry[0])
        size_bytes = sum(entry[1] for entry in entries)
        if size_bytes <= self._size_max_bytes:
            return
        for _, entry_bytes, path in entries:
            if size_bytes <= self._size_max_bytes * _KEPT_SHARE:
                return
            with suppress(OSError):
                path.unlink()
            size_bytes -= entry_bytes

    def _path(self, digest: Digest) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / digest.algorithm / digest.encoded[:2] / digest.encoded

    def _read_file(self, path: Path, max_bytes: int) -> bytes | None:
        """Return a file's content; None for what cannot be what was kept."""
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
                return None
            content = stream.read(max_bytes)
        now = self._clock()
        if abs(now - status.st_mtime) > _USED_AGAIN_AFTER_S:
            with suppress(OSError):  # a cache that others may only read
                os.utime(path, (now, now))
        return content

    def _write_file(self, path: Path, content: bytes) -> None:
        assert self._folder is not None
        # What a private registry holds is nobody else's to read.
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            now = self._clock()
            os.utime(temporary, (now, now))
            # Not synced to the disk: what a power cut spoils is found when it is read.
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Yield when each manifest was last used, how much of the disk it takes, and its file."""
        for folder in self._folder.glob("sha*/??") if self._folder is not None else ():
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        if _ENTRY.fullmatch(entry.name):
                            blocks = -(-status.st_size // _BLOCK_BYTES)
                            yield status.st_mtime, blocks * _BLOCK_BYTES, Path(entry.path)
                        elif self._clock() - status.st_mtime > _STALE_AFTER_S:
                            Path(entry.path).unlink()


class CachedManifests:
    """A store's manifests, each read at most once while it is kept.

    Args:
        store: who is asked for what is not kept.
        cache: where it is kept, and what version tags were seen to name.
    """

    def __init__(self, store: ManifestReader, cache: ManifestCache) -> None:
        self._store, self.cache = store, cache
        self.tags = TagMemory(cache.folder)

    def head(self, repository: Repository, tag: Tag) -> Digest:
        """Ask the store what a tag names now; one request, every time, since tags may move.

        Raises:
            NotFoundError: the store is certain that there is no such tag.
            PalletError: the store could not tell.
        """
        return self._store.head_manifest(repository, tag).digest

    def fetch(self, repository: Repository, digest: Digest) -> ManifestContent:
        """Return the manifest of a digest; no request where it is kept.

        Raises:
            NotFoundError: the store is certain that it is not there.
            PalletError: the store could not tell.
        """
        content = self.cache.read(digest)
        media_type = None if content is None else _own_media_type(content)
        if content is not None and media_type is not None:
            return ManifestContent(Descriptor(media_type, digest, len(content)), content)
        return self._keep(self._store.fetch_manifest(repository, digest))

    def fetch_tag(self, repository: Repository, tag: Tag) -> ManifestContent:
        """Return the manifest that a tag names now; one request, every time.

        Raises:
            NotFoundError: the store is certain that there is no such tag.
            PalletError: the store could not tell.
        """
        return self._keep(self._store.fetch_manifest(repository, tag))

    def _keep(self, fetched: ManifestContent) -> ManifestContent:
        # Only bytes are kept: where a header said another type than they do, ask again next time.
        if _own_media_type(fetched.content) == fetched.descriptor.media_type:
            self.cache.write(fetched.descriptor.digest, fetched.content)
        return fetched


def _own_media_type(content: bytes) -> str | None:
    try:
        return parse(content).media_type
    except ValueError:
        return None
