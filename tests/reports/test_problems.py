"""Problems as text."""

from __future__ import annotations

import pytest

from reconciler.errors import ConfigError, PalletError, Problem, Severity, UsageError
from reconciler.reports.problems import render_failure, render_problem, render_problems

FULL = Problem("unknown-key", "unknown key 'x'", "pallet.toml", 3, 5, "artifact[0].x", "remove it")


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        pytest.param(
            FULL, "pallet.toml:3:5: artifact[0].x: unknown key 'x' [unknown-key]\n  → remove it\n", id="full"
        ),
        pytest.param(
            Problem("no-config", "no such file", "pallet.toml"),
            "pallet.toml: no such file [no-config]\n",
            id="file",
        ),
        pytest.param(Problem("failed", "no"), "no [failed]\n", id="nothing-but-words"),
        pytest.param(
            Problem("symlink-loop", "not followed", "pallet.toml", 4, severity=Severity.WARNING),
            "pallet.toml:4: warning: not followed [symlink-loop]\n",
            id="warning",
        ),
        pytest.param(
            Problem("x", "not followed", "a", 4, path="files", severity=Severity.WARNING),
            "a:4: warning: files: not followed [x]\n",
            id="warning-with-a-path",
        ),
    ],
)
def test_problem_is_one_sentence_and_what_to_do(problem: Problem, text: str) -> None:
    assert render_problem(problem) == text


def test_all_problems_are_shown() -> None:
    assert render_problems([FULL, FULL]) == render_problem(FULL) * 2
    assert render_problems([]) == ""


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        pytest.param(UsageError("--only x: no match", fix="did you mean y?"),
                     "pallet: --only x: no match\n  → did you mean y?\n", id="with-a-fix"),
        pytest.param(PalletError("memory.test: 503"), "pallet: memory.test: 503\n", id="without-a-fix"),
        pytest.param(ConfigError([FULL]), f"pallet: {render_problem(FULL)}", id="one-problem"),
        pytest.param(
            ConfigError([FULL, FULL]),
            f"pallet: {render_problem(FULL)}" * 2 + "pallet: 2 problems found; nothing was written\n",
            id="two-problems",
        ),
    ],
)  # fmt: skip
def test_failure_is_printed_as(failure: PalletError, text: str) -> None:
    assert render_failure(failure) == text
