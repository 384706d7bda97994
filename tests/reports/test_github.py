from __future__ import annotations

import pytest

from reconciler.errors import Problem, Severity
from reconciler.reports.github import render_commands


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        pytest.param(
            Problem("PLT012", "which is not defined", "a.yaml", 3, 5, "steps[0]", "write steps.a"),
            "::error file=a.yaml,line=3,col=5,title=pallet PLT012::steps[0]: which is not defined%0A→ write steps.a\n",
            id="whole",
        ),
        pytest.param(
            Problem("x", "y", severity=Severity.WARNING), "::warning title=pallet x::y\n", id="no-place"
        ),
        pytest.param(
            Problem("x", "100%\r\n::error::a, b", "odd,na:me%.yaml", 1),
            "::error file=odd%2Cna%3Ame%25.yaml,line=1,title=pallet x::100%25%0D%0A::error::a, b\n",
            id="escaped",
        ),
    ],
)
def test_problem_is_one_command(problem: Problem, line: str) -> None:
    assert render_commands([problem]) == line
