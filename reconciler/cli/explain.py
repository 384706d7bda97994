"""`pallet explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Output, Place, Reach, output_options, place_options, reach_options
from reconciler.cli.projects import load
from reconciler.cli.screen import Screen
from reconciler.cli.session import open_reconciler
from reconciler.reports import documents
from reconciler.reports.explanations import explanation_document, render_explanation
from reconciler.sync.exit_codes import of_plan
from reconciler.sync.explain import Explanation, explain
from reconciler.sync.selection import Selection

if TYPE_CHECKING:
    from reconciler.desired.project import Project
    from reconciler.sync.actions import Plan


@click.command("explain", short_help="Say why one artifact is as it is.")
@click.argument("name")
@place_options
@reach_options
@output_options("text", "json")
def command(name: str, place: Place, reach: Reach, output: Output) -> int:
    """Say why one artifact is as it is: the three digests, the row of the table that fits, and which
    file, field or annotation differs. NAME is a repository of pallet.toml, or a glob.

    \b
    Examples:
      pallet explain workflows/smart-router
      pallet explain workflows/smart-router --target production --format json
    """
    screen = Screen(output)
    project = load(place, screen, locked=True)
    with open_reconciler(project, reach, screen, Selection(only=(name,), only_is="NAME")) as reconciler:
        plan = reconciler.plan()
        explanations = [explain(item, project, reconciler.store) for item in plan.artifacts]
    code = of_plan(plan, detailed=False)
    if output.format == "json":
        screen.result(_render_json(plan, project, explanations, code))
    else:
        screen.result(_render_text(plan, project, explanations))
    return code


def _render_text(plan: Plan, project: Project, explanations: list[Explanation]) -> str:
    config = project.config.path.name
    return "\n".join(
        render_explanation(
            item, [tag for tag in plan.floating if tag.goal.wanted.key == item.plan.key], config=config
        )
        for item in explanations
    )


def _render_json(plan: Plan, project: Project, explanations: list[Explanation], code: int) -> str:
    config = project.config.path.name
    document = documents.plan_document(
        "explain", plan, exit_code=code, problems=project.warnings, config=config
    )
    actions = document["actions"]
    assert isinstance(actions, list)
    for action, explanation in zip(actions, explanations, strict=True):
        action["explanation"] = explanation_document(explanation)
    return documents.render(document)
