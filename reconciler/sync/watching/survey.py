"""What stands in the folders that matter: each entry's state, so that a second look says what has changed.

Decided here: an entry is the same while its size, times, inode and rights are. A look costs one stat for
each entry of the folders asked for. Must never be added: reading a file, or which folders matter.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

State = tuple[int, ...]
_FOLDER: State = (0,)
_BROKEN: State = (1,)
"""A link that leads nowhere, or what may not be looked at."""
_LINKED_FOLDER_LENGTH = 3
"""Of the state of a link to a folder: 2, and which folder that is by device and inode."""


@dataclass(slots=True)
class Changes:
    """What a look has found."""

    paths: set[str] = field(default_factory=set)
    """Absolute, without links above their last part."""
    is_structural: bool = False
    """Whether anything has come or gone, so that folders and artifacts may have."""
    redirected: set[str] = field(default_factory=set)
    """Links among the paths that led to another folder before."""

    def __bool__(self) -> bool:
        return bool(self.paths)


class Survey:
    """Folders as they were seen last."""

    def __init__(self) -> None:
        self._folders: dict[str, Mapping[str, State]] = {}

    @property
    def folders(self) -> frozenset[str]:
        return frozenset(self._folders)

    @property
    def file_count(self) -> int:
        return sum(len(entries) for entries in self._folders.values())

    def keep_only(self, folders: Iterable[str]) -> None:
        """Forget every other folder."""
        for folder in self._folders.keys() - set(folders):
            del self._folders[folder]

    def look(self, folders: Iterable[str]) -> Changes:
        """Look at folders again, or for the first time; return what is not as it was.

        Everything in a folder that was never looked at counts as changed.
        """
        changes = Changes()
        for folder in folders:
            before = self._folders.get(folder, {})
            now = list_states(folder)
            _compare(folder, before, now or {}, changes)
            if now is None:
                self._folders.pop(folder, None)
            else:
                self._folders[folder] = now
        return changes

    def subfolders(self, folder: str) -> list[str]:
        """Return the folders that stood directly in one, those that links lead to left out."""
        entries = self._folders.get(folder, {})
        return [f"{folder.rstrip('/')}/{name}" for name, state in entries.items() if state == _FOLDER]

    def holds(self, path: str) -> bool:
        """Say whether a path was there when its folder was looked at."""
        folder, _, name = path.rpartition("/")
        return name in self._folders.get(folder, {})


def list_states(folder: str) -> dict[str, State] | None:
    """Return the state of each entry of a folder, links followed; None where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: _state(entry) for entry in entries}
    except OSError:
        return None


def _state(entry: os.DirEntry[str]) -> State:
    try:
        status = entry.stat()
    except OSError:
        return _BROKEN
    if stat.S_ISDIR(status.st_mode):
        return (2, status.st_dev, status.st_ino) if entry.is_symlink() else _FOLDER
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)


def _compare(folder: str, before: Mapping[str, State], now: Mapping[str, State], changes: Changes) -> None:
    if before == now:
        return
    for name in before.keys() | now.keys():
        was, state = before.get(name), now.get(name)
        if was != state:
            path = f"{folder.rstrip('/')}/{name}"
            changes.paths.add(path)
            if was is not None and state is not None and len(was) == len(state) == _LINKED_FOLDER_LENGTH:
                changes.redirected.add(path)
                changes.is_structural = True
            # A file that takes a folder's place is one that has come.
            changes.is_structural |= was is None or state is None or len(was) != len(state)
