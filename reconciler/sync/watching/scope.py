"""Where to look: the folders that an edit can matter in, and the files that matter to the whole project.

Decided here: the folders that globs lead into, those of files that are named literally, of pallet.toml, of
version files, changelogs, schemas and ignore files, and those that links lead to; never .git, .pallet or what
git ignores, but for what is named literally. What is not there yet is waited for in the nearest folder above.
Must never be added: looking at the content of a file.
"""

# Paths are text here: tens of thousands of them are compared and looked up.
# ruff: noqa: PTH112, PTH113, PTH114, PTH118, PTH119, PTH120

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.config import ChangelogNotes, FileVersion
from reconciler.desired.finding import ignores
from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.globs import EXCLUDES, Glob, parse_glob
from reconciler.desired.finding.tree import Folder, Sort, Tree, is_never_entered
from reconciler.desired.images.finding import split_name
from reconciler.desired.templates import has_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.desired.config import ArtifactRule, Config

_LAYOUT_FOLDERS_MAX = 1000
"""Below one path that is named literally, such as an image layout."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Folders and files, all of them absolute and without links."""

    root: str
    folders: frozenset[str]
    shared: frozenset[str]
    """Files whose change may change any artifact."""
    names: Mapping[str, tuple[str, ...]]
    """For folders that links lead to: the paths from the root by which the project knows them."""
    links: Mapping[str, tuple[str, ...]]
    """For files that links lead to: the paths of those links."""

    def is_shared(self, path: str) -> bool:
        return path in self.shared or path.endswith(f"/{ignores.FILE_NAME}")

    def names_of(self, path: str) -> Iterator[str]:
        """Yield the paths from the root by which the project may know a file."""
        below = f"{self.root.rstrip('/')}/"
        if path.startswith(below):
            yield path.removeprefix(below)
        yield from self.links.get(path, ())
        folder, _, name = path.rpartition("/")
        for known in self.names.get(folder, ()):
            yield f"{known}/{name}" if known else name


def walk(config: Config) -> Tree:
    """Return the project's folders, listed as far as its globs lead.

    Raises:
        OSError: the root cannot be listed.
    """
    tree = Tree(config.root)
    for rule in config.artifacts:
        patterns = [*rule.files, *(pattern for attach in rule.attachments for pattern in attach.files)]
        find_files(tree, [pattern for pattern in patterns if not has_placeholder(pattern)])
    return tree


def scope_of(config: Config, tree: Tree, paths: Iterable[str] = ()) -> Scope:
    """Return where to look.

    Args:
        tree: listed as far as the globs lead; see `walk`.
        paths: from the root, of what artifacts were found to be made of.
    """
    return _Scoping(config, tree).run(paths)


class _Scoping:
    """One pallet.toml at one moment."""

    def __init__(self, config: Config, tree: Tree) -> None:
        self._config, self._tree, self._root = config, tree, tree.root
        self._folders = {self._root}
        self._shared: set[str] = set()
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._links: defaultdict[str, set[str]] = defaultdict(set)

    def run(self, paths: Iterable[str]) -> Scope:
        for listed in self._tree.folders:
            if self._is_entered(listed):
                self._add_folder(listed)
        for glob in self._globs():
            self._add_glob(glob)
        for folder in {os.path.dirname(path) for path in paths}:
            self._add_nearest(os.path.join(self._root, folder))
        for path in self._shared_paths():
            self._shared.add(os.path.realpath(path))
            self._shared.add(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)))
            self._add_place(path)
        self._add_ignores_above()
        return Scope(
            self._root,
            frozenset(self._folders),
            frozenset(self._shared),
            {real: tuple(sorted(names)) for real, names in self._names.items()},
            {real: tuple(sorted(links)) for real, links in self._links.items()},
        )

    def _is_entered(self, folder: Folder) -> bool:
        # What was only looked into to tell the user about it is no part of the project.
        if not folder.path:
            return True
        try:
            return not is_never_entered(folder.path) and self._tree.rule_for(folder.path) is None
        except OSError:
            return False

    def _add_folder(self, folder: Folder) -> None:
        self._add(folder.real, folder.path)
        for name, sort in folder.entries.items():
            if sort is Sort.LINK:
                self._add_link(f"{folder.real}/{name}", folder.child(name))

    def _add(self, real: str, path: str) -> None:
        self._folders.add(real)
        if real != os.path.join(self._root, path).rstrip("/"):
            self._names[real].add(path)

    def _add_link(self, link: str, path: str) -> None:
        target = os.path.realpath(link)
        if os.path.isfile(target):
            self._links[target].add(path)
            self._folders.add(os.path.dirname(target))

    def _globs(self) -> Iterator[Glob]:
        for rule in self._config.artifacts:
            for pattern in self._patterns(rule):
                if pattern.startswith(EXCLUDES):
                    continue
                try:
                    yield parse_glob(pattern)
                except ValueError:
                    continue  # said where artifacts are gathered

    def _patterns(self, rule: ArtifactRule) -> Iterator[str]:
        for pattern in rule.files:
            yield split_name(self._config.root, pattern)[0]
        yield from filter(None, (rule.config_file, *rule.layers))
        for attach in rule.attachments:
            for pattern in attach.files:
                yield pattern.partition("{")[0] + "*" if has_placeholder(pattern) else pattern

    def _add_glob(self, glob: Glob) -> None:
        if not glob.is_literal:
            self._add_nearest(os.path.join(self._root, *glob.fixed))
            return
        path = os.path.join(self._root, glob.literal_path)
        self._add_place(path)
        real = os.path.realpath(path)
        if os.path.isdir(real):
            for count, (folder, _, _) in enumerate(os.walk(real)):
                if count >= _LAYOUT_FOLDERS_MAX:
                    break
                self._add(folder, glob.literal_path + folder[len(real) :])
        elif os.path.isfile(real):
            self._add(os.path.realpath(os.path.dirname(path)), os.path.dirname(glob.literal_path))
            if real != path:
                self._links[real].add(glob.literal_path)

    def _add_place(self, path: str) -> None:
        """Look where a file stands or would stand, and where it leads to."""
        self._add_nearest(os.path.dirname(path))
        if os.path.islink(path):
            self._add_nearest(os.path.dirname(os.path.realpath(path)))

    def _add_nearest(self, folder: str) -> None:
        while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        self._folders.add(os.path.realpath(folder))

    def _shared_paths(self) -> Iterable[str]:
        config = self._config
        names: list[str | None] = [kind.schema_name for kind in config.kinds.values() if kind.schema_root]
        for rule in config.artifacts:
            names.append(rule.version.file if isinstance(rule.version, FileVersion) else None)
            names.append(rule.notes.file if isinstance(rule.notes, ChangelogNotes) else None)
        names.extend(config.kind_files)
        yield str(config.path)
        yield from (str(config.root / name) for name in names if name)

    def _add_ignores_above(self) -> None:
        folder = self._root
        above = []
        while not os.path.lexists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                return  # no repository: nothing above counts
            folder = parent
            above.append(folder)
        self._folders.update(above)
