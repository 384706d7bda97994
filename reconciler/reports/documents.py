"""Plans, outcomes and problems as the JSON that other programs rely on (schemas/plan.schema.json).

Keys are added, never renamed or removed, while `format_version` begins with 1. Must never be
added: a key whose value a reader would have to parse.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.errors import InvalidError, PalletError, Problem, Severity
from reconciler.sync.actions import (
    ArtifactPlan,
    AttachmentPlan,
    FloatingPlan,
    Plan,
    seen_digest,
    seen_state,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.desired.attachments import Attachment
    from reconciler.desired.validating import Checked
    from reconciler.desired.wanted import Wanted
    from reconciler.sync.cataloguing import CatalogPlan
    from reconciler.sync.outcomes import Result, Results

FORMAT_VERSION = "1.0"

Document = dict[str, object]


def plan_document(
    command: str,
    plan: Plan,
    *,
    exit_code: int,
    results: Results | None = None,
    problems: Iterable[Problem] = (),
    lock_written: bool | None = None,
    config: str = "pallet.toml",
) -> Document:
    """Return the document of `plan`, `sync` and `check`."""
    document: Document = {
        "format_version": FORMAT_VERSION,
        "command": command,
        "target": plan.target,
        "complete": plan.is_complete,
        "exit_code": exit_code,
        "summary": dict(plan.summary),
        "actions": [
            *(
                _action(item, results.artifacts[item.key] if results else None, config)
                for item in plan.artifacts
            ),
            *(
                _attachment(item, results.attachments[item.key] if results else None, config)
                for item in plan.attachments
            ),
        ],
        "floating": [
            _floating(item, results.floating[item.key] if results else None) for item in plan.floating
        ],
        "superseded": [_leftover(entry.name, entry.version.text, entry.digest) for entry in plan.superseded],
        "orphans": [_leftover(entry.name, entry.version.text, entry.digest) for entry in plan.orphans],
        "problems": [problem_document(problem) for problem in problems],
    }
    if plan.catalog is not None:
        document["catalog"] = _catalog(plan.catalog, results.catalog if results else None)
    if lock_written is not None:
        document["lock_written"] = lock_written
    return document


def problems_document(command: str, problems: Sequence[Problem], *, exit_code: int) -> Document:
    """Return the document of a command that found nothing but problems."""
    return {
        "format_version": FORMAT_VERSION,
        "command": command,
        "target": None,
        "complete": exit_code == 0,
        "exit_code": exit_code,
        "summary": {},
        "actions": [],
        "floating": [],
        "problems": [problem_document(problem) for problem in problems],
    }


def validate_document(checked: Checked, *, exit_code: int) -> Document:
    """Return the document of `validate` (schemas/validate.schema.json)."""
    document = problems_document("validate", checked.problems, exit_code=exit_code)
    document["files"] = checked.files
    document["skipped"] = [{"file": file, "reason": why} for file, why in checked.skipped.items()]
    return document


def failure_document(command: str, failure: PalletError) -> Document:
    """Return the document of a command that could not do its work."""
    problems = (
        failure.problems
        if isinstance(failure, InvalidError)
        else (Problem("failed", str(failure), fix=failure.fix),)
    )
    return problems_document(command, problems, exit_code=failure.exit_code)


def problem_document(problem: Problem) -> Document:
    document: Document = {
        "code": problem.code,
        "message": problem.message,
        "file": problem.file,
        "line": problem.line,
    }
    if problem.column is not None:
        document["column"] = problem.column
    if problem.path is not None:
        document["path"] = problem.path
    if problem.severity is not Severity.ERROR:
        document["severity"] = problem.severity.value
    document["fix"] = problem.fix
    return document


def render(document: Document) -> str:
    """Return the document's text, for people as well: indented, keys in their order, one line end."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _action(item: ArtifactPlan, result: Result | None, config: str) -> Document:
    return _judged(item, item.wanted, result, {"file": config, "line": item.wanted.line})


def _attachment(item: AttachmentPlan, result: Result | None, config: str) -> Document:
    source = {"file": config, "line": item.attachment.line or item.wanted.line}
    of_its_own = {"attached_to": item.attached_to, "artifact_type": item.attachment.artifact_type}
    return _judged(item, item.attachment, result, source) | of_its_own


def _judged(
    item: ArtifactPlan | AttachmentPlan,
    made: Wanted | Attachment,
    result: Result | None,
    source: Mapping[str, object],
) -> Document:
    return {
        "name": item.wanted.name,
        "version": item.wanted.version.text,
        "reference": item.reference,
        **_decided(item, result),
        "wanted": made.digest,
        "locked": item.locked,
        "seen": seen_digest(item.seen),
        "seen_state": seen_state(item.seen),
        "source": source,
        "files": [file.path for file in made.files],
    }


def _decided(
    item: ArtifactPlan | AttachmentPlan | FloatingPlan | CatalogPlan, result: Result | None
) -> Document:
    """Return what every step says of itself, and what became of it."""
    return {
        "verdict": item.verdict.value,
        "action": item.action.value,
        "outcome": result.outcome.value if result else None,
        "error": result.error if result else None,
        "reason": item.reason,
        "fix": (result.fix if result and result.error else None) or item.fix,
    }


def _floating(item: FloatingPlan, result: Result | None) -> Document:
    return {
        "name": item.goal.name,
        "tag": item.goal.tag,
        "version": item.goal.wanted.version.text,
        "reference": item.reference,
        **_decided(item, result),
        "from": seen_digest(item.seen),
        "to": item.goal.wanted.digest,
        "seen_state": seen_state(item.seen),
    }


def _catalog(item: CatalogPlan, result: Result | None) -> Document:
    return {
        "reference": item.reference,
        **_decided(item, result),
        "seen": item.seen,
    }


def _leftover(name: str, version: str, digest: str) -> Document:
    return {"name": name, "version": version, "digest": digest}
