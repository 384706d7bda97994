"""How plan, sync and check print the same things the same way.

Must never be added: an exit code, which the caller decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem, Severity
from reconciler.reports import counts, documents, rows
from reconciler.reports.problems import render_failure, render_problems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.cli.screen import Screen
    from reconciler.desired.project import Project
    from reconciler.sync.actions import Plan
    from reconciler.sync.reconcile import Report


def show_plan(
    screen: Screen,
    command: str,
    project: Project,
    plan: Plan,
    *,
    exit_code: int,
    problems: Iterable[Problem] = (),
) -> None:
    """Print a plan, before anything is done."""
    if screen.output.format == "json":
        document = documents.plan_document(
            command, plan, exit_code=exit_code, problems=problems, config=project.config.path.name
        )
        screen.result(documents.render(document))
        return
    head = f"target {plan.target} ({project.config.targets[plan.target].url})\n"
    body = _table(screen, rows.rows_of(plan))
    tail = "".join(f"{sentence}\n" for sentence in rows.leftovers(plan))
    found = render_problems(problem for problem in problems if problem.severity is Severity.ERROR)
    screen.result(f"{head}{body}{tail}{found}{counts.summarise(plan)}\n{_next_step(command, plan)}")


def show_report(
    screen: Screen, project: Project, report: Report, *, exit_code: int, command: str = "sync"
) -> None:
    """Print what a sync did, or another command that applies a plan."""
    plan, results = report.plan, report.results
    if screen.output.format == "json":
        document = documents.plan_document(
            command,
            plan,
            exit_code=exit_code,
            results=results,
            problems=(*project.warnings, *_lock_problems(report)),
            lock_written=report.lock_written,
            config=project.config.path.name,
        )
        screen.result(documents.render(document))
    else:
        head = f"target {plan.target} ({project.config.targets[plan.target].url})\n"
        body = _table(screen, rows.rows_of(plan, results))
        tail = "".join(f"{sentence}\n" for sentence in rows.leftovers(plan, report.left))
        lock = "; pallet.lock written: commit it" if report.lock_written else ""
        screen.result(f"{head}{body}{tail}{counts.summarise_results(plan, results)}{lock}\n")
    for sentence in rows.restored(plan, results):
        screen.shout(sentence)
    if report.lock_error is not None:
        screen.shout(render_failure(report.lock_error).removeprefix("pallet: ").rstrip("\n"))


def show_problems(
    screen: Screen, command: str, problems: list[Problem], *, exit_code: int, otherwise: str
) -> None:
    """Print findings that are about files, or `otherwise` where there is none."""
    if screen.output.format == "json":
        screen.result(documents.render(documents.problems_document(command, problems, exit_code=exit_code)))
    else:
        screen.result(render_problems(problems) or f"{otherwise}\n")


def _table(screen: Screen, everything: list[rows.Row]) -> str:
    shown = everything
    if not screen.output.verbose:
        shown = rows.merge_alike([row for row in everything if not row.is_quiet])
    if not shown:
        return ""
    from reconciler.reports.tables import render_rows

    return render_rows(shown, width=screen.width, color=screen.color)


def _next_step(command: str, plan: Plan) -> str:
    """Name the command that does the rest; what needs another one says so in its row."""
    return f"next: {plan.again}\n" if command in ("plan", "check") and plan.writes else ""


def _lock_problems(report: Report) -> list[Problem]:
    error = report.lock_error
    return [Problem("lock-not-written", str(error), "pallet.lock", fix=error.fix)] if error else []
