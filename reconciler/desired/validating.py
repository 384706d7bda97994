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

from reconciler.desired.collecting import fewer_collections
from reconciler.desired.config_reader import FILE_NAME, read_config
from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.desired.doubts import doubts
from reconciler.desired.finding.files import FoundFile, find_files
from reconciler.desired.finding.tree import Tree
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_files import check_document, describe_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import Recogniser
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.lockfile import read_lock
from reconciler.desired.proposing.candidates import find_candidates
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, decode
from reconciler.desired.reading.encodings import wide_encoding
from reconciler.desired.sightings import sight
from reconciler.desired.sources import read_source
from reconciler.errors import InvalidError, Problem, Severity
from reconciler.oci.digest import Digest
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.document_memory import DocumentMemory
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.sightings import Sighted

LOCK_NAME: Final = "pallet.lock"
NO_KIND: Final = "belongs to no kind"


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
        self._memory, self._documents = memory, documents
        self._named: set[Path] = set()
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
            self._named.add(path)
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
            problems = [replace(item, file=shown if named else item.file) for item in exc.problems]
            self._report(*without_ignored(problems, self._ignored))

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
            self._report(*self._check_by_rule(FoundFile(shown, path.name), rule, kind))
        if shown not in self._checked.skipped:
            self._checked.files.append(shown)

    def _check_by_rule(self, found: FoundFile, rule: ArtifactRule, kind: Kind) -> list[Problem]:
        config = self._config
        assert config is not None
        try:
            source = read_source(self._directory, found, kind, self._memory, self._documents)
            kind = source.edition(kind)
            problems = self._judge(source.document, kind, source.digest) if source.document else []
            if not any(problem.severity is Severity.ERROR for problem in problems):
                problems += doubts(config, rule, kind, source)
        except InvalidError as exc:
            problems = list(exc.problems)
        return without_ignored(problems, self._ignored | rule.ignored_rules)

    def _check_by_content(self, path: Path, shown: str) -> None:
        if not self._recogniser.is_document(path.name):
            self._checked.skipped[shown] = NO_KIND
            return
        try:
            content = read_bounded(path, max_bytes=DOCUMENT_MAX_BYTES)
        except OSError as exc:
            raise InvalidError([Problem("unreadable", f"cannot be read: {exc.strerror}", shown)]) from exc
        digest = Digest.of(content)
        sighted = sight(self._recogniser, shown, content, digest, self._documents)
        if sighted is not None:
            self._checked.files.append(shown)
            self._check_sighted(path, shown, sighted, digest)
        elif path in self._named and wide_encoding(content) is not None:
            # Whoever named it wants to hear of it; what it says nobody will have read.
            self._checked.files.append(shown)
            decode(content, shown)
        else:
            self._checked.skipped[shown] = NO_KIND

    def _check_sighted(self, path: Path, shown: str, sighted: Sighted, digest: Digest) -> None:
        document = sighted.document
        if document is None:
            found = FoundFile(shown, path.name)
            document = read_source(self._directory, found, sighted.kind, documents=self._documents).document
        if document is not None:
            problems = self._judge(document, sighted.kind.of(document.value), digest)
            self._report(*without_ignored(problems, self._ignored))

    def _judge(self, document: Document, kind: Kind, digest: Digest) -> list[Problem]:
        """Return what is wrong with a document, and remember one with which nothing is."""
        problems = check_document(document, kind)
        if not any(problem.severity is Severity.ERROR for problem in problems):
            describe_document(document, kind)
            self._documents.keep(digest, document)
        return problems

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
