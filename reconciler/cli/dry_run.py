"""How --dry-run ends, for commands that would apply their plan.

Must never be added: a plan that is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.show import show_plan
from reconciler.sync.exit_codes import of_plan

if TYPE_CHECKING:
    from reconciler.cli.screen import Screen
    from reconciler.desired.project import Project
    from reconciler.sync.actions import Plan


def end_dry_run(screen: Screen, command: str, project: Project, plan: Plan) -> int:
    """Print the plan, and return the exit code: that something is to be done is no failure."""
    code = of_plan(plan, detailed=False)
    show_plan(screen, command, project, plan, exit_code=code, problems=project.warnings)
    return code
