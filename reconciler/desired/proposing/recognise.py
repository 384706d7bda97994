"""Which files of a folder are of a kind, by what they say.

Decided here: what is said of a file that looks like a kind and is invalid. By what each kind is known
stands in its document. A file is parsed only where its bytes hold the words of a kind, so that a
thousand other files cost only their reading. Must never be added: where a file is published to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from reconciler.desired.finding.file_problems import shown
from reconciler.desired.images.files import open_layout_files
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import HEAD_MAX_BYTES, Recogniser, format_of
from reconciler.desired.packed import describes, is_packed, read_described
from reconciler.desired.proposing.candidates import find_candidates
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, Document, read_document
from reconciler.desired.reading.fields import read_text_field
from reconciler.desired.versions.version import Version
from reconciler.errors import DocumentError, Problem, Severity
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.finding.tree import Tree
    from reconciler.desired.kinds.kind import Kind

_ARCHIVE: Final = ".tar"
_SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})
"""Of files that are worth a word where they are of no kind."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file that is valid for a kind."""

    path: str
    """From the project's root, with `/`."""
    kind: str
    version: str | None = None
    """The semantic version in the field that the kind names; None where there is none."""


@dataclass(slots=True)
class Survey:
    """What stands in a folder, each sorted by path."""

    recognised: list[Recognised] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    """The first problem of each file that looks like a kind, and is not valid or cannot be read."""
    unknown: list[str] = field(default_factory=list)
    """YAML and JSON files that are something else."""
    links: list[str] = field(default_factory=list)
    """What is neither a file nor a folder, and was not looked into."""


def recognise_files(tree: Tree) -> Survey:
    """Look at every file of a project that may be of a kind that comes with pallet, and say what each is."""
    looking = _Looking(Path(tree.root), Recogniser(builtin_kinds(), is_guessing=True))
    candidates = find_candidates(tree, looking.is_worth_a_look)
    survey = Survey(refused=candidates.problems, links=candidates.links)
    doubtful = []
    for path in (*candidates.paths, *candidates.layouts):
        found = looking.look(path)
        match found:
            case Recognised():
                survey.recognised.append(found)
            case Problem():
                survey.refused.append(found)
            case _ if PurePosixPath(path).suffix in _SUFFIXES:
                doubtful.append(path)
    _look_again(tree, doubtful, survey)
    survey.recognised.sort(key=lambda file: file.path)
    survey.refused.sort(key=lambda problem: problem.file or "")
    return survey


@dataclass(frozen=True, slots=True)
class _Looking:
    """A look at one file after another."""

    root: Path
    recogniser: Recogniser

    def is_worth_a_look(self, name: str) -> bool:
        return (
            PurePosixPath(name).suffix in (*_SUFFIXES, _ARCHIVE)
            or is_packed(name)
            or self.recogniser.may_fit(name)
        )

    def look(self, path: str) -> Recognised | Problem | None:
        """Return what a file is; None for one that is of no kind."""
        try:
            if is_packed(path):
                return self._look_into_package(path)
            if path.endswith(_ARCHIVE) or (self.root / path).is_dir():
                return self._look_into_layout(path)
            if not self.recogniser.is_document(path):
                return self._look_at_head(path)
            content = read_bounded(self.root / path, max_bytes=DOCUMENT_MAX_BYTES)
            return self._judge(path, content) if self.recogniser.has_words(path, content) else None
        except OSError:
            return None  # `_look_again` says so where it matters
        except DocumentError as exc:
            return _first(exc.problems)

    def _judge(self, path: str, content: bytes) -> Recognised | Problem | None:
        document = read_document(content, file=shown(path), suffix_format=format_of(path))
        kind = self.recogniser.kind_of(path, document.value)
        if kind is None:
            return None
        if kind.format not in (None, document.format):
            # As it will be read when it is published: JSON is read as YAML by a kind of YAML files.
            document = read_document(content, file=shown(path), suffix_format=kind.format)
        return _judge_document(path, document, kind)

    def _look_at_head(self, path: str) -> Recognised | None:
        with (self.root / path).open("rb") as file:
            kind = self.recogniser.kind_of_head(path, file.read(HEAD_MAX_BYTES))
        return Recognised(path, kind.base_name) if kind else None

    def _look_into_layout(self, path: str) -> Recognised | None:
        try:
            files = open_layout_files(self.root / path)
            kind = self.recogniser.kind_that_holds(lambda name: files.size_of(name) is not None)
        except ValueError:
            return None
        return Recognised(path, kind.base_name) if kind else None

    def _look_into_package(self, path: str) -> Recognised | Problem | None:
        for name, kind in self.recogniser.described.items():
            if describes(self.root / path, name):
                content = read_described(self.root / path, shown(path), name)
                assert kind.format is not None
                document = read_document(content, file=f"{shown(path)}/{name}", suffix_format=kind.format)
                return _judge_document(path, document, kind)
        return None


def _judge_document(path: str, document: Document, kind: Kind) -> Recognised | Problem:
    problems = [problem for problem in check_document(document, kind) if problem.severity is Severity.ERROR]
    return _first(problems) if problems else Recognised(path, kind.base_name, _version(document, kind))


def _version(document: Document, kind: Kind) -> str | None:
    if kind.version is None:
        return None
    try:
        version = Version(read_text_field(document, kind.version))
        is_taggable = bool(version.tag)
    except ValueError:
        return None
    return version.text if is_taggable else None


def _look_again(tree: Tree, doubtful: Iterable[str], survey: Survey) -> None:
    """Say what cannot be read in folders where something was recognised; the rest is unknown."""
    paths = [*(file.path for file in survey.recognised), *(problem.file or "" for problem in survey.refused)]
    folders = {PurePosixPath(path).parent for path in paths}
    for path in doubtful:
        problem = _unreadable(Path(tree.root), path) if PurePosixPath(path).parent in folders else None
        if problem is None:
            survey.unknown.append(path)
        else:
            survey.refused.append(problem)


def _unreadable(root: Path, path: str) -> Problem | None:
    try:
        content = read_bounded(root / path, max_bytes=DOCUMENT_MAX_BYTES)
        read_document(content, file=shown(path), suffix_format=format_of(path))
    except OSError as exc:
        return Problem("unreadable", f"cannot be read: {exc.strerror}", shown(path))
    except DocumentError as exc:
        return _first(exc.problems)
    return None


def _first(problems: Iterable[Problem]) -> Problem:
    first, *others = problems
    more = f" (and {len(others)} more)" if others else ""
    return replace(first, message=first.message + more)
