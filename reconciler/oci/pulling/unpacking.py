"""An archive as a folder: unpacked aside, compared with what is there, and only then moved in, file by file.

Decided here: nothing of an archive appears before all of it was right.
Must never be added: what may be in an archive, which `archives` says.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.files import write_whole
from reconciler.oci.pulling.archives import Archive, Entry, Sort
from reconciler.oci.pulling.folders import Folder, in_the_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.pulling.titles import Parts
    from reconciler.oci.tar_reader import Source

_SHOWN_MAX = 10


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive's content in a folder of its own."""

    folder: Folder
    entries: tuple[Entry, ...]


@contextmanager
def unpacked(archive: Archive, work: Folder) -> Iterator[Unpacked]:
    """Yield an archive's content, in a fresh folder below `work` that is gone afterwards.

    Raises:
        RefusedError: something in it may not be; the text says what.
        DigestMismatchError: it is not the archive that was published.
        OSError: the disk refused.
    """
    name = f"unpack-{secrets.token_hex(8)}"
    try:
        with work.below((name,), mode=0o700) as folder:
            entries = []
            for entry in archive.entries():
                _write(folder, entry)
                entries.append(Entry(entry.sort, entry.parts, entry.is_executable, entry.target))
            yield Unpacked(folder, tuple(entries))
    finally:
        # By descriptor, and never through a link (CPython's rmtree is symlink-safe where it can be).
        shutil.rmtree(name, ignore_errors=True, dir_fd=work.descriptor)


def move_in(content: Unpacked, destination: Folder, *, overwrite: bool) -> int:
    """Move everything into a folder that may exist; return how many files changed there.

    Raises:
        RefusedError: something else is there and may not be overwritten; nothing was moved.
        OSError: the disk refused.
    """
    wanted = [entry for entry in content.entries if _differs(content.folder, destination, entry)]
    if not overwrite:
        _refuse_overwriting(destination, wanted)
    for entry in wanted:
        if entry.sort is Sort.FOLDER:
            with destination.below(entry.parts):
                continue
        with content.folder.below(entry.parts[:-1]) as here, destination.below(entry.parts[:-1]) as there:
            there.take(here, entry.parts[-1], entry.parts[-1], overwrite=overwrite)
    return sum(entry.sort is not Sort.FOLDER for entry in wanted)


def _write(folder: Folder, entry: Entry) -> None:
    with folder.below(entry.parts[:-1], mode=0o777) as parent:
        name = entry.parts[-1]
        match entry.sort:
            case Sort.FOLDER:
                with parent.below((name,)):
                    pass
            case Sort.LINK:
                os.symlink(entry.target, name, dir_fd=parent.descriptor)
            case Sort.FILE:
                assert entry.content is not None
                _fill(parent, name, entry.content, is_executable=entry.is_executable)
            case Sort.COPY:
                _copy(folder, entry, parent, name)


def _fill(parent: Folder, name: str, content: Source, *, is_executable: bool) -> None:
    """Write a new file; of its rights, only that it may be run is taken over."""
    with os.fdopen(parent.create(name, 0o777 if is_executable else 0o666), "wb", buffering=0) as file:
        while piece := content.read(CHUNK_BYTES):
            write_whole(file, piece)


def _copy(folder: Folder, entry: Entry, parent: Folder, name: str) -> None:
    with folder.below(entry.origin[:-1], create=False) as above:
        descriptor = above.open_for_reading(entry.origin[-1])
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        runs = bool(os.fstat(descriptor).st_mode & 0o100)
        _fill(parent, name, stream, is_executable=runs)


def _differs(source: Folder, destination: Folder, entry: Entry) -> bool:
    """Say whether an entry is not there as it should be."""
    name = entry.parts[-1]
    try:
        with destination.below(entry.parts[:-1], create=False) as there:
            found = there.look(name)
            if found is None:
                return True
            if entry.sort is Sort.FOLDER:
                return not stat.S_ISDIR(found.st_mode)
            if entry.sort is Sort.LINK:
                return not (
                    stat.S_ISLNK(found.st_mode) and os.readlink(name, dir_fd=there.descriptor) == entry.target
                )
            with source.below(entry.parts[:-1], create=False) as here:
                size_bytes = os.stat(name, dir_fd=here.descriptor, follow_symlinks=False).st_size
                return not there.holds(name, here.digest_of(name, "sha256"), size_bytes)
    except FileNotFoundError:
        return True


def _refuse_overwriting(destination: Folder, wanted: list[Entry]) -> None:
    taken = [
        entry.parts
        for entry in wanted
        if entry.sort is not Sort.FOLDER and _is_taken(destination, entry.parts)
    ]
    if taken:
        shown = ", ".join("/".join(parts) for parts in taken[:_SHOWN_MAX])
        more = f" and {len(taken) - _SHOWN_MAX} more" if len(taken) > _SHOWN_MAX else ""
        raise in_the_way(f"{destination.shown}: {shown}{more}")


def _is_taken(destination: Folder, parts: Parts) -> bool:
    try:
        with destination.below(parts[:-1], create=False) as there:
            return there.look(parts[-1]) is not None
    except FileNotFoundError:
        return False
