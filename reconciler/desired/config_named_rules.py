"""What pallet.toml says of named rules, and what named rules say of pallet.toml.

Must never be added: a rule itself; see `kinds.rules`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.rules.hand_annotations import check_hand_annotations
from reconciler.desired.kinds.rules.registry import check_code
from reconciler.desired.kinds.rules.settings import check_media_type
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.wording import say_path
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.desired.config_findings import Findings, Where
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.wording import FieldPath


def read_ignored(findings: Findings, where: Where, codes: Sequence[str]) -> frozenset[str]:
    """Return the codes of rules that are switched off; one that no rule has becomes a problem."""
    for index, code in enumerate(codes):
        findings.attempt((*where, index), "unknown-rule", partial(check_code, code))
    return frozenset(codes)


def media_type_warnings(kind: Kind) -> Iterator[Violation]:
    """Yield what is doubtful about the media types of a project's own kind; paths start at the kind."""
    places: Iterable[tuple[FieldPath, Kind]] = [((), kind)]
    places = [*places, *((("variant", str(each.label)), each) for each in kind.variants)]
    for where, each in places:
        # Of a folder, the format is that of the file that describes it.
        written = each.format if each.layer is LayerForm.FILE else None
        for rule, found in check_media_type(each.media_type, written):
            path = (*where, *found.path)
            yield Violation(path, rule.code, found.message, found.fix, severity=rule.severity)


def annotation_warnings(findings: Findings, where: Where, hand: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is doubtful about annotations that pallet.toml says itself, each at its line.

    Args:
        findings: of pallet.toml, which knows the lines.
        where: of the entry that has `annotations`.
        hand: these annotations.
    """
    for rule, found in check_hand_annotations(hand):
        path = (*where, "annotations", *found.path)
        line = findings.lines.locate(path)
        yield Problem(
            rule.code,
            found.message,
            findings.file,
            line,
            path=say_path(path),
            fix=found.fix,
            severity=rule.severity,
        )
