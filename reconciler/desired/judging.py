"""One file against what it should be: by its entries in pallet.toml, else by what it says it is.

Decided here: which kinds a file is held to, and what is remembered of one with which nothing is wrong.
Must never be added: which files are looked at, or where problems are printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.desired.doubts import doubts
from reconciler.desired.finding.files import FoundFile
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_files import check_document, describe_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import Recogniser
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, decode
from reconciler.desired.reading.encodings import wide_encoding
from reconciler.desired.sightings import sight
from reconciler.desired.sources import read_source
from reconciler.errors import DocumentError, InvalidError, Problem, Severity
from reconciler.oci.digest import Digest
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.document_memory import DocumentMemory
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.sightings import Sighted

NO_KIND: Final = "belongs to no kind"
IMAGE: Final = "an image, which validate looks at with the whole project"


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one file."""

    problems: Sequence[Problem] = ()
    skipped: str | None = None
    """Why it was held to nothing; None where it was held to a kind."""


class Judge:
    """Holds one file after another to its kinds.

    Args:
        directory: what the paths of files are relative to.
        config: the project's pallet.toml; None where there is none.
        memory: what is known of large files.
        documents: what is known of files that are looked into.
    """

    def __init__(
        self, directory: Path, config: Config | None, memory: DigestMemory, documents: DocumentMemory
    ) -> None:
        self._directory, self._config = directory, config
        self._memory, self._documents = memory, documents
        self._recogniser = Recogniser(config.kinds if config else builtin_kinds())
        self.ignored = config.ignored_rules if config else frozenset[str]()
        """Codes that are switched off for all files."""

    def may_judge(self, name: str) -> bool:
        """Say whether a file of this name may be of a kind by what it says."""
        return self._recogniser.is_document(name)

    def by_entries(self, path: str, rules: Sequence[ArtifactRule]) -> Judged:
        """Hold a file to the kinds of the entries that name it."""
        config = self._config
        assert config is not None
        problems: list[Problem] = []
        skipped = None
        for name, rule in {rule.kind: rule for rule in reversed(rules)}.items():
            if config.kinds[name].layer is LayerForm.IMAGE:
                skipped = IMAGE
                continue
            problems += self._by_entry(config, path, rule, config.kinds[name])
        return Judged(problems, skipped)

    def by_content(self, path: str, *, is_named: bool) -> Judged:
        """Hold a file to the kind that it says it is.

        Args:
            path: from the directory.
            is_named: whether somebody named this very file, and is told why it cannot be looked at.
        """
        if not self._recogniser.is_document(path):
            return Judged(skipped=NO_KIND)
        try:
            content = read_bounded(self._directory / path, max_bytes=DOCUMENT_MAX_BYTES)
            digest = Digest.of(content)
            sighted = sight(self._recogniser, path, content, digest, self._documents)
            if sighted is not None:
                return Judged(without_ignored(self._judge_sighted(path, sighted, digest), self.ignored))
            if is_named and wide_encoding(content) is not None:
                decode(content, path)  # says so: what it holds nobody has read
        except OSError as exc:
            return Judged([Problem("unreadable", f"cannot be read: {exc.strerror}", path)])
        except InvalidError as exc:
            return Judged(without_ignored(exc.problems, self.ignored))
        return Judged(skipped=NO_KIND)

    def _by_entry(self, config: Config, path: str, rule: ArtifactRule, kind: Kind) -> list[Problem]:
        try:
            found = FoundFile(path, path.rpartition("/")[2])
            source = read_source(self._directory, found, kind, self._memory, self._documents)
            kind, problems = source.edition(kind), []
            if source.document is not None:
                problems = self._judge(source.document, kind, source.digest, is_described=not rule.bundle)
            if not any(problem.severity is Severity.ERROR for problem in problems):
                problems += doubts(config, rule, kind, source)
        except InvalidError as exc:
            problems = list(exc.problems)
        return without_ignored(problems, self.ignored | rule.ignored_rules)

    def _judge_sighted(self, path: str, sighted: Sighted, digest: Digest) -> list[Problem]:
        document = sighted.document
        if document is None:
            found = FoundFile(path, path.rpartition("/")[2])
            document = read_source(self._directory, found, sighted.kind, documents=self._documents).document
        return [] if document is None else self._judge(document, sighted.kind.of(document.value), digest)

    def _judge(
        self, document: Document, kind: Kind, digest: Digest, *, is_described: bool = True
    ) -> list[Problem]:
        """Return what is wrong with a document, and remember one with which nothing is."""
        problems = check_document(document, kind)
        if any(problem.severity is Severity.ERROR for problem in problems):
            return problems
        try:
            if is_described:
                describe_document(document, kind)
        except DocumentError as exc:
            return [*problems, *exc.problems]
        self._documents.keep(digest, document)
        return problems
