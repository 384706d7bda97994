"""One walk through the tree for one glob.

Decided here: which folders are entered, and how often. Links to folders inside the project are
followed, never into a folder that the walk is already in, and no more than `LINKS_MAX` of them.
Must never be added: reading a file, or the texts of problems.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.desired.finding import file_problems as texts
from reconciler.desired.finding.tree import Folder, Sort, Target, Tree, is_never_entered
from reconciler.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.desired.finding.globs import Glob
    from reconciler.desired.finding.ignores import Rule

LINKS_MAX = 1000
"""Links to folders that one pattern follows: folders that link to each other multiply without end."""

IGNORED_FOLDERS_MAX = 1000
"""Folders that are looked at only to say how many ignored files a pattern would match."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A folder to look at, and what is expected below it."""

    folder: Folder
    index: int
    """The segment that its entries are held against."""
    place: str
    """Where the rule stands by which git ignores the folder; empty for a folder that it does not ignore."""


class Search:
    """What a glob matches; `run` fills the results, once.

    Args:
        exclusions: what they mean is no match, and nothing is wrong with it.
        through_ignored: walk what git ignores as well, to tell the user about it.
    """

    def __init__(
        self, tree: Tree, glob: Glob, exclusions: Sequence[Glob] = (), *, through_ignored: bool = False
    ) -> None:
        self.found: dict[str, str] = {}
        """Paths, each with the place of the rule that ignores it; empty where none does."""
        self.passed_over = False
        """Whether anything was left out because git ignores it."""
        self.missing_folder: str | None = None
        """The part of the pattern's fixed folders that is not there."""
        self.excluded: set[str] = set()
        """The exclusions that took something out, as they were written."""
        self.is_cut = False
        """Whether folders were left out because there are too many of them."""
        self._problems: dict[str, Problem] = {}
        self._tree, self._glob, self._exclusions = tree, glob, exclusions
        self._through_ignored = through_ignored
        self._steps: list[_Step] = []
        self._links = self._ignored_folders = 0

    @property
    def problems(self) -> list[Problem]:
        """Each once, in the order of their texts."""
        return [self._problems[text] for text in sorted(self._problems)]

    def run(self) -> None:
        self._start()
        seen = set()
        while self._steps:
            step = self._steps.pop()
            # `**/a/**` reaches a folder in more ways than one.
            if (step.folder.path, step.index) not in seen:
                seen.add((step.folder.path, step.index))
                self._look(step)

    def _start(self) -> None:
        """Enter the folders that the pattern names without a glob character."""
        place = self._admit(self._tree.root_rule)
        if place is None:
            return
        step = _Step(self._tree.top_folder, 0, place)
        for name in self._glob.fixed:
            sort = step.folder.entries.get(name)
            if sort is not Sort.FOLDER and sort is not Sort.LINK:
                self.missing_folder = step.folder.child(name)
                return
            below = self._enter(step, name, sort, 0, is_named=True)
            if below is None:
                return
            step = below
        self._steps.append(step)

    def _look(self, step: _Step) -> None:
        segment = self._glob.segments[step.index]
        if segment.is_deep:
            self._steps.append(_Step(step.folder, step.index + 1, step.place))
        is_last = step.index == len(self._glob.segments) - 1
        index = step.index if segment.is_deep else step.index + 1
        for name, sort in step.folder.entries.items():
            if not segment.matches(name) or is_never_entered(name):
                continue
            if is_last:
                self._take(step, name, sort)
            elif sort is Sort.FOLDER or sort is Sort.LINK:
                below = self._enter(step, name, sort, index)
                if below is not None:
                    self._steps.append(below)

    def _take(self, step: _Step, name: str, sort: Sort) -> None:
        """Note a file whose name matches to the end."""
        path = step.folder.child(name)
        if sort is Sort.FOLDER or self._is_excluded(path):
            return
        place = self._admit_entry(step, name, sort)
        if sort is Sort.LINK and place is not None:
            target = self._target(path)
            if target is None or target.sort is Sort.FOLDER:
                return
            if target.inside is None or is_never_entered(target.inside):
                self._note(texts.outside(self._tree, path, target))
                return
            sort, place = target.sort, place or self._admit_target(target.inside)
        if place is None:
            return
        if sort is Sort.OTHER:
            self._note(texts.not_a_file(path))
        else:
            self.found[path] = place

    def _is_excluded(self, path: str) -> bool:
        taken_out_by = [each.text for each in self._exclusions if each.means(path)]
        self.excluded.update(taken_out_by)
        return bool(taken_out_by)

    def _enter(
        self, step: _Step, name: str, sort: Sort, index: int, *, is_named: bool = False
    ) -> _Step | None:
        """Return the step into a folder or a link to one, or None where the walk must not go."""
        place = self._admit_entry(step, name, sort)
        real = None
        if sort is Sort.LINK and place is not None:
            target = self._follow(step.folder, name, is_named=is_named)
            if target is None:
                return None
            real, place = target.real, place or self._admit_target(target.inside or "")
        if place is None or (place and self._is_enough()):
            return None
        try:
            return _Step(self._tree.enter(step.folder, name, real=real), index, place)
        except OSError as exc:
            self._note(texts.unlistable(step.folder.child(name), exc))
            return None

    def _follow(self, folder: Folder, name: str, *, is_named: bool) -> Target | None:
        """Return where a link to a folder leads, or None where it is not one to follow."""
        path = folder.child(name)
        target = self._target(path, is_said=is_named)
        if target is None:
            return None
        if target.sort is not Sort.FOLDER:
            if is_named:
                self._note(texts.not_a_folder(path))
            return None
        if target.inside is None or is_never_entered(target.inside):
            severity = Severity.ERROR if is_named else Severity.WARNING
            self._note(replace(texts.outside(self._tree, path, target), severity=severity))
            return None
        if any(above.real == target.real for above in folder.lineage()):
            self._note(texts.circle(path, target.inside))
            return None
        self._links += 1
        if self._links > LINKS_MAX:
            self._note(texts.too_many_links(self._glob.text, LINKS_MAX))
            return None
        return target

    def _target(self, path: str, *, is_said: bool = True) -> Target | None:
        try:
            return self._tree.target(path)
        except OSError as exc:
            if is_said:
                self._note(texts.leads_nowhere(self._tree, path, exc))
            return None

    def _admit_entry(self, step: _Step, name: str, sort: Sort) -> str | None:
        if step.place:  # only `through_ignored` comes here: nothing below is re-included
            return step.place
        return self._admit(self._tree.ignoring_rule(step.folder, name, sort))

    def _admit_target(self, path: str) -> str | None:
        """Judge where a link leads: what git ignores there is not in a clone either."""
        try:
            return self._admit(self._tree.rule_for(path))
        except OSError as exc:
            self._note(texts.unlistable(path, exc))
            return None

    def _admit(self, rule: Rule | None) -> str | None:
        """Return the place of a rule, empty for no rule, or None for what must be left out."""
        if rule is None:
            return ""
        if self._through_ignored:
            return rule.place
        self.passed_over = True
        return None

    def _is_enough(self) -> bool:
        self._ignored_folders += 1
        self.is_cut = self._ignored_folders > IGNORED_FOLDERS_MAX
        return self.is_cut

    def _note(self, problem: Problem) -> None:
        self._problems.setdefault(problem.message, problem)
