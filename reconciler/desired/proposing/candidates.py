"""Which files of a folder may be worth publishing: a walk that keeps out of what others own.

Left out: what git ignores, hidden names (but `.well-known`, where agent cards live), folders of
packages, virtual environments, what stands inside a chart, other repositories and other projects.
Links are not followed: what they lead to is found under its own name.
Must never be added: reading a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.config_reader import FILE_NAME
from reconciler.desired.finding.file_problems import shown
from reconciler.desired.finding.tree import Folder, Sort, Tree
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHART_FILE = "Chart.yaml"
_PACKAGES = frozenset({"node_modules", "bower_components", "__pycache__", "site-packages"})
_VISIBLE = frozenset({".well-known"})
_LAYOUT_MARK = "oci-layout"
_FOREIGN_MARKS = frozenset({".git", "pyvenv.cfg", _LAYOUT_MARK, FILE_NAME})
"""Names that show that a folder is another repository, an environment, an image layout, another project."""
_CHART_FOLDERS = frozenset({"charts", "templates", "crds"})
_CHART_FILES = frozenset({"values.yaml", "values.schema.json"})
"""What belongs to a chart that stands in the project's root folder; elsewhere all of its folder does."""


@dataclass(slots=True)
class Candidates:
    """What the walk found."""

    paths: list[str] = field(default_factory=list)
    """Files, from the root, sorted."""
    layouts: list[str] = field(default_factory=list)
    """Folders with the mark of an image layout, from the root, sorted."""
    links: list[str] = field(default_factory=list)
    """What is neither a file nor a folder, from the root, sorted."""
    problems: list[Problem] = field(default_factory=list)
    """Folders that could not be listed."""


def find_candidates(tree: Tree, may_fit: Callable[[str], bool]) -> Candidates:
    """Return the files that may be worth a look, and the folders that may be images.

    Args:
        tree: of the project.
        may_fit: says by a file's name whether it is worth a look.
    """
    candidates = Candidates()
    # A list, not recursion: folders may be nested more deeply than Python's stack.
    folders = [tree.top_folder]
    while folders:
        folder = folders.pop()
        candidates.paths += (folder.child(name) for name in _files(tree, folder, may_fit))
        candidates.links += (folder.child(name) for name in _links(tree, folder))
        for name in _folders(tree, folder):
            try:
                below = tree.enter(folder, name)
            except OSError as exc:
                message = f"folder cannot be listed: {exc.strerror}"
                candidates.problems.append(Problem("unlistable", message, shown(folder.child(name))))
                continue
            if _FOREIGN_MARKS.isdisjoint(below.entries):
                folders.append(below)
            elif _LAYOUT_MARK in below.entries:
                candidates.layouts.append(below.path)
    candidates.paths.sort()
    candidates.layouts.sort()
    candidates.links.sort()
    return candidates


def _files(tree: Tree, folder: Folder, may_fit: Callable[[str], bool]) -> Iterator[str]:
    is_chart = folder.entries.get(CHART_FILE) is Sort.FILE
    if is_chart and folder.path:
        yield from _unignored(tree, folder, [CHART_FILE], Sort.FILE)
        return
    names = (
        name
        for name, sort in folder.entries.items()
        if sort is Sort.FILE and not name.startswith(".") and may_fit(name)
    )
    yield from _unignored(
        tree, folder, (n for n in names if not is_chart or n not in _CHART_FILES), Sort.FILE
    )


def _links(tree: Tree, folder: Folder) -> Iterator[str]:
    names = (name for name, sort in folder.entries.items() if sort in (Sort.LINK, Sort.OTHER))
    return (name for name in names if tree.ignoring_rule(folder, name, folder.entries[name]) is None)


def _folders(tree: Tree, folder: Folder) -> Iterator[str]:
    is_chart = folder.entries.get(CHART_FILE) is Sort.FILE
    if is_chart and folder.path:
        return
    names = (
        name
        for name, sort in folder.entries.items()
        if sort is Sort.FOLDER
        and name not in _PACKAGES
        and (not name.startswith(".") or name in _VISIBLE)
        and not (is_chart and name in _CHART_FOLDERS)
    )
    yield from _unignored(tree, folder, names, Sort.FOLDER)


def _unignored(tree: Tree, folder: Folder, names: Iterator[str] | list[str], sort: Sort) -> Iterator[str]:
    return (name for name in names if tree.ignoring_rule(folder, name, sort) is None)
