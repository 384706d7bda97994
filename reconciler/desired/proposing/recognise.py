"""Which files are workflows, agent cards, schemas or charts, by what they say.

Decided here: what each kind is known by, and what is said of a file that looks like one and is
invalid. A file is parsed only where its bytes hold the words of a kind, so that a thousand other
files cost only their reading. Must never be added: where a file is published to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from reconciler.desired.finding.file_problems import shown
from reconciler.desired.kinds.kind import Kind, builtin_kinds
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.proposing.candidates import CHART_FILE, find_candidates
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, Document, Format, read_document
from reconciler.desired.reading.fields import read_text_field
from reconciler.desired.versions.version import Version
from reconciler.errors import DocumentError, Problem, Severity
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.finding.tree import Tree

WORKFLOW, AGENT_CARD, SCHEMA, CHART = "workflow", "agent-card", "schema", "helm-chart"

_WORDS: Final = {
    Format.YAML: ((b"steps", b"metadata"),),
    Format.JSON: ((b"steps", b"metadata"), (b'"skills"', b'"name"'), (b"json-schema.org",)),
}
"""Every kind has words that a file of it cannot do without; one of these groups is needed."""
_DRAFT = re.compile(r"https?://json-schema\.org/draft[-/]")
_ADDRESSES = ("url", "supportedInterfaces", "protocolVersion")


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


def recognise_files(tree: Tree) -> Survey:
    """Look at every YAML and JSON file of a project, and say what each is."""
    candidates = find_candidates(tree)
    survey = Survey(refused=candidates.problems)
    doubtful = []
    for path in candidates.paths:
        found = _look(Path(tree.root), path)
        match found:
            case Recognised():
                survey.recognised.append(found)
            case Problem():
                survey.refused.append(found)
            case _:
                doubtful.append(path)
    _look_again(tree, doubtful, survey)
    survey.refused.sort(key=lambda problem: problem.file or "")
    return survey


def kind_of(path: str, value: object) -> str | None:
    """Return the kind that a document looks like; None for something else."""
    if not isinstance(value, dict):
        return None
    if PurePosixPath(path).name == CHART_FILE:
        return CHART if value.keys() >= {"apiVersion", "name", "version"} else None
    if isinstance(value.get("steps"), list) and isinstance(value.get("metadata"), dict):
        return WORKFLOW
    if format_of(path) is not Format.JSON:
        return None
    if isinstance(value.get("skills"), list) and "name" in value and any(key in value for key in _ADDRESSES):
        return AGENT_CARD
    draft = value.get("$schema")
    return SCHEMA if isinstance(draft, str) and _DRAFT.match(draft) else None


def _look(root: Path, path: str) -> Recognised | Problem | None:
    """Return what a file is; None for one that has not the words of any kind."""
    try:
        content = read_bounded(root / path, max_bytes=DOCUMENT_MAX_BYTES)
    except OSError:
        return None  # `_look_again` says so where it matters
    try:
        return _judge(path, content) if has_words(path, content) else None
    except DocumentError as exc:
        return _first(exc.problems)


def _judge(path: str, content: bytes) -> Recognised | Problem | None:
    document = read_document(content, file=shown(path), suffix_format=format_of(path))
    name = kind_of(path, document.value)
    kind = builtin_kinds().get(name or "")
    if name is None or kind is None:
        return Recognised(path, name) if name else None
    if kind.format not in (None, document.format):
        # As it will be read when it is published: JSON is read as YAML by a kind of YAML files.
        document = read_document(content, file=shown(path), suffix_format=kind.format)
    problems = [problem for problem in check_document(document, kind) if problem.severity is Severity.ERROR]
    return _first(problems) if problems else Recognised(path, name, _version(document, kind))


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


def has_words(path: str, content: bytes) -> bool:
    """Say whether a file has the words of a kind, so that it is worth reading."""
    if PurePosixPath(path).name == CHART_FILE:
        return True
    return any(all(word in content for word in words) for words in _WORDS[format_of(path)])


def format_of(path: str) -> Format:
    """Return how a file is written, by its name."""
    return Format.JSON if path.endswith(".json") else Format.YAML
