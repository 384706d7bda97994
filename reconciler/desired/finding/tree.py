"""The project's folders as they are on disk: each listed once, with what git ignores there.

Decided here: what is a file, a folder, a link; where a link leads; which ignore files count (from the
repository's top, the nearest folder with `.git`, else the project's root, down to the folder itself).
Must never be added: reading the content of anything but `.gitignore`, or what a pattern means.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.finding import ignores
from reconciler.desired.finding.globs import NEVER_ENTERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.desired.finding.ignores import Rule, Rules


class Sort(Enum):
    """What stands under a name."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "symlink"
    OTHER = "socket, fifo or device"


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """One listed folder."""

    path: str
    """From the project's root, as it was reached; empty for the root."""
    real: str
    """Absolute, without links."""
    parent: Folder | None
    rules: tuple[Rules, ...]
    """The ignore files that count here, the deepest first."""
    entries: Mapping[str, Sort]

    def child(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def lineage(self) -> Iterator[Folder]:
        """Yield this folder and those above it, as they were reached."""
        folder: Folder | None = self
        while folder is not None:
            yield folder
            folder = folder.parent


@dataclass(frozen=True, slots=True)
class Target:
    """Where a path leads when every link is followed."""

    real: str
    sort: Sort
    inside: str | None
    """From the project's root; None for a place outside the project."""


class Tree:
    """A project's folders, listed when they are first asked for.

    One object serves all patterns of one run. It is a snapshot that grows: a folder that changes
    after it was listed is not seen again. Not safe for several threads.

    Raises:
        OSError: the root is no folder, or cannot be listed.
    """

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._top, above = _ignores_above(Path(self.root))
        self._folders: dict[str, Folder] = {}
        self.root_rule = _rule_for_folder(self._top.rstrip("/"), above)
        """The rule by which git ignores the whole project, or None."""
        self.top_folder = self._list("", self.root, None, above)

    @property
    def folders(self) -> tuple[Folder, ...]:
        """Every folder that was listed so far."""
        return tuple(self._folders.values())

    def enter(self, parent: Folder, name: str, *, real: str | None = None) -> Folder:
        """Return the folder `name` below `parent`.

        Args:
            real: where it leads, for a link to a folder.

        Raises:
            OSError: it cannot be listed.
        """
        path = parent.child(name)
        known = self._folders.get(path)
        return known or self._list(path, real or f"{parent.real}/{name}", parent, parent.rules)

    def ignoring_rule(self, folder: Folder, name: str, sort: Sort) -> Rule | None:
        """Return the rule by which git ignores an entry of a folder that is not ignored itself."""
        if not folder.rules:
            return None
        path = self._top + folder.child(name)
        return ignores.ignoring_rule(path, folder.rules, is_folder=sort is Sort.FOLDER)

    def rule_for(self, path: str) -> Rule | None:
        """Return the rule by which git ignores a path without links, or a folder above it.

        Raises:
            OSError: a folder on the way cannot be listed.
        """
        folder, parts = self.top_folder, path.split("/")
        for index, name in enumerate(parts):
            sort = folder.entries.get(name, Sort.FILE)
            rule = self.ignoring_rule(folder, name, sort)
            if rule is not None or sort is not Sort.FOLDER:
                return rule
            if index < len(parts) - 1:
                folder = self.enter(folder, name)
        return None

    def target(self, path: str) -> Target:
        """Follow every link of a path below the root.

        Raises:
            OSError: it leads nowhere, in a circle, or may not be looked at.
        """
        real = os.path.realpath(f"{self.root}/{path}", strict=True)
        return Target(real, _sort(os.stat(real).st_mode), self._inside(real))  # noqa: PTH116  os.path throughout

    def _inside(self, real: str) -> str | None:
        below = self.root.rstrip("/") + "/"
        return "" if real == self.root else real.removeprefix(below) if real.startswith(below) else None

    def _list(self, path: str, real: str, parent: Folder | None, rules: tuple[Rules, ...]) -> Folder:
        with os.scandir(real) as entries:
            listed = {entry.name: _entry_sort(entry) for entry in entries}
        # git follows no link to an ignore file (since 2.32), hence neither does pallet.
        if listed.get(ignores.FILE_NAME) is Sort.FILE:
            base = f"{self._top}{path}/" if path else self._top
            shown = f"{path}/{ignores.FILE_NAME}" if path else ignores.FILE_NAME
            own = ignores.read_rules(Path(real, ignores.FILE_NAME), base=base, shown=shown)
            rules = (own, *rules) if own.rules else rules
        folder = self._folders[path] = Folder(path, real, parent, rules, listed)
        return folder


def is_never_entered(path: str) -> bool:
    """Say whether a path leads through git's own folder or pallet's."""
    return not NEVER_ENTERED.isdisjoint(path.split("/"))


def _ignores_above(root: Path) -> tuple[str, tuple[Rules, ...]]:
    """Return the root's path from the repository's top, with a final `/`, and the ignore files above it."""
    top = next((folder for folder in (root, *root.parents) if _exists(folder / ".git")), root)
    if top == root:
        return "", ()
    above = [folder for folder in root.parents if folder == top or top in folder.parents]
    return f"{root.relative_to(top).as_posix()}/", tuple(_read_above(above, top=top))


def _read_above(folders: Iterable[Path], *, top: Path) -> Iterator[Rules]:
    for depth, folder in enumerate(folders, start=1):
        path = folder / ignores.FILE_NAME
        if path.is_file() and not path.is_symlink():
            base = "" if folder == top else f"{folder.relative_to(top).as_posix()}/"
            rules = ignores.read_rules(path, base=base, shown="../" * depth + ignores.FILE_NAME)
            if rules.rules:
                yield rules


def _rule_for_folder(path: str, rules: tuple[Rules, ...]) -> Rule | None:
    """Return the rule by which git ignores a folder or one above it; `path` is from the repository's top."""
    parts = path.split("/") if path else []
    for end in range(1, len(parts) + 1):
        part = "/".join(parts[:end])
        counted = tuple(file for file in rules if part.startswith(file.base))
        rule = ignores.ignoring_rule(part, counted, is_folder=True)
        if rule is not None:
            return rule
    return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _entry_sort(entry: os.DirEntry[str]) -> Sort:
    if entry.is_symlink():
        return Sort.LINK
    if entry.is_file(follow_symlinks=False):
        return Sort.FILE
    return Sort.FOLDER if entry.is_dir(follow_symlinks=False) else Sort.OTHER


def _sort(mode: int) -> Sort:
    if stat.S_ISREG(mode):
        return Sort.FILE
    return Sort.FOLDER if stat.S_ISDIR(mode) else Sort.OTHER
