"""Where observers leave word that something may have changed, until a run takes it in.

Decided here: a hint is a folder to look at and perhaps a file of it; very many are one: look at everything.
Must never be added: a look at the disk. All methods may be called from several threads.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HINTS_MAX = 4096
"""More of them at once come from a checkout, and the kernel may have dropped some."""


@dataclass(slots=True)
class Hints:
    """What was noticed since somebody last asked."""

    folders: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    """Those that were written, whatever their state says: two saves may fall into one tick of the clock."""
    trees: set[str] = field(default_factory=set)
    """Folders that came, went or were moved, with everything below them."""
    is_everything: bool = False
    first_s: float | None = None

    def __bool__(self) -> bool:
        return self.is_everything or bool(self.folders)

    def merge(self, other: Hints) -> None:
        self.folders |= other.folders
        self.files |= other.files
        self.trees |= other.trees
        self.is_everything |= other.is_everything
        times = [time_s for time_s in (self.first_s, other.first_s) if time_s is not None]
        self.first_s = min(times, default=None)


class Noticeboard:
    """Hints, from observers to runs.

    Args:
        wake: called for every hint, with its time; must return at once.
        clock: seconds, never going back.
    """

    def __init__(self, wake: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._wake, self._clock = wake, clock
        self._lock = threading.Lock()
        self._hints = Hints()
        self._folders: frozenset[str] = frozenset()

    def set_folders(self, folders: frozenset[str]) -> None:
        """Hear only of what stands in these folders, or is one of them."""
        self._folders = folders

    def hint(self, path: str, *, is_folder: bool = False) -> None:
        """Something may have happened to a path."""
        folder = path.rpartition("/")[0] or "/"
        if folder in self._folders or (is_folder and path in self._folders):
            with self._lock:
                self._hints.folders.add(folder)
                (self._hints.trees if is_folder else self._hints.files).add(path)
                if len(self._hints.files) + len(self._hints.trees) > HINTS_MAX:
                    self._hints.files.clear()
                    self._hints.trees.clear()
                    self._hints.is_everything = True
            self._note()

    def hint_folder(self, folder: str) -> None:
        """Something in a folder may have changed."""
        if folder in self._folders:
            with self._lock:
                self._hints.folders.add(folder)
            self._note()

    def hint_everything(self) -> None:
        """Anything may have changed."""
        with self._lock:
            self._hints.is_everything = True
        self._note()

    def take(self) -> Hints:
        """Return what was noticed, once."""
        with self._lock:
            hints, self._hints = self._hints, Hints()
        return hints

    def give_back(self, hints: Hints) -> None:
        """Take hints again that nobody has acted on."""
        with self._lock:
            self._hints.merge(hints)

    def _note(self) -> None:
        now_s = self._clock()
        with self._lock:
            if self._hints.first_s is None:
                self._hints.first_s = now_s
        self._wake(now_s)
