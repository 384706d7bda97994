"""Problems as commands of GitHub's workflows, which show them beside the lines of a pull request.

Spec: GitHub Actions, "Workflow commands", and the escapes of its toolkit (core/src/command.ts).
Must never be added: a problem that is worth less there than elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.errors import Problem


def render_commands(problems: Iterable[Problem]) -> str:
    """Return one line for each problem; paths must be relative to the repository's top."""
    return "".join(f"{_command(problem)}\n" for problem in problems)


def render_failure(text: str) -> str:
    """Return the line for a run that ended before it looked at anything."""
    return f"::error title=pallet::{_escape(text)}\n"


def _command(problem: Problem) -> str:
    word = "error" if problem.severity is Severity.ERROR else "warning"
    places = {
        "file": problem.file,
        "line": problem.line,
        "col": problem.column,
        "title": f"pallet {problem.code}",
    }
    properties = ",".join(
        f"{key}={_escape_property(str(value))}" for key, value in places.items() if value is not None
    )
    sentence = f"{problem.path}: {problem.message}" if problem.path else problem.message
    text = f"{sentence}\n→ {problem.fix}" if problem.fix else sentence
    return f"::{word} {properties}::{_escape(text)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
