"""Files that are never half written, and the disk's failures in words.

Decided here: a file appears under its name only when its content is on the disk. Content goes to
a temporary file in the same folder, is synced, and then renamed; so a kill or a power cut leaves
the old file or the new one. A rename itself is certain only after `sync_folder`.
Must never be added: what the files mean.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from reconciler.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TEMPORARY_PREFIX = ".pallet-"
"""A dot comes first: no repository, blob or tag can have such a name."""
WRITE_BYTES = 64 * 1024
"""What is given to the system at once; see `write_whole`."""
STALE_AFTER_S = 3600.0
"""A living writer touches its temporary file with every chunk; after an hour it was killed."""


def write_atomically(path: Path, chunks: Iterable[bytes], *, mode: int = 0o666) -> None:
    """Let `path` hold exactly `chunks`, or what it held before where anything fails.

    Args:
        mode: rights of the file, less what the umask takes.

    Raises:
        OSError: the disk refused; the temporary file is gone.
    """
    temporary = path.with_name(f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    # Not tempfile: it gives 0600, and a layout on a shared disk is read by other users.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for chunk in chunks:
                write_whole(stream, chunk)
            stream.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def write_whole(stream: BinaryIO, piece: bytes) -> None:
    """Write all of `piece`, however much of it the system takes at once.

    Never much at once: Linux 6.18 with ext4 was seen to take twice the processor time for writes of 256 KiB
    as for these, since it looks for memory in one piece.
    """
    view = memoryview(piece)
    while view:
        view = view[stream.write(view[:WRITE_BYTES]) :]


def sync_folder(folder: Path) -> None:
    """Make what was renamed into `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(folder: Path) -> None:
    """Create `folder` and what is missing above it, each certain on the disk."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        if folder.parent == folder:
            break
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def read_bounded(path: Path, *, max_bytes: int) -> bytes:
    """Return the file's content; one byte more than `max_bytes` where it is longer."""
    with path.open("rb", buffering=0) as stream:
        # Not the limit itself, which would be allocated first: that takes longer than reading a small file.
        content = stream.read(min(os.fstat(stream.fileno()).st_size, max_bytes) + 1)
        # A raw read may return early, for instance on a network disk.
        while len(content) <= max_bytes and (more := stream.read(max_bytes + 1 - len(content))):
            content += more
    return content


def remove_stale(folder: Path) -> None:
    """Delete temporary files that killed runs left in `folder`; failing to is no failure."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY_PREFIX):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_AFTER_S:
                        Path(entry.path).unlink()


@contextmanager
def disk_failures(subject: str, place: Path) -> Iterator[None]:
    """Turn every `OSError` into an `UnreachableError` that names the file and what to do.

    Args:
        subject: what was being done, in front of the text.
        place: the folder to blame where the error names no file.
    """
    try:
        yield
    except OSError as exc:
        path = Path(os.fsdecode(exc.filename)) if isinstance(exc.filename, str | bytes) else place
        obstacle = _file_in_the_way(path) if exc.errno in _NO_FOLDER else None
        if obstacle is not None:
            before = "" if subject == str(obstacle) else f"{subject}: "
            message = f"{before}{obstacle} is in the way: expected a folder, got a file"
            fix = f"move {obstacle} away, or choose another directory"
        else:
            path = place if path.name.startswith(_TEMPORARY_PREFIX) else path
            named = subject if subject == str(path) else f"{subject}: {path}"
            message = f"{named}: {_reason(exc)}"
            fix = _FIXES.get(exc.errno or 0, "check the disk that holds {path}, then run again").format(
                path=path
            )
        raise UnreachableError(message, fix=fix) from exc


_NO_FOLDER = (errno.ENOTDIR, errno.EEXIST)
_SPACE = "free some space on the disk that holds {path}, then run again"
_RIGHTS = "let this user read and write {path}, then run again"
_FIXES = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENAMETOOLONG: "choose a shorter repository name",
    errno.EMFILE: "allow more open files (ulimit -n), or use fewer jobs",
}


def _reason(exc: OSError) -> str:
    text = exc.strerror or str(exc) or type(exc).__name__
    return text[:1].lower() + text[1:]


def _file_in_the_way(path: Path) -> Path | None:
    for ancestor in (path, *path.parents):
        with suppress(OSError):
            if ancestor.stat():
                return None if ancestor.is_dir() else ancestor
    return None
