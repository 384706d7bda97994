"""What is doubtful about one file as pallet.toml publishes it: warnings, after everything else was fine.

Must never be added: anything that stops a run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.desired.kinds.kind import Function, LayerForm
from reconciler.desired.kinds.kind_files import describe_document
from reconciler.desired.kinds.rules.settings import check_annotations, check_file_suffix
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    for named, found in check_annotations(rule.annotations, said) if said else ():
        yield Problem(
            named.code,
            f"{source.path}: {found.message}",
            config.path.name,
            rule.line,
            path=f"{rule.where}.{found.path[0]}.{found.path[1]}",
            fix=found.fix,
            severity=named.severity,
        )


def _said_by_file(kind: Kind, document: Document, rule: ArtifactRule) -> dict[str, str]:
    """Return annotations that the file itself says: neither defaults nor what its steps add up to."""
    annotations = tuple(
        (key, tuple(replace(way, default=None) for way in ways if way.function is not Function.DURATION))
        for key, ways in kind.annotations
        if key in rule.annotations
    )
    return describe_document(document, replace(kind, annotations=annotations)) if annotations else {}
