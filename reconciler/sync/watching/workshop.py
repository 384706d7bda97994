"""From hints to what is wanted now: look, forget what was touched, build that again and nothing else.

Decided here: what a change reaches. One file reaches what is made of it; pallet.toml, version files,
changelogs, schemas and ignore files reach everything. A pallet.toml that cannot be read leaves the last good
one in force. Must never be added: a registry. One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.build_memory import BuildKey, BuildMemory
from reconciler.desired.collecting import fewer_collections
from reconciler.desired.config_reader import read_config
from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.desired.finding.tree import Tree
from reconciler.desired.gather import gather
from reconciler.desired.kinds.kind_files import load_project_schema
from reconciler.desired.locked_builds import LockedBuilds
from reconciler.errors import ConfigError, InvalidError, Problem, Severity
from reconciler.sync.watching.channel import rivals
from reconciler.sync.watching.scope import Scope, scope_of, walk
from reconciler.sync.watching.survey import Changes, Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.desired.config import Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.document_memory import DocumentMemory
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.reference import Tag
    from reconciler.sync.watching.noticeboard import Hints


@dataclass(frozen=True, slots=True)
class Draft:
    """What the tree says now."""

    config: Config
    wanted: tuple[Wanted, ...]
    """What can be published: everything without a problem."""
    broken: tuple[Wanted, ...]
    """The last good state of what has a problem now."""
    problems: tuple[Problem, ...]
    changed: tuple[str, ...]
    """Paths from the root, as the project knows them, of what artifacts are made of."""
    reloaded: str | None
    """The file for which everything was read anew; None where that was not needed."""
    is_withheld: bool
    """Whether nothing may be published: pallet.toml wants the channel's tag for releases."""
    new_folders: frozenset[str]
    """Folders that matter from now on, and were not looked at before."""
    is_structural: bool
    """Whether files or folders have come or gone."""


class Workshop:
    """A project that is built again and again.

    Args:
        config: read already, and good.
        tag: the channel's.
        chooses: says which artifacts are meant, by name.
        memory: what is known of large files.
        documents: what is known of files that are looked into; asked where everything is built.
    """

    def __init__(
        self,
        config: Config,
        tag: Tag,
        chooses: Callable[[str], bool],
        memory: DigestMemory,
        documents: DocumentMemory,
    ) -> None:
        self.config = config
        self._tag, self._chooses, self._memory, self._documents = tag, chooses, memory, documents
        self._builds = BuildMemory()
        self._locked_builds = LockedBuilds(config.lock_path)
        self._good: dict[BuildKey, Wanted] = {}
        self._survey = Survey()
        self._config_problems: tuple[Problem, ...] = ()
        self.scope: Scope = scope_of(config, walk(config))

    @property
    def survey(self) -> Survey:
        """What stood in the folders that matter when they were looked at last."""
        return self._survey

    def look(self) -> None:
        """See how everything stands, so that later looks tell what has changed."""
        self._survey.look(self.scope.folders)

    def build(self, hints: Hints, *, anew: bool = False) -> Draft | None:
        """Return what the tree says now; None where nothing has changed.

        Args:
            hints: what may have changed.
            anew: whether everything is read again, changed or not.
        """
        changes = self._look(hints)
        if not changes and not anew:
            return None
        names = self._names_of(changes)
        shared = sorted(path for path in changes.paths if self.scope.is_shared(path))
        known = {name for name in names if self._builds.knows(name)}
        if not (known or shared or changes.is_structural or anew):
            return None
        reloaded = self._reload(shared) if shared or anew else None
        self._builds.forget(names)
        tree = Tree(self.config.root)
        wanted, problems = self._gather(tree)
        known.update(name for path in shared for name in self.scope.names_of(path))
        return Draft(
            config=self.config,
            wanted=wanted,
            broken=self._broken(),
            problems=problems,
            changed=tuple(name for name in names if name in known or self._builds.knows(name)),
            reloaded=reloaded,
            is_withheld=any(problem.code == "tag-taken" for problem in problems),
            new_folders=self._rescope(tree),
            is_structural=changes.is_structural,
        )

    def _names_of(self, changes: Changes) -> list[str]:
        """Return the paths from the root by which the project knows what has changed."""
        names = {name for path in changes.paths for name in self.scope.names_of(path)}
        links = {name for path in changes.redirected for name in self.scope.names_of(path)}
        if links:
            # Another file stands behind each path below the link, whether that folder is new to us or not.
            below = tuple(f"{link}/" for link in links)
            names.update(path for path in self._builds.paths() if path.startswith(below))
        return sorted(names)

    def _look(self, hints: Hints) -> Changes:
        changes = self._survey.look(self._hinted(hints))
        changes.paths.update(file for file in hints.files if self._survey.holds(file))
        return changes

    def _hinted(self, hints: Hints) -> frozenset[str]:
        """Return the folders to look at."""
        folders = self.scope.folders
        if hints.is_everything:
            return folders
        below = tuple(f"{tree}/" for tree in hints.trees)
        moved = (folder for folder in folders if f"{folder}/".startswith(below)) if below else ()
        return (folders & hints.folders).union(moved)

    def _reload(self, shared: list[str]) -> str | None:
        """Read pallet.toml and what all artifacts depend on again; return the name of what has changed."""
        load_project_schema.cache_clear()
        self._builds.clear()
        self._config_problems = ()
        try:
            self.config = read_config(self.config.path)
        except InvalidError as exc:
            self._config_problems = exc.problems
        if not shared or self._config_problems:
            return None
        names = [name for path in shared for name in self.scope.names_of(path)]
        return names[0] if names else shared[0].rpartition("/")[2]

    def _gather(self, tree: Tree) -> tuple[tuple[Wanted, ...], tuple[Problem, ...]]:
        # A single save is built faster than it is looked up, and remembering each one would help nobody.
        documents = NO_DOCUMENTS if len(self._builds) else self._documents
        with fewer_collections(), documents:
            gathered = gather(
                self.config,
                memory=self._memory,
                documents=documents,
                tree=tree,
                built=self._builds,
                builds=self._locked_builds.read(),
            )
        problems = [*self._config_problems, *self._tag_problems(), *gathered.problems]
        return tuple(self._sound(gathered.wanted)), tuple(problems)

    def _sound(self, gathered: Sequence[Wanted]) -> Iterator[Wanted]:
        """Return what can be published."""
        unsound = _claimed_twice(gathered)
        for key, built in self._builds.items():
            if built.wanted is not None and errors_of(built.problems):
                unsound.add(built.wanted.key)
            elif built.wanted is not None and built.wanted.key not in unsound:
                self._good[key] = built.wanted
        return (item for item in gathered if item.key not in unsound and self._chooses(item.name))

    def _broken(self) -> tuple[Wanted, ...]:
        """Return what was good before, and is no more, though its files are still meant."""
        builds = dict(self._builds.items())
        self._good = {key: wanted for key, wanted in self._good.items() if key in builds}
        return tuple(
            wanted
            for key, wanted in self._good.items()
            if (builds[key].wanted is None or errors_of(builds[key].problems)) and self._chooses(wanted.name)
        )

    def _tag_problems(self) -> Iterable[Problem]:
        for place in rivals(self._tag, self.config):
            message = f"expected no release to have the tag {self._tag}, which is watch's: {place}"
            yield Problem("tag-taken", message, self.config.path.name, fix="watch with another --tag")

    def _rescope(self, tree: Tree) -> frozenset[str]:
        before = self.scope.folders
        self.scope = scope_of(self.config, tree, self._builds.paths())
        self._survey.keep_only(self.scope.folders)
        return self.scope.folders - before


def check_tag(config: Config, tag: Tag) -> None:
    """Refuse a tag that releases have.

    Raises:
        ConfigError: pallet.toml says so; with every place.
    """
    places = list(rivals(tag, config))
    if places:
        message = f"expected no release to have the tag {tag}, which is watch's: "
        fix = "watch with another --tag"
        raise ConfigError(
            [Problem("tag-taken", message + place, config.path.name, fix=fix) for place in places]
        )


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _claimed_twice(wanted: Iterable[Wanted]) -> set[object]:
    seen: set[object] = set()
    twice: set[object] = set()
    for item in wanted:
        (twice if item.key in seen else seen).add(item.key)
    return twice
