"""Small trees of files, and what was found in them."""

from __future__ import annotations

from pathlib import Path

from reconciler.desired.finding.files import Found
from reconciler.errors import Problem


def make_tree(root: Path, *paths: str) -> Path:
    """Make empty files, folders included; return the root."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def write_ignores(root: Path, text: str) -> None:
    """Let a repository begin here that ignores this."""
    (root / ".git").mkdir(exist_ok=True)
    (root / ".gitignore").write_text(text, encoding="utf-8")


def paths_of(found: Found) -> list[str]:
    """Return what was found, where nothing is wrong."""
    assert found.problems == (), found.problems
    return [file.path for file in found.files]


def only_problem(found: Found) -> Problem:
    """Return the one thing that is wrong."""
    (problem,) = found.problems
    assert problem.path == "files"
    return problem
