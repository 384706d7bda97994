"""What is wrong with files, without a registry: those of a project, or some that somebody names.

Decided here: what kind a named file is held to: that of its entry in pallet.toml, else what it says it
is, as `init` recognises it. A file of no kind is skipped, and said. Must never be added: building
what is published, or where problems are printed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.desired.config_reader import FILE_NAME, read_config
from reconciler.desired.doubts import doubts
from reconciler.desired.finding.files import FoundFile, find_files
from reconciler.desired.finding.tree import Tree
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import Recogniser, format_of
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.lockfile import read_lock
from reconciler.desired.proposing.candidates import find_candidates
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, read_document
from reconciler.desired.sources import read_source
from reconciler.errors import InvalidError, Problem, Severity
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.kinds.kind import Kind

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


def check_named(names: Iterable[Path], directory: Path, config: Config | None) -> Checked:
    """Check files, and all that may be worth it below folders.

    Args:
        names: files and folders; relative ones start at `directory`.
        directory: what paths in problems are relative to.
        config: the project's pallet.toml; None where there is none.
    """
    return _Checking(_absolute(directory), config).run(names)


class _Checking:
    """One run over some files."""

    def __init__(self, directory: Path, config: Config | None) -> None:
        self._directory, self._config = directory, config
        self._recogniser = Recogniser(config.kinds if config else builtin_kinds())
        self._ignored = config.ignored_rules if config else frozenset[str]()
        self._entries: dict[str, list[ArtifactRule]] | None = None
        self._checked = Checked()

    def run(self, names: Iterable[Path]) -> Checked:
        for path in dict.fromkeys(path for name in names for path in self._expand(name)):
            self._check(path)
        return self._checked

    def _expand(self, name: Path) -> Iterator[Path]:
        path = _absolute(self._directory / name)
        if not path.is_dir():
            yield path
            return
        try:
            found = find_candidates(Tree(path), self._recogniser.is_document)
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
                self._check_by_rules(path, shown, rules)
            else:
                self._check_by_content(path, shown)
        except InvalidError as exc:
            # Settings say their own name, other files the one under which they are shown.
            named = path.name in (FILE_NAME, LOCK_NAME)
            self._report(*(replace(item, file=shown if named else item.file) for item in exc.problems))

    def _take_settings(self, path: Path, shown: str) -> None:
        self._checked.files.append(shown)
        config = read_config(path)
        self._report(*(replace(problem, file=shown) for problem in config.warnings))

    def _check_by_rules(self, path: Path, shown: str, rules: Sequence[ArtifactRule]) -> None:
        config = self._config
        assert config is not None
        for name, rule in {rule.kind: rule for rule in reversed(rules)}.items():
            kind = config.kinds[name]
            if kind.layer is LayerForm.IMAGE:
                self._checked.skipped[shown] = "an image, which validate looks at with the whole project"
                continue
            source = read_source(self._directory, FoundFile(shown, path.name), kind)
            kind = source.edition(kind)
            found = check_document(source.document, kind) if source.document else []
            if not any(problem.severity is Severity.ERROR for problem in found):
                found += doubts(config, rule, kind, source)
            self._report(*without_ignored(found, self._ignored | rule.ignored_rules))
        if shown not in self._checked.skipped:
            self._checked.files.append(shown)

    def _check_by_content(self, path: Path, shown: str) -> None:
        kind = self._recognise(path, shown)
        if kind is None:
            self._checked.skipped[shown] = "belongs to no kind"
            return
        source = read_source(self._directory, FoundFile(shown, path.name), kind)
        found = check_document(source.document, kind) if source.document else []
        self._checked.files.append(shown)
        self._report(*without_ignored(found, self._ignored))

    def _recognise(self, path: Path, shown: str) -> Kind | None:
        if not self._recogniser.is_document(path.name):
            return None
        try:
            content = read_bounded(path, max_bytes=DOCUMENT_MAX_BYTES)
        except OSError as exc:
            raise InvalidError([Problem("unreadable", f"cannot be read: {exc.strerror}", shown)]) from exc
        if not self._recogniser.has_words(path.name, content):
            return None
        value = read_document(content, file=shown, suffix_format=format_of(path.name)).value
        return self._recogniser.kind_of(path.name, value)

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
