"""What large files were found to be, remembered for as long as nobody seems to have touched them.

Decided here: a file is the same while its path, size, time of change (in nanoseconds) and inode are; one that
changed within the last two seconds is not remembered, since it may change again within the clock's grain.
A memory may still be wrong, so whoever sends bytes checks them, and forgets what was not so.
Below the user's cache folder stands one small file for each remembered one; a cache that cannot be read or
written is no cache. Must never be added: a digest that is believed without being verified when it is sent.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.oci.blob import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REMEMBERED_MIN_BYTES = 1024 * 1024
"""Below this, hashing a file takes about as long as looking it up."""
SETTLED_AFTER_S = 2.0
"""The grain of the coarsest file systems' clocks."""
_FOLDER_MAX_ENTRIES = 64
"""In each of 256 folders: the oldest goes when there would be more."""
_ENTRY_MAX_BYTES = 16 * 1024

Facts = dict[str, str]
"""What was found out about a file's content, such as its digest."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file system says of a file that nobody has touched since."""

    size_bytes: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileState:
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


class DigestMemory:
    """Facts about files by path and state; safe to use from several threads and processes.

    Args:
        folder: created when something is first remembered; None for a memory that keeps nothing.
        clock: seconds since 1970.
    """

    def __init__(self, folder: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock

    def recall(self, path: Path, state: FileState) -> Facts | None:
        """Return what was found of the file in this state; None where that is not known."""
        entry = self._entry(path)
        if entry is None or state.size_bytes < REMEMBERED_MIN_BYTES:
            return None
        try:
            with entry.open("rb") as stream:
                document = json.loads(stream.read(_ENTRY_MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        return _facts(document, _key(path, state))

    def remember(self, path: Path, state: FileState, facts: Mapping[str, str]) -> None:
        """Keep what was found, unless the file is small or was changed just now; failing to is no failure."""
        entry = self._entry(path)
        age_s = self._clock() - state.mtime_ns / 1e9
        if entry is None or state.size_bytes < REMEMBERED_MIN_BYTES or age_s < SETTLED_AFTER_S:
            return
        content = json.dumps({"key": _key(path, state), "facts": dict(facts)}).encode()
        with suppress(OSError):
            _write(entry, content)
            _trim(entry.parent)

    def forget(self, path: Path) -> None:
        """Believe nothing of this file any more."""
        entry = self._entry(path)
        if entry is not None:
            with suppress(OSError):
                entry.unlink()

    def _entry(self, path: Path) -> Path | None:
        if self._folder is None:
            return None
        name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()
        return self._folder / name[:2] / name


def _key(path: Path, state: FileState) -> list[object]:
    return [os.fsencode(path.absolute()).hex(), state.size_bytes, state.mtime_ns, state.inode]


def _facts(document: object, key: list[object]) -> Facts | None:
    if not isinstance(document, dict) or document.get("key") != key:
        return None
    facts = document.get("facts")
    if not isinstance(facts, dict) or not all(isinstance(text, str) for text in facts.values()):
        return None
    return facts


def _write(entry: Path, content: bytes) -> None:
    # Paths of a private project are nobody else's to read.
    entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = entry.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        temporary.replace(entry)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _trim(folder: Path) -> None:
    with os.scandir(folder) as entries:
        times = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries)
    for _, path in times[: max(0, len(times) - _FOLDER_MAX_ENTRIES)]:
        Path(path).unlink(missing_ok=True)


def remembered(path: Path, shown: str, memory: DigestMemory) -> Origin:
    """Return whose word the digest of a remembered file is, and what follows where it was wrong."""
    fix = "run again: its digest was remembered from before, and is forgotten now"
    return Origin(shown, fix, lambda: memory.forget(path))


NO_MEMORY = DigestMemory(None)
"""For whoever reads a file once."""
