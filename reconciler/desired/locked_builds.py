"""By which rules what is locked was built, for programs that stay open: read again where the lock changed.

Must never be added: anything else that a lock says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.desired.digest_memory import FileState
from reconciler.desired.lockfile import read_lock
from reconciler.errors import LockError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.desired.lockfile import Key


class LockedBuilds:
    """The numbers in the lock at `path`; a lock that cannot be read has none, which whoever needs it says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: FileState | None = None
        self._builds: Mapping[Key, int] = {}

    def read(self) -> Mapping[Key, int]:
        """Return the numbers as they are now."""
        try:
            state = FileState.of(self._path.stat())
        except OSError:
            state = None
        if state is None or state != self._state:
            self._builds, self._state = self._read(), state
        return self._builds

    def _read(self) -> Mapping[Key, int]:
        try:
            return read_lock(self._path).builds
        except LockError:
            return {}
