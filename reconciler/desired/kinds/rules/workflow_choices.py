"""What is wrong with the choices of a workflow: conditions, switches and their branches.

Must never be added: how a workflow is read; see `workflow_steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules.rule import Check, Finding, Rule, piece
from reconciler.desired.kinds.rules.workflow_steps import CHOOSING, Workflow
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.kinds.rules.workflow_branches import Step

_OTHERWISE: Final = frozenset({"default", "else", "otherwise", "_", "*"})
"""Names of the branch that is taken when no other one is."""
_CONDITIONS: Final = frozenset({"condition", "when", "if", "case", "match", "default", "else"})
"""Fields by which a branch says when it is taken."""


def _switch_without_default(workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.steps:
        if step.type == "switch" and _branch_count(step) and not _has_default(step):
            message = f"{step.shown} is a switch without a default: a value that no branch names ends nowhere"
            yield Finding((*step.path, "branches"), message, "add a branch `default`")


def _has_default(step: Step) -> bool:
    branches = step.value.get("branches")
    if "default" in step.value:
        return True
    if isinstance(branches, dict):
        return branches.keys() == {"steps"} or not _OTHERWISE.isdisjoint(branches)
    return isinstance(branches, list) and any(_is_default(branch) for branch in branches)


def _is_default(branch: object) -> bool:
    if not isinstance(branch, dict):
        return False
    words = [branch.get(key) for key in ("name", "id", "case", "when", "condition", "match")]
    return not _OTHERWISE.isdisjoint(branch) or any(
        isinstance(word, str) and word in _OTHERWISE for word in words
    )


def _choice_without_branches(workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.steps:
        if step.type in CHOOSING and not _branch_count(step) and not step.value.get("steps"):
            message = f"{step.shown} is of type {step.type} and has no branches to choose from"
            yield Finding((*step.path, "step_type"), message, "add branches, or leave step_type out")


def _condition_without_branches(workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.steps:
        has_inside = _branch_count(step) or step.value.get("steps")
        if "condition" in step.value and step.type not in CHOOSING and not has_inside:
            message = f"{step.shown} has a condition and no branches to choose from"
            yield Finding(
                (*step.path, "condition"), message, "set step_type to conditional, and add branches"
            )


def _branches_without_condition(workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.steps:
        if (
            step.type in CHOOSING
            and _branch_count(step)
            and "condition" not in step.value
            and not _branches_choose(step)
        ):
            message = f"{step.shown} is of type {step.type} and has no condition to choose a branch by"
            yield Finding((*step.path, "step_type"), message, "add a condition")


def _branches_choose(step: Step) -> bool:
    """Say whether the step, or each branch on its own, says what is chosen by."""
    if {"expression", "on", "when", "if", "cases"} & step.value.keys():
        return True
    branches = step.value.get("branches")
    each = branches.values() if isinstance(branches, dict) else branches if isinstance(branches, list) else ()
    return any(isinstance(branch, dict) and _CONDITIONS & branch.keys() for branch in each)


def _branch_count(step: Step) -> int:
    branches = step.value.get("branches")
    return len(branches) if isinstance(branches, list | dict) else 0


CHOICES: Final = (
    Check(
        Rule(
            "PLT015",
            "switch-without-default",
            Severity.WARNING,
            "A switch has no default branch, so that an unforeseen value runs nothing at all.",
            bad=piece(
                '- id: route\n  step_type: switch\n  condition: "{{ workflow.input.topic }}"\n'
                "  branches:\n    code: [{id: code, skill: write_code}]"
            ),
            good=piece(
                '- id: route\n  step_type: switch\n  condition: "{{ workflow.input.topic }}"\n'
                "  branches:\n    code: [{id: code, skill: write_code}]\n"
                "    default: [{id: ask, skill: ask_back}]"
            ),
        ),
        _switch_without_default,
    ),
    Check(
        Rule(
            "PLT016",
            "choice-without-branches",
            Severity.ERROR,
            "A step of type conditional or switch has no branches.",
            bad=piece(
                '- {id: code, skill: write_code, step_type: switch, condition: "{{ workflow.input.to }}"}'
            ),
            good=piece(
                '- id: code\n  step_type: conditional\n  condition: "{{ workflow.input.go }}"\n'
                "  branches: [[{id: write, skill: write_code}]]"
            ),
        ),
        _choice_without_branches,
    ),
    Check(
        Rule(
            "PLT017",
            "condition-without-branches",
            Severity.ERROR,
            "A step has a condition, and neither branches nor the type conditional: consumers run it always.",
            bad=piece('- {id: code, skill: write_code, condition: "{{ workflow.input.go }}"}'),
            good=piece(
                '- id: code\n  step_type: conditional\n  condition: "{{ workflow.input.go }}"\n'
                "  branches: [[{id: write, skill: write_code}]]"
            ),
        ),
        _condition_without_branches,
    ),
    Check(
        Rule(
            "PLT018",
            "branches-without-condition",
            Severity.WARNING,
            "A step of type conditional or switch has branches, and nothing to choose one by.",
            bad=piece(
                "- id: route\n  step_type: switch\n  branches:\n    code: [{id: code, skill: write_code}]\n"
                "    default: [{id: ask, skill: ask_back}]"
            ),
            good=piece(
                '- id: route\n  step_type: switch\n  condition: "{{ workflow.input.topic }}"\n'
                "  branches:\n    code: [{id: code, skill: write_code}]\n"
                "    default: [{id: ask, skill: ask_back}]"
            ),
        ),
        _branches_without_condition,
    ),
)
