"""One blob as a file that is not there yet: begun, broken off, gone on with, and right in the end.

Decided here: a download is kept under its digest, so that the next pull goes on where this one ended. What is
there already is hashed again: nothing on the disk is believed. Must never be added: final names.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from reconciler.errors import DigestMismatchError, RefusedError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.files import write_whole
from reconciler.oci.hashing import hashing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.pulling.folders import Folder
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store


@contextmanager
def downloaded(store: Store, repository: Repository, blob: Descriptor, work: Folder) -> Iterator[str]:
    """Yield the name, in `work`, of a file with a blob's verified content; whoever wants it takes it away.

    What could not be finished stays for the next time; what is refused does not.

    Raises:
        DigestMismatchError: the bytes are others; nothing of them is kept.
        PalletError: the store could not give them.
        OSError: the disk refused.
    """
    name = f"{blob.digest.algorithm}-{blob.digest.encoded}.partial"
    descriptor = _open(work, name)
    if not _lock(descriptor):
        # Another pull is at it: neither waits, nor do two write into one file.
        os.close(descriptor)
        name = f"{secrets.token_hex(8)}.partial"
        descriptor = _open(work, name)
        _lock(descriptor)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        try:
            _fill(store, repository, blob, file)
        except DigestMismatchError:
            work.remove(name)
            raise
        try:
            yield name
        except (RefusedError, DigestMismatchError):
            work.remove(name)  # it would be refused again: nothing is to be gone on with
            raise
    work.remove(name)


def _open(work: Folder, name: str) -> int:
    """Return a file of our own: a link, or a file with a second name, is not one."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    with suppress(OSError):
        descriptor = os.open(name, flags, 0o666, dir_fd=work.descriptor)
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            return descriptor
        os.close(descriptor)
    work.remove(name)
    return work.create(name)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fill(store: Store, repository: Repository, blob: Descriptor, file: BinaryIO) -> None:
    """Bring the file to the blob's content; what it holds is taken for a beginning once."""
    if 0 < os.fstat(file.fileno()).st_size <= blob.size_bytes:
        with suppress(DigestMismatchError):
            _go_on(store, repository, blob, file)
            return
    file.seek(0)
    file.truncate()
    # The store vouches for a whole blob: it is not hashed again here.
    for piece in store.fetch_blob(repository, blob):
        write_whole(file, piece)
    os.fsync(file.fileno())


def _go_on(store: Store, repository: Repository, blob: Descriptor, file: BinaryIO) -> None:
    """Add what is missing, and verify all of it: for a part alone no store vouches.

    Raises:
        DigestMismatchError: together it is something else.
    """
    size_bytes = 0
    with closing(hashing(blob.digest.algorithm, blob.size_bytes)) as hashed:
        for piece in _held(file):
            hashed.update(piece)
            size_bytes += len(piece)
        if size_bytes < blob.size_bytes:
            for piece in store.fetch_blob(repository, blob, offset=size_bytes):
                hashed.update(piece)
                size_bytes += len(piece)
                if size_bytes > blob.size_bytes:
                    break
                write_whole(file, piece)
        got = f"{blob.digest.algorithm}:{hashed.hexdigest()}"
    if size_bytes != blob.size_bytes or got != blob.digest:
        raise DigestMismatchError(
            store.name(repository, blob.digest),
            expected=f"{blob.digest} ({blob.size_bytes} bytes)",
            got=f"{got} ({size_bytes} bytes)",
        )
    os.fsync(file.fileno())


def _held(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is there; whatever is written next follows behind it."""
    while piece := file.read(CHUNK_BYTES):
        yield piece
