"""What pallet.toml says of named rules, and what named rules say of pallet.toml.

Must never be added: a rule itself; see `kinds.rules`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.kinds.rules.registry import check_code
from reconciler.desired.kinds.rules.settings import check_media_type
from reconciler.desired.reading.wording import say_path
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.desired.config_findings import Findings, Where
    from reconciler.desired.kinds.kind import Kind


def read_ignored(findings: Findings, where: Where, codes: Sequence[str]) -> frozenset[str]:
    """Return the codes of rules that are switched off; one that no rule has becomes a problem."""
    for index, code in enumerate(codes):
        findings.attempt((*where, index), "unknown-rule", partial(check_code, code))
    return frozenset(codes)


def kind_warnings(
    findings: Findings, tables: Mapping[str, Any], kinds: Mapping[str, Kind], ignored: Collection[str]
) -> tuple[Problem, ...]:
    """Return what is doubtful about a project's own kinds.

    Args:
        findings: knows the lines of pallet.toml.
        tables: `[kind]` of pallet.toml.
        kinds: the kinds that could be read.
        ignored: codes of rules that are switched off.
    """
    problems = []
    for name in tables:
        kind = kinds.get(name)
        for rule, found in check_media_type(kind.media_type, kind.format) if kind else ():
            where = ("kind", name, *found.path)
            place = (findings.file, findings.lines.locate(where))
            problems.append(
                Problem(
                    rule.code,
                    found.message,
                    *place,
                    path=say_path(where),
                    fix=found.fix,
                    severity=rule.severity,
                )
            )
    return tuple(without_ignored(problems, ignored))
