"""What is wrong with a workflow though its schema allows it.

Rules about conditions and their branches stand in `workflow_choices`.
Must never be added: how a workflow is read; see `workflow_steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.rules.rule import Check, Finding, Rule, RuleSet, piece
from reconciler.desired.kinds.rules.workflow_choices import CHOICES
from reconciler.desired.kinds.rules.workflow_steps import Read, Sight, Workflow, survey
from reconciler.desired.reading.suggesting import Suggestions
from reconciler.desired.reading.wording import quote, say_choices, say_path
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.desired.kinds.rules.workflow_branches import Step
    from reconciler.desired.reading.wording import FieldPath


def _duplicate_ids(workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.steps:
        first = workflow.by_id.get(step.id or "")
        if first is not None and first is not step:
            message = f"step id {quote(step.id or '')} is used again: first at {say_path(first.path)}"
            yield Finding((*step.path, "id"), message, "give every step an id of its own")


def _undefined_steps(workflow: Workflow) -> Iterator[Finding]:
    suggestions = Suggestions(workflow.by_id)
    for read in workflow.reads:
        if read.sight is Sight.NOWHERE:
            name = read.mention.step
            near = suggestions.near(name)
            fix = f"write steps.{near}" if near else f"expected one of {suggestions.choices}"
            message = f"{_reader(read)} reads {quote(f'steps.{name}')}, which is not defined"
            yield Finding(read.path, message, fix if workflow.by_id else None, read.spot)


def _too_early(workflow: Workflow) -> Iterator[Finding]:
    for read in workflow.reads:
        if read.sight in (Sight.ITSELF, Sight.HIDDEN):
            name = read.mention.step
            message = f"{_reader(read)} reads {quote(f'steps.{name}')}, {_why_hidden(read)}"
            fix = "read a step that has run by then, or change the order"
            yield Finding(read.path, message, fix, read.spot)


def _why_hidden(read: Read) -> str:
    if read.sight is Sight.ITSELF:
        return "which is itself"
    assert read.target is not None
    if read.reader is None or read.target.order < read.reader.order:
        around = read.reader is not None and read.reader.path[: len(read.target.path)] == read.target.path
        return "which it is part of" if around else "which is in another branch"
    inside = read.target.path[: len(read.reader.path)] == read.reader.path
    return "which runs inside it" if inside else "which comes later"


def _unknown_outputs(workflow: Workflow) -> Iterator[Finding]:
    known: dict[FieldPath, _Outputs | None] = {}
    for read in workflow.reads:
        target, output = read.target, read.mention.output
        if target is None or output is None:
            continue
        if target.path not in known:
            known[target.path] = _outputs(target)
        outputs = known[target.path]
        if outputs is not None and output not in outputs.names:
            message = (
                f"{_reader(read)} reads output {quote(output)} of step {quote(read.mention.step)}: "
                f"expected {outputs.shown}"
            )
            near = outputs.suggestions.near(output)
            yield Finding(read.path, message, f"write {near}" if near else None, read.spot)


class _Outputs:
    """The names that a step gives its results."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = dict.fromkeys(names)
        self.shown = say_choices(list(self.names))
        self.suggestions = Suggestions(self.names)


def _outputs(step: Step) -> _Outputs | None:
    """Return the names that a step gives its results; None where it does not say."""
    outputs = step.value.get("outputs")
    if isinstance(outputs, str):
        return _Outputs([outputs]) if outputs.isidentifier() else None
    named = [item for item in outputs if isinstance(item, str)] if isinstance(outputs, list | dict) else []
    return _Outputs(named) if named else None


def _perhaps_not_run(workflow: Workflow) -> Iterator[Finding]:
    for read in workflow.reads:
        if read.sight is Sight.MAYBE and not read.mention.is_tolerant:
            message = (
                f"{_reader(read)} reads {quote(f'steps.{read.mention.step}')}, "
                "which is in a branch that may not have run"
            )
            yield Finding(read.path, message, "say what counts otherwise: `| default(…)`", read.spot)


def _unclosed(workflow: Workflow) -> Iterator[Finding]:
    message = "expected an expression that ends with }}, got {{ without it"
    for path, spot in workflow.unclosed:
        yield Finding(path, message, "close it with }}", spot)


def _reader(read: Read) -> str:
    return read.reader.shown if read.reader is not None else "the workflow"


_CHECKS: Final = (
    Check(
        Rule(
            "PLT010",
            "duplicate-step-id",
            Severity.ERROR,
            "Two steps of a workflow have the same id, so that nobody knows whose outputs are meant.",
            bad=piece("- {id: plan, skill: create_plan}\n- {id: plan, skill: write_code}"),
            good=piece("- {id: plan, skill: create_plan}\n- {id: code, skill: write_code}"),
        ),
        _duplicate_ids,
    ),
    Check(
        Rule(
            "PLT011",
            "unclosed-expression",
            Severity.ERROR,
            "An expression begins with {{ and never ends.",
            bad=piece('- {id: plan, skill: create_plan, inputs: {goal: "{{ workflow.input.goal"}}'),
            good=piece('- {id: plan, skill: create_plan, inputs: {goal: "{{ workflow.input.goal }}"}}'),
        ),
        _unclosed,
    ),
    Check(
        Rule(
            "PLT012",
            "undefined-step",
            Severity.ERROR,
            "An expression reads a step that the workflow does not have.",
            bad=piece(
                "- {id: plan, skill: create_plan}\n"
                '- {id: code, skill: write_code, inputs: {plan: "{{ steps.paln.outputs }}"}}'
            ),
            good=piece(
                "- {id: plan, skill: create_plan}\n"
                '- {id: code, skill: write_code, inputs: {plan: "{{ steps.plan.outputs }}"}}'
            ),
        ),
        _undefined_steps,
    ),
    Check(
        Rule(
            "PLT013",
            "step-read-too-early",
            Severity.ERROR,
            "An expression reads a step that has not run by then: a later one, or one in another branch.",
            bad=piece(
                '- {id: code, skill: write_code, inputs: {plan: "{{ steps.plan.outputs }}"}}\n'
                "- {id: plan, skill: create_plan}"
            ),
            good=piece(
                "- {id: plan, skill: create_plan}\n"
                '- {id: code, skill: write_code, inputs: {plan: "{{ steps.plan.outputs }}"}}'
            ),
        ),
        _too_early,
    ),
    Check(
        Rule(
            "PLT014",
            "unknown-output",
            Severity.WARNING,
            "An expression reads an output that the step does not name among its outputs.",
            bad=piece(
                "- {id: plan, skill: create_plan, outputs: result}\n"
                '- {id: code, skill: write_code, inputs: {plan: "{{ steps.plan.outputs.reslt }}"}}'
            ),
            good=piece(
                "- {id: plan, skill: create_plan, outputs: result}\n"
                '- {id: code, skill: write_code, inputs: {plan: "{{ steps.plan.outputs.result }}"}}'
            ),
        ),
        _unknown_outputs,
    ),
    Check(
        Rule(
            "PLT019",
            "perhaps-not-run",
            Severity.WARNING,
            "An expression reads a step of a branch that may not have been chosen, and says no default.",
            bad=piece(
                '- id: pick\n  step_type: conditional\n  condition: "{{ workflow.input.go }}"\n'
                "  branches: [[{id: code, skill: write_code}]]\n"
                '- {id: test, skill: run_tests, inputs: {code: "{{ steps.code.outputs }}"}}'
            ),
            good=piece(
                '- id: pick\n  step_type: conditional\n  condition: "{{ workflow.input.go }}"\n'
                "  branches: [[{id: code, skill: write_code}]]\n"
                '- {id: test, skill: run_tests, inputs: {code: "{{ steps.code.outputs | default(none) }}"}}'
            ),
        ),
        _perhaps_not_run,
    ),
)


CHECKS: Final = tuple(sorted((*_CHECKS, *CHOICES), key=lambda check: check.rule.code))


def example(text: str) -> Any:
    """Return the document that an example of these rules is a piece of."""
    indented = "".join(f"  {line}\n" for line in text.splitlines())
    return f'metadata: {{name: Example, version: "1.0.0"}}\nsteps:\n{indented}'


WORKFLOW: Final = RuleSet("Workflows", survey, CHECKS, "yaml")
