"""What is doubtful about one file as pallet.toml publishes it: warnings, after everything else was fine.

Must never be added: anything that stops a run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.desired.kinds.annotations import longest_step
from reconciler.desired.kinds.kind import Function, LayerForm
from reconciler.desired.kinds.kind_files import describe_document
from reconciler.desired.kinds.rules.settings import (
    Sort,
    check_annotations,
    check_durations,
    check_file_suffix,
)
from reconciler.desired.reading.paths import find_fields
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.documents import Document
    from reconciler.desired.sources import Source


def doubts(config: Config, rule: ArtifactRule, kind: Kind, source: Source) -> Iterator[Problem]:
    """Yield what contradicts itself between pallet.toml, the kind, and a file that is valid."""
    if kind.layer is LayerForm.FILE:
        for named, found in check_file_suffix(kind.media_type, source.path):
            yield Problem(named.code, found.message, source.path, fix=found.fix, severity=named.severity)
    if source.document is None or rule.bundle:
        return
    said = _said_by_file(kind, source.document, rule)
    contradictions = [
        *(check_annotations(rule.annotations, said, _sorts(kind)) if said else ()),
        *check_durations(rule.annotations, _least(kind, source.document, rule, said)),
    ]
    for named, each in contradictions:
        line, column = rule.annotation_places.get(str(each.path[-1]), (rule.line, None))
        yield Problem(
            named.code,
            f"{source.path}: {each.message}",
            config.path.name,
            line,
            column,
            path=f"{rule.where}.{each.path[0]}.{each.path[1]}",
            fix=each.fix,
            severity=named.severity,
        )


def _sorts(kind: Kind) -> dict[str, Sort]:
    sorts = {}
    for key, ways in kind.annotations:
        functions = {way.function for way in ways}
        if Function.DURATION in functions:
            sorts[key] = Sort.SECONDS
        elif functions & {Function.LIST, Function.UNIQUE}:
            sorts[key] = Sort.ITEMS
    return sorts


def _least(kind: Kind, document: Document, rule: ArtifactRule, said: Mapping[str, str]) -> dict[str, float]:
    """Return what the steps themselves need, for durations that the file says nowhere else."""
    return {
        key: longest
        for key, ways in kind.annotations
        if key in rule.annotations and key not in said
        for way in ways
        if way.function is Function.DURATION
        for _, value in find_fields(document.value, way.path)
        if (longest := longest_step(value)) is not None
    }


def _said_by_file(kind: Kind, document: Document, rule: ArtifactRule) -> dict[str, str]:
    """Return annotations that the file itself says: neither defaults nor what its steps add up to."""
    annotations = tuple(
        (key, tuple(replace(way, default=None) for way in ways if way.function is not Function.DURATION))
        for key, ways in kind.annotations
        if key in rule.annotations
    )
    return describe_document(document, replace(kind, annotations=annotations)) if annotations else {}
