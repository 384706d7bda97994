"""Problems as text: one place, one sentence, one line of what to do.

Must never be added: a way to show only the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import InvalidError, PalletError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable


def render_problem(problem: Problem) -> str:
    """Return `file:line:column: path: message [code]`, and below it what to do."""
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    kind = "warning: " if problem.severity is Severity.WARNING else ""
    sentence = ": ".join(
        part
        for part in (place, f"{kind}{problem.path}" if problem.path else kind.rstrip(": "), problem.message)
        if part
    )
    fix = f"\n  → {problem.fix}" if problem.fix else ""
    return f"{sentence} [{problem.code}]{fix}\n"


def render_problems(problems: Iterable[Problem]) -> str:
    return "".join(render_problem(problem) for problem in problems)


def render_failure(failure: PalletError) -> str:
    """Return a failure as the command line prints it, every problem on its own line."""
    if isinstance(failure, InvalidError):
        count = len(failure.problems)
        tail = (
            f"pallet: {count} problem{'s' if count != 1 else ''} found; nothing was written\n"
            if count > 1
            else ""
        )
        return "".join(f"pallet: {render_problem(problem)}" for problem in failure.problems) + tail
    fix = f"\n  → {failure.fix}" if failure.fix else ""
    return f"pallet: {failure}{fix}\n"
