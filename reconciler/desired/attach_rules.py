"""What pallet.toml's `[[artifact.attach]]` means for one artifact: files found, problems named.

Must never be added: the manifest's bytes, which are `attachments`'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.desired import build
from reconciler.desired.attachments import Attachment, AttachmentForm, build_attachment
from reconciler.desired.finding.files import find_files
from reconciler.desired.templates import fill_text, has_placeholder
from reconciler.errors import InvalidError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.desired.config import ArtifactRule, AttachRule, Config
    from reconciler.desired.finding.files import FoundFile
    from reconciler.desired.finding.tree import Tree
    from reconciler.desired.wanted import Wanted

_NOT_HERE = frozenset({"no-match"})
"""What is found wrong with files that a build writes, before it has."""


def check_attach_rules(config: Config, rule: ArtifactRule) -> Iterator[Problem]:
    """Yield what is wrong with an artifact's attachments whatever its files are."""
    for attach in rule.attachments:
        for key in sorted(attach.annotations.keys() & set(build.WRITTEN_BY_PALLET)):
            message = f"annotations.{key}: expected another key, got one that pallet writes itself"
            yield _problem(config, attach, "reserved-annotation", message)
        if rule.bundle and any(map(has_placeholder, attach.files)):
            message = f"{', '.join(attach.files)}: expected no placeholder in a bundle of many files"
            yield _problem(config, attach, "invalid-attachment", message, path=f"{attach.where}.files")


def gather_attachments(
    config: Config, rule: ArtifactRule, tree: Tree, wanted: Wanted, path: str
) -> tuple[Wanted, list[Problem]]:
    """Return the artifact with what pallet.toml attaches to it, and what is wrong with that.

    Args:
        path: of the artifact's file, for placeholders; of the first one in a bundle.
    """
    if wanted.known_by is not None and not rule.attachments:
        return replace(wanted, known_by=replace(wanted.known_by, attachments=())), []
    problems: list[Problem] = []
    attachments: dict[str, Attachment] = {}
    for attach in rule.attachments:
        if rule.bundle and any(map(has_placeholder, attach.files)):
            continue  # said by `check_attach_rules`
        reading = _Attach(config, attach, tree, wanted, path, problems)
        attachment = reading.read()
        if attachment is None:
            continue
        if attachment.digest in attachments:
            reading.report("attached-twice", "expected other files or another type, got the same once more")
        attachments[attachment.digest] = attachment
    if wanted.known_by is not None and problems and all(item.code in _NOT_HERE for item in problems):
        # A build writes them too, and has not: what the lock says of them stays.
        return wanted, []
    ordered = sorted(attachments.values(), key=lambda item: (item.artifact_type, item.files[0].path))
    return replace(wanted, attachments=tuple(ordered)), problems


@dataclass(frozen=True, slots=True)
class _Attach:
    """One `[[artifact.attach]]` for one artifact."""

    config: Config
    rule: AttachRule
    tree: Tree
    wanted: Wanted
    path: str
    problems: list[Problem]

    def read(self) -> Attachment | None:
        """Return the attachment; None, and problems, where there is something wrong."""
        before = len(self.problems)
        files = self._find()
        if not files or len(self.problems) > before:
            return None
        try:
            return build_attachment(self.config.root, files, self.wanted.descriptor, self._form())
        except InvalidError as exc:
            self.problems.extend(exc.problems)
        except ValueError as exc:
            self.report("invalid-attachment", f"{self.wanted.name} {self.wanted.version}: {exc}")
        return None

    def report(self, code: str, message: str) -> None:
        self.problems.append(_problem(self.config, self.rule, code, message))

    def _form(self) -> AttachmentForm:
        return AttachmentForm(
            artifact_type=self.rule.artifact_type,
            media_type=self.rule.media_type,
            kind=self.config.kinds[self.rule.kind] if self.rule.kind else None,
            annotations=self.rule.annotations,
            project=self.config.project,
            line=self.rule.line,
        )

    def _find(self) -> Sequence[FoundFile]:
        try:
            patterns = [fill_text(pattern, self.path, as_glob=True) for pattern in self.rule.files]
        except ValueError as exc:
            self.report("invalid-attachment", f"files: {exc}")
            return ()
        # An exclusion may say which artifacts have none.
        found = find_files(self.tree, patterns, may_be_empty=True)
        for problem in found.problems:
            if problem.severity is Severity.ERROR:
                about = f"{problem.file}: {problem.message}" if problem.file else problem.message
                path = f"{self.rule.where}.files"
                self.problems.append(
                    _problem(self.config, self.rule, problem.code, about, path=path, fix=problem.fix)
                )
        return sorted(found.files, key=lambda file: file.title)


def _problem(
    config: Config,
    rule: AttachRule,
    code: str,
    message: str,
    *,
    path: str | None = None,
    fix: str | None = None,
) -> Problem:
    return Problem(code, message, config.path.name, rule.line, path=path or rule.where, fix=fix)
