"""Where uploads of earlier runs stand, so that the next one sends only the rest.

Below the user's cache directory stands one small file per blob that is on its way, written whole after
every chunk that the registry acknowledged, and removed with the last one. A Location may hold signed
state that is as good as a password for this one upload: files are their user's alone, and nothing of
them is ever printed. A journal that cannot be read or written is none: nothing fails because of it.
Must never be added: what makes a write fail.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import filelock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMAT: Final = 1
STALE_AFTER_S: Final = 7 * 24 * 3600.0
"""Registries forget uploads after a week, distribution by default too."""
_FILE_MAX_BYTES: Final = 64 * 1024
_OURS: Final = re.compile(r"(?:[0-9a-f]{64}\.(?:json|lock)|\.[0-9a-f]{16})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is on its way where."""

    registry: str
    """The origin, such as `https://registry.example.com`."""
    repository: str
    """With its prefix."""
    digest: str
    size_bytes: int

    @property
    def file_stem(self) -> str:
        text = "\n".join((self.registry, self.repository, self.digest))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is."""

    location: str
    """Where it goes on, as an absolute URL; not to be shown to anybody."""
    offset: int
    """How many bytes the registry has acknowledged."""

    def __repr__(self) -> str:
        return f"Progress(offset={self.offset})"


class Entry:
    """The file of one upload, which no other process has in its hands; without a path it keeps nothing."""

    def __init__(self, subject: Subject, path: Path | None) -> None:
        self._subject, self._path = subject, path

    @classmethod
    def nowhere(cls) -> Self:
        """Return one that keeps nothing."""
        return cls(Subject("", "", "", 0), None)

    @property
    def keeps(self) -> bool:
        """Whether a later run would find what is written."""
        return self._path is not None

    def read(self) -> Progress | None:
        """Return how far an earlier run came, None where nothing of use is known."""
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as stream:
                return _understood(stream.read(_FILE_MAX_BYTES), self._subject)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, progress: Progress) -> None:
        """Keep how far the upload is, or keep nothing any more where the disk refuses."""
        if self._path is None:
            return
        document = {"format_version": FORMAT, **asdict(self._subject), **asdict(progress)}
        temporary = self._path.with_name(f".{secrets.token_hex(8)}")
        try:
            _write_private(temporary, json.dumps(document).encode())
            # Not synced to the disk: a power cut costs bytes that travel twice.
            temporary.replace(self._path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            self.remove()
            self._path = None

    def remove(self) -> None:
        """Forget the upload: it is done, or not worth going on with."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


class Journal:
    """The uploads of one user.

    Args:
        find_folder: says where the files stand, asked when a blob is first worth it; None for nowhere.
        now_s: seconds since 1970.
    """

    def __init__(
        self, find_folder: Callable[[], Path | None] = lambda: None, *, now_s: Callable[[], float] = time.time
    ) -> None:
        self._find_folder, self._now_s = find_folder, now_s
        self._folder: Path | None = None
        self._is_open = False

    @contextmanager
    def entry(self, subject: Subject) -> Iterator[Entry]:
        """Yield the file of an upload; one that keeps nothing while somebody else sends the same blob."""
        folder = self._opened()
        if folder is None:
            yield Entry.nowhere()
            return
        lock = filelock.FileLock(folder / f"{subject.file_stem}.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except (filelock.Timeout, OSError, NotImplementedError):
            yield Entry.nowhere()
            return
        try:
            yield Entry(subject, folder / f"{subject.file_stem}.json")
        finally:
            lock.release()

    def _opened(self) -> Path | None:
        """Return the folder, made and tidied once."""
        if not self._is_open:
            self._is_open = True
            folder = self._find_folder()
            with suppress(OSError):
                if folder is not None:
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    remove_stale(folder, now_s=self._now_s())
                    self._folder = folder
        return self._folder


def remove_stale(folder: Path, *, now_s: float) -> None:
    """Delete what nobody has touched for a week; failing to is no failure."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                age_s = now_s - entry.stat(follow_symlinks=False).st_mtime
                if _OURS.fullmatch(entry.name) and age_s > STALE_AFTER_S:
                    Path(entry.path).unlink()


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _understood(content: bytes, subject: Subject) -> Progress | None:
    document = json.loads(content)
    if (
        document["format_version"] != FORMAT
        or Subject(*(document[key] for key in asdict(subject))) != subject
    ):
        return None
    location, offset = document["location"], document["offset"]
    if not isinstance(location, str) or type(offset) is not int or not 0 <= offset <= subject.size_bytes:
        return None
    return Progress(location, offset)
