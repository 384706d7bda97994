"""A folder that nothing leaves: every step down is one name, and no step follows a symlink.

Decided here: how a path of somebody else's becomes a file of ours. Each folder is opened from the one above
it, by descriptor, so that a link put there in the meantime leads nowhere; a file gets its name last, and
never in place of another one unless that is wanted.
Must never be added: which names are allowed, which `titles` says.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from reconciler.errors import RefusedError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.oci.pulling.titles import Parts

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""Not blocking: a pipe that waits for a writer would hang us before we see that it is no file."""
_IN_THE_WAY = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


class Folder:
    """An open folder; close it."""

    def __init__(self, descriptor: int, shown: Path) -> None:
        self.descriptor, self.shown = descriptor, shown

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the output folder, which is created where it is missing; it may be a link, since we named it.

        Raises:
            OSError: it cannot be opened.
        """
        path.mkdir(parents=True, exist_ok=True)
        return cls(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    @contextmanager
    def below(self, parts: Parts, *, mode: int = 0o777, create: bool = True) -> Iterator[Folder]:
        """Yield the folder at a path below this one.

        Raises:
            FileNotFoundError: a part is missing, and not to be created.
            RefusedError: a link or a file stands where a folder is needed.
            OSError: the disk refused.
        """
        descriptor = os.dup(self.descriptor)
        try:
            for depth, name in enumerate(parts, start=1):
                next_descriptor = self._step(descriptor, name, parts[:depth], mode if create else None)
                os.close(descriptor)
                descriptor = next_descriptor
            yield Folder(descriptor, self.shown.joinpath(*parts))
        finally:
            os.close(descriptor)

    def _step(self, descriptor: int, name: str, parts: Parts, mode: int | None) -> int:
        if mode is not None:
            with suppress(FileExistsError):
                os.mkdir(name, mode, dir_fd=descriptor)
        try:
            return os.open(name, _FOLDER, dir_fd=descriptor)
        except OSError as exc:
            if exc.errno not in _IN_THE_WAY:
                raise
            raise RefusedError(
                f"{self.shown.joinpath(*parts)}: a link or a file is in the way: expected a folder",
                fix="move it away, or pull into another folder",
            ) from exc

    def look(self, name: str) -> os.stat_result | None:
        """Return what stands under a name, links unfollowed; None for nothing."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def holds(self, name: str, digest: Digest, size_bytes: int) -> bool:
        """Say whether a regular file of exactly this content stands under a name."""
        found = self.look(name)
        if found is None or not stat.S_ISREG(found.st_mode) or found.st_size != size_bytes:
            return False
        return self.digest_of(name, digest.algorithm) == digest

    def digest_of(self, name: str, algorithm: str) -> Digest:
        """Return the digest of a file's content."""
        hashed = hashlib.new(algorithm)
        with os.fdopen(self.open_for_reading(name), "rb", buffering=0) as stream:
            while piece := stream.read(CHUNK_BYTES):
                hashed.update(piece)
        return Digest(f"{algorithm}:{hashed.hexdigest()}")

    def open_for_reading(self, name: str) -> int:
        """Return a descriptor of a regular file.

        Raises:
            OSError: it is none, or a link.
        """
        descriptor = os.open(name, _READ, dir_fd=self.descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file", name)
        return descriptor

    def create(self, name: str, mode: int = 0o666) -> int:
        """Return a descriptor of a new file, for writing.

        Raises:
            FileExistsError: something has this name.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, mode, dir_fd=self.descriptor)

    def take(self, source: Folder, source_name: str, name: str, *, overwrite: bool) -> None:
        """Move a file or a link from another folder here, under `name`; both on one file system.

        Raises:
            RefusedError: something else has this name and may not be overwritten, or is a folder.
            OSError: the disk refused.
        """
        try:
            if overwrite:
                os.replace(source_name, name, src_dir_fd=source.descriptor, dst_dir_fd=self.descriptor)
            else:
                self._link(source, source_name, name)
        except (FileExistsError, IsADirectoryError) as exc:
            raise in_the_way(str(self.shown / name)) from exc

    def _link(self, source: Folder, source_name: str, name: str) -> None:
        """A link fails where something has the name, which a rename does not."""
        try:
            os.link(
                source_name,
                name,
                src_dir_fd=source.descriptor,
                dst_dir_fd=self.descriptor,
                follow_symlinks=False,
            )
        except FileExistsError:
            raise
        except OSError as exc:
            if exc.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS):
                raise
            # A file system without hard links: look, then rename.
            if self.look(name) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from exc
            os.rename(source_name, name, src_dir_fd=source.descriptor, dst_dir_fd=self.descriptor)
        else:
            os.unlink(source_name, dir_fd=source.descriptor)

    def remove(self, name: str) -> None:
        """Remove a file or a link, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)


def in_the_way(path: str) -> RefusedError:
    """Return the refusal to put a file where something else is."""
    return RefusedError(
        f"{path}: something else is there: expected nothing, or the same content",
        fix="--overwrite replaces files; a folder has to be moved away",
    )
