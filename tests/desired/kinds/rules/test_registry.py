from __future__ import annotations

from types import ModuleType

import pytest

from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.rules import (
    agent_card,
    api_version,
    chart,
    hand_annotations,
    json_schema,
    workflow,
)
from reconciler.desired.kinds.rules.registry import RULE_SETS, all_rules, check_code
from reconciler.desired.kinds.rules.rule import CODE, Check
from reconciler.desired.kinds.rules.settings import RULES
from reconciler.desired.reading.documents import read_document

MODULES = {"workflow": workflow, "agent-card": agent_card, "schema": json_schema, "helm-chart": chart}
CHECKS = [
    pytest.param(MODULES[name], name, check, id=check.rule.code)
    for name, rule_set in RULE_SETS.items()
    for check in rule_set.checks
]


def found(module: ModuleType, kind: str, text: str) -> dict[str, str]:
    """Codes and severities of everything that is wrong with an example."""
    built_in = builtin_kinds()[kind]
    assert built_in.format is not None
    document = read_document(module.example(text).encode(), file="example", suffix_format=built_in.format)
    return {problem.code: problem.severity for problem in check_document(document, built_in)}


@pytest.mark.parametrize(("module", "kind", "check"), CHECKS)
def test_bad_example_is_found(module: ModuleType, kind: str, check: Check) -> None:
    assert found(module, kind, check.rule.bad) == {check.rule.code: check.rule.severity}


@pytest.mark.parametrize(("module", "kind", "check"), CHECKS)
def test_good_example_is_clean(module: ModuleType, kind: str, check: Check) -> None:
    assert found(module, kind, check.rule.good) == {}


@pytest.mark.parametrize("name", sorted(RULE_SETS))
def test_builtin_kind_uses_its_rules(name: str) -> None:
    assert builtin_kinds()[name].rules == name


def test_every_code_is_given_once() -> None:
    rules = [check.rule for rule_set in RULE_SETS.values() for check in rule_set.checks] + [
        *RULES,
        *api_version.RULES,
        *hand_annotations.RULES,
    ]
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
    assert len(all_rules()) == len(rules)
    assert [rule.code for rule in rules if not CODE.fullmatch(rule.code)] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "PLT01",
            "unknown rule: expected a code such as PLT015, got 'PLT01': see docs/rules.md",
            id="short",
        ),
        pytest.param(
            "switch-without-defualt",
            "unknown rule: expected a code such as PLT015, got 'switch-without-defualt': did you mean PLT015?",
            id="name",
        ),
        pytest.param(
            "no",
            "unknown rule: expected a code such as PLT015, got 'no': see docs/rules.md",
            id="nothing-near",
        ),
    ],
)
def test_unknown_code_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="unknown rule") as caught:
        check_code(text)
    assert str(caught.value) == message


def test_known_code_is_taken() -> None:
    assert check_code("PLT015") == "PLT015"


@pytest.mark.parametrize("value", [None, 3, "text", [], [{}], {}, {"steps": 3}, {"skills": {}}], ids=repr)
@pytest.mark.parametrize("name", sorted(RULE_SETS))
def test_rules_cope_with_anything(name: str, value: object) -> None:
    assert list(RULE_SETS[name].apply(value)) == []
