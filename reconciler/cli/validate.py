"""`pallet validate`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.editor_schema import locate_to_write
from reconciler.cli.options import Output, Place, flag, output_options, place_options
from reconciler.cli.projects import digest_memory, document_memory, locate
from reconciler.cli.screen import Screen
from reconciler.desired.config_reader import read_config
from reconciler.desired.project import load_project
from reconciler.desired.validating import Checked, check_named
from reconciler.errors import ConfigError, InvalidError, Problem, UsageError
from reconciler.reports import documents
from reconciler.reports.problems import render_failure, render_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.desired.config import Config

INVALID = InvalidError.exit_code
SKIPPED_SHOWN = 3
"""The rest stands in --format json."""


@click.command("validate", short_help="Check pallet.toml and all files, without a registry.")
@click.argument(
    "files", nargs=-1, metavar="[FILES]...", type=click.Path(), callback=lambda *args: _paths(args[2])
)
@flag("--strict", is_flag=True, help="Let warnings count as errors do.")
@place_options
@output_options("text", "json", "github", "sarif")
def command(place: Place, output: Output, *, files: Sequence[Path], strict: bool) -> int:
    """Check pallet.toml and every file that it names; no registry is asked, nothing is written.

    With FILES, check only these, and what is worth it below folders: by their entries in pallet.toml,
    else as what they say they are. Files of no kind are skipped. No pallet.toml is needed.

    All problems are printed at once, each with its place, a code, and what was expected. Exit code 78
    where there is an error; docs/rules.md explains the codes that begin with PLT.

    \b
    Examples:
      pallet validate
      pallet validate workflows/review.yaml agents/ --strict
      pallet validate --format github
      pallet validate --format sarif -o pallet.sarif
    """
    screen = Screen(output)
    checked, root = _check_files(place, files) if files else _check_project(place)
    is_bad = bool(checked.errors) or (strict and bool(checked.problems))
    _print(screen, checked, root, exit_code=INVALID if is_bad else 0)
    return INVALID if is_bad else 0


def _paths(names: Sequence[str]) -> tuple[Path, ...]:
    """Return names as paths; an empty one would be the whole folder.

    Raises:
        UsageError: one is empty.
    """
    if "" in names:
        raise UsageError("FILES: expected a file or a folder, got an empty name")
    return tuple(map(Path, names))


def _check_project(place: Place) -> tuple[Checked, Path]:
    root = place.directory
    try:
        path = locate_to_write(place)
        root = path.parent
        project = load_project(path, memory=digest_memory(), locked=True, documents=document_memory())
    except InvalidError as exc:
        return Checked(list(exc.problems)), root
    files = [file.path for item in project.wanted for file in item.files]
    return Checked(list(project.warnings), files, artifacts=len(project.wanted)), root


def _check_files(place: Place, files: Sequence[Path]) -> tuple[Checked, Path]:
    memory, documents = digest_memory(), document_memory()
    try:
        settings = _find_settings(place)
        checked = check_named(files, place.directory, settings, memory=memory, documents=documents)
    except ConfigError as exc:
        checked = Checked(list(exc.problems))
    return checked, place.directory


def _find_settings(place: Place) -> Config | None:
    """Return the project's settings; None where there is no pallet.toml, which FILES can do without."""
    try:
        path = locate(place)
    except ConfigError:
        return None
    return read_config(path)


def _print(screen: Screen, checked: Checked, root: Path, *, exit_code: int) -> None:
    for why, files in _by_reason(checked).items():
        screen.say(f"skipped ({why}): {_some(files)}")
    match screen.output.format:
        case "json":
            screen.result(documents.render(documents.validate_document(checked, exit_code=exit_code)))
        case "github":
            from reconciler.reports.github import render_commands

            screen.result(render_commands(_from_the_top(checked.problems, root)))
        case "sarif":
            from reconciler.reports.sarif import render_sarif

            screen.result(render_sarif(_from_the_top(checked.problems, root), exit_code=exit_code))
        case _:
            _print_text(screen, checked, exit_code=exit_code)


def _by_reason(checked: Checked) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for file, why in checked.skipped.items():
        reasons.setdefault(why, []).append(file)
    return reasons


def _some(files: Sequence[str]) -> str:
    """Name a few files: a hook is handed a whole repository, most of which is somebody else's."""
    more = len(files) - SKIPPED_SHOWN
    return ", ".join(files[:SKIPPED_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _print_text(screen: Screen, checked: Checked, *, exit_code: int) -> None:
    if exit_code:
        click.echo(render_failure(InvalidError(checked.problems)), nl=False, err=True)
        return
    for problem in checked.problems:
        screen.say(render_problem(problem).rstrip("\n"))
    count, noun = checked.count
    screen.result(f"{count} {noun}{' is' if count == 1 else 's are'} valid\n")


def _from_the_top(problems: Sequence[Problem], root: Path) -> list[Problem]:
    """Return the problems with paths from the top of git's work tree, wherever the command was started.

    That is where GitHub looks for them; without git, paths start from here.
    """
    from reconciler.desired.proposing.git_files import find_work_tree

    root = Path(os.path.normpath(root.absolute()))
    top = find_work_tree(root) or Path.cwd()
    return [
        problem
        if problem.file is None
        else replace(problem, file=Path(os.path.relpath(root / problem.file, top)).as_posix())
        for problem in problems
    ]
