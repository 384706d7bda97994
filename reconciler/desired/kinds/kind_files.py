"""A document against its kind, and the schemas that a project brings along.

Decided here: what is refused before anything is pushed, with line and path of every problem.
Must never be added: opening the documents themselves.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.desired.kinds.annotations import ExtractionError, extract, may_have_expressions
from reconciler.desired.kinds.placing import report
from reconciler.desired.kinds.rules.api_version import check_api_version
from reconciler.desired.kinds.rules.json_schema import JSON_SCHEMA
from reconciler.desired.kinds.rules.registry import RULE_SETS
from reconciler.desired.kinds.schemas import Schema
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.documents import (
    DOCUMENT_MAX_BYTES,
    Document,
    Format,
    read_document,
    require_size,
)
from reconciler.errors import DocumentError, Problem, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.desired.kinds.kind import Kind


def check_document(document: Document, kind: Kind) -> list[Problem]:
    """Return everything that is wrong with a document of a kind, each with its line; empty where it is good.

    Raises:
        DocumentError: the kind's own schema cannot be read, or is none.
    """
    notes = document.notes
    if notes is None or notes.kind is not kind:
        return _check(document, kind)
    if notes.problems is None:
        notes.problems = tuple(replace(problem, file=None) for problem in _check(document, kind))
    return [replace(problem, file=document.file) for problem in notes.problems]


def _check(document: Document, kind: Kind) -> list[Problem]:
    # Here and below: who imports this module may never look at a document, and jsonschema is slow to import.
    from reconciler.desired.kinds.schema_check import check, check_metaschema

    if kind.is_schema:
        violations = check_metaschema(document.value)
    else:
        schema = kind.schema
        violations = check(document.value, schema) if schema is not None else []
    if kind.rules is not None:
        violations += RULE_SETS[kind.rules].apply(document.value)
    violations += check_api_version(kind, document.value)
    return report(document, violations)


def describe_document(document: Document, kind: Kind, *, is_literal: bool = True) -> dict[str, str]:
    """Return the annotations that a kind takes from a document.

    Args:
        document: the file.
        kind: in the version that the file is.
        is_literal: as for `extract`; what is remembered serves both.

    Raises:
        DocumentError: a field that should become an annotation cannot be one.
    """
    notes = document.notes
    if notes is None or notes.kind is not kind:
        return _describe(document, kind, is_literal=is_literal)
    if notes.annotations is None:
        try:
            notes.annotations = extract(kind, document.value, is_literal=False)
        except ExtractionError:
            # Ways that are literal may pass over the very text: what serves both is not to be had.
            return _describe(document, kind, is_literal=is_literal)
    if is_literal and may_have_expressions(kind, notes.annotations):
        return _describe(document, kind, is_literal=True)
    return dict(notes.annotations)


def _describe(document: Document, kind: Kind, *, is_literal: bool) -> dict[str, str]:
    try:
        return extract(kind, document.value, is_literal=is_literal)
    except ExtractionError as exc:
        violation = Violation(exc.path, "not-an-annotation", exc.message)
        raise DocumentError(report(document, [violation])) from exc


@functools.lru_cache(maxsize=64)
def load_project_schema(root: Path, name: str) -> Schema:
    """Return a schema that stands in the project; read once in the life of the process.

    Raises:
        DocumentError: it cannot be read, lies outside the project, or is no JSON Schema.
    """
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise DocumentError([Problem("outside", "expected a schema inside the project", file=name)])
    try:
        require_size(path.stat().st_size, file=name)
        with path.open("rb") as file:
            content = file.read(DOCUMENT_MAX_BYTES + 1)
    except OSError as exc:
        message = f"schema cannot be read: {exc.strerror}"
        raise DocumentError(
            [Problem("unreadable", message, file=name, fix="set schema to the path of a file")]
        ) from exc
    is_yaml = name.endswith((".yaml", ".yml"))
    document = read_document(content, file=name, suffix_format=Format.YAML if is_yaml else Format.JSON)
    from reconciler.desired.kinds.schema_check import check_metaschema
    from reconciler.desired.kinds.schema_patterns import find_unbounded

    violations = check_metaschema(document.value) or [
        *find_unbounded(document.value),
        *(each for each in JSON_SCHEMA.apply(document.value) if each.severity is Severity.ERROR),
    ]
    if violations:
        raise DocumentError(report(document, violations))
    assert isinstance(document.value, dict | bool)
    return Schema(name, document.value, is_foreign=True)
