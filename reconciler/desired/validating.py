"""What is wrong with files, without a registry: those of a project, or some that somebody names.

Decided here: which files are looked at, each once, and that pallet.toml and pallet.lock are files too.
Must never be added: what a file is held to; building what is published; where problems are printed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.desired.collecting import fewer_collections
from reconciler.desired.config_reader import FILE_NAME, read_config
from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.tree import Tree
from reconciler.desired.judging import Judge, Judged
from reconciler.desired.lockfile import read_lock
from reconciler.desired.proposing.candidates import find_candidates
from reconciler.errors import InvalidError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.document_memory import DocumentMemory

LOCK_NAME: Final = "pallet.lock"


@dataclass(slots=True)
class Checked:
    """What was looked at, and what is wrong with it."""

    problems: list[Problem] = field(default_factory=list)
    """In the order of the files, and of the lines in each."""
    files: list[str] = field(default_factory=list)
    """Those that were held to a kind."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Those that were not, and why."""
    artifacts: int | None = None
    """How many artifacts the files make; None where only some files were looked at."""

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def count(self) -> tuple[int, str]:
        """How many were looked at, and what of: artifacts of a project, or files."""
        return (len(self.files), "file") if self.artifacts is None else (self.artifacts, "artifact")


def check_named(
    names: Iterable[Path],
    directory: Path,
    config: Config | None,
    *,
    memory: DigestMemory = NO_MEMORY,
    documents: DocumentMemory = NO_DOCUMENTS,
) -> Checked:
    """Check files, and all that may be worth it below folders.

    Args:
        names: files and folders; relative ones start at `directory`.
        directory: what paths in problems are relative to.
        config: the project's pallet.toml; None where there is none.
        memory: what is known of large files.
        documents: what is known of files that are looked into; closed at the end.
    """
    with fewer_collections(), documents:
        return _Checking(_absolute(directory), config, memory, documents).run(names)


class _Checking:
    """One run over some files."""

    def __init__(
        self, directory: Path, config: Config | None, memory: DigestMemory, documents: DocumentMemory
    ) -> None:
        self._directory, self._config = directory, config
        self._judge = Judge(directory, config, memory, documents)
        self._named: set[Path] = set()
        self._entries: dict[str, list[ArtifactRule]] | None = None
        self._checked = Checked()

    def run(self, names: Iterable[Path]) -> Checked:
        for path in dict.fromkeys(path for name in names for path in self._expand(name)):
            self._check(path)
        return self._checked

    def _expand(self, name: Path) -> Iterator[Path]:
        path = _absolute(self._directory / name)
        if not path.is_dir():
            self._named.add(path)
            yield path
            return
        try:
            found = find_candidates(Tree(path), self._judge.may_judge)
        except OSError as exc:
            self._report(Problem("unlistable", f"folder cannot be listed: {exc.strerror}", self._shown(path)))
            return
        for problem in found.problems:
            self._report(replace(problem, file=self._shown(path / (problem.file or ""))))
        yield from (path / below for below in found.paths)

    def _check(self, path: Path) -> None:
        shown = self._shown(path)
        try:
            if path.name == FILE_NAME:
                self._take_settings(path, shown)
            elif path.name == LOCK_NAME:
                read_lock(path)
                self._checked.files.append(shown)
            elif not path.is_file():
                self._report(Problem("unreadable", _why_no_file(path), shown))
            elif rules := self._rules_of(path):
                self._take(shown, self._judge.by_entries(shown, rules))
            else:
                self._take(shown, self._judge.by_content(shown, is_named=path in self._named))
        except InvalidError as exc:
            # Settings say their own name, not the path under which they are shown.
            self._report(*(replace(problem, file=shown) for problem in exc.problems))

    def _take(self, shown: str, judged: Judged) -> None:
        self._report(*judged.problems)
        if judged.skipped is None:
            self._checked.files.append(shown)
        else:
            self._checked.skipped[shown] = judged.skipped

    def _take_settings(self, path: Path, shown: str) -> None:
        self._checked.files.append(shown)
        config = read_config(path)
        self._report(*(replace(problem, file=shown) for problem in config.warnings))

    def _rules_of(self, path: Path) -> list[ArtifactRule]:
        if self._config is None:
            return []
        if self._entries is None:
            self._entries = _find_entries(self._config)
        return self._entries.get(os.path.realpath(path), [])

    def _report(self, *problems: Problem) -> None:
        self._checked.problems += problems

    def _shown(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._directory)).as_posix()


def _find_entries(config: Config) -> dict[str, list[ArtifactRule]]:
    """Return the entries of pallet.toml for each file that one of them names."""
    entries: dict[str, list[ArtifactRule]] = {}
    tree = Tree(config.root)
    for rule in config.artifacts:
        for file in find_files(tree, rule.files, allow_folders=True).files:
            entries.setdefault(os.path.realpath(config.root / file.path), []).append(rule)
    return entries


def _absolute(path: Path) -> Path:
    """Return a path without `..`; links stay, since files are called what they were named."""
    return Path(os.path.normpath(path.absolute()))


def _why_no_file(path: Path) -> str:
    return "expected a file, got something else, such as a pipe" if path.exists() else "no such file"
