"""All named rules: by set, for whoever checks documents; by code, for whoever names one.

Must never be added: a rule itself; it stands in the module of what it is about.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules import (
    agent_card,
    api_version,
    chart,
    hand_annotations,
    json_schema,
    settings,
    workflow,
)
from reconciler.desired.reading.wording import near_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.kinds.rules.rule import Rule, RuleSet

RULE_SETS: Final[Mapping[str, RuleSet]] = {
    "workflow": workflow.WORKFLOW,
    "agent-card": agent_card.AGENT_CARD,
    "schema": json_schema.JSON_SCHEMA,
    "helm-chart": chart.CHART,
}
"""By the name that a kind has in `rules`."""


@functools.cache
def all_rules() -> Mapping[str, Rule]:
    """Return every rule by its code, sorted."""
    rules = [check.rule for rule_set in RULE_SETS.values() for check in rule_set.checks]
    return {
        rule.code: rule
        for rule in sorted(
            (*rules, *settings.RULES, *api_version.RULES, *hand_annotations.RULES), key=lambda rule: rule.code
        )
    }


def check_code(text: str) -> str:
    """Return a code that is one.

    Raises:
        ValueError: no rule has it.
    """
    if text in all_rules():
        return text
    named = {rule.name: code for code, rule in all_rules().items()}
    near = near_key(text, named)
    hint = f": did you mean {named[near]}?" if near else ": see docs/rules.md"
    raise ValueError(f"unknown rule: expected a code such as PLT015, got {text!r}{hint}")
