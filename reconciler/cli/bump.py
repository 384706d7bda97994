"""`pallet bump`."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from reconciler.cli.editor_schema import locate_to_write
from reconciler.cli.options import Output, Place, flag, output_options, place_options
from reconciler.cli.projects import load
from reconciler.cli.screen import Screen
from reconciler.desired.editing.edit_diff import unified_diff
from reconciler.desired.editing.edit_write import write_together
from reconciler.desired.reading.wording import say_path
from reconciler.desired.versions.increments import Level, check_build, check_preid
from reconciler.errors import UsageError
from reconciler.reports import documents
from reconciler.sync.bump import Bump, Step, edit_files, plan_bumps
from reconciler.sync.edited import find_all_edited
from reconciler.sync.run_lock import hold_run_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.desired.editing.edit import Edited
    from reconciler.desired.project import Project
    from reconciler.desired.reading.wording import FieldPath

    _Lines = Mapping[tuple[Path, FieldPath], int]

_LEVELS = ", ".join(Level)


@dataclass(frozen=True, slots=True)
class _Request:
    """What the words of the command line ask for."""

    names: tuple[str, ...]
    step: Step
    all_edited: bool
    shared: bool


@click.command("bump", short_help="Write the next version where it lives.")
@click.argument("words", nargs=-1, metavar="[NAME]... LEVEL")
@flag("--preid", metavar="WORD", help="With prerelease: the word of the pre-release, such as beta.")
@flag("--build", metavar="TEXT", help="Build metadata of the new version; the old one's is dropped.")
@flag(
    "--all-edited",
    is_flag=True,
    help="Bump whatever `check` refuses as edited, instead of names; LEVEL is patch where none is given.",
)
@flag("--shared", is_flag=True, help="Bump those with it who read their version from the same place.")
@flag("--dry-run", is_flag=True, help="Show what would change in the files, write nothing.")
@place_options
@output_options("text", "json")
def command(
    place: Place,
    output: Output,
    *,
    words: tuple[str, ...],
    preid: str | None,
    build: str | None,
    all_edited: bool,
    shared: bool,
    dry_run: bool,
) -> int:
    """Write the next version where it lives: in pallet.toml, in the file itself, or in a VERSION file.

    Nothing else changes, not a byte. NAME is a name or glob; NAME:VERSION means one of several versions.
    LEVEL is major, minor, patch, prerelease or release; a pre-release becomes the version that it leads
    to, as `npm version` has it, and release drops the pre-release.

    The version of an [[artifact]] with many files changes when all who have it are named; otherwise
    those who are named get an entry in [artifact.versions]. A VERSION file, or a field, that others read
    too has to be bumped for all of them: name all, or say --shared.

    --all-edited needs no registry: it takes what has other bytes than pallet.lock says of its version,
    and, in git, other bytes than the lock of the base revision says, as `check --offline` does.

    \b
    Examples:
      pallet bump workflows/smart-router minor
      pallet bump 'workflows/*' prerelease --preid beta
      pallet bump myapp/backend release
      pallet bump --all-edited patch --dry-run
    """
    screen = Screen(output)
    request = _parse(words, Step(Level.PATCH, preid, build), all_edited=all_edited, shared=shared)
    with nullcontext() if dry_run else hold_run_lock(locate_to_write(place).parent, screen.say):
        project = load(place, screen, locked=True)
        bumps = _plan(project, request, screen)
        edits = edit_files(bumps)
        if not dry_run:
            write_together(edits)
    _show(screen, project, bumps, edits, dry_run=dry_run)
    return 0


def _parse(words: tuple[str, ...], step: Step, *, all_edited: bool, shared: bool) -> _Request:
    """Return the request: the last word is the level, those before it are names."""
    if all_edited and not words:
        words = (step.level.value,)
    if not words or words[-1] not in list(Level):
        got = repr(words[-1]) if words else "none"
        raise UsageError(
            f"LEVEL: expected one of {_LEVELS} as the last word, got {got}", fix="pallet bump NAME patch"
        )
    names, level = words[:-1], Level(words[-1])
    if all_edited and names:
        raise UsageError(f"--all-edited: expected no names with it, got {' '.join(names)}")
    if not all_edited and not names:
        raise UsageError(
            "NAME: expected a name or glob before the level, got none", fix=f"pallet bump NAME {level}"
        )
    if step.preid is not None and level is not Level.PRERELEASE:
        raise UsageError(f"--preid: expected the level prerelease with it, got {level}")
    for option, text, check in (("--preid", step.preid, check_preid), ("--build", step.build, check_build)):
        try:
            if text is not None:
                check(text)
        except ValueError as exc:
            raise UsageError(f"{option}: {exc}") from exc
    return _Request(names, Step(level, step.preid, step.build), all_edited, shared)


def _plan(project: Project, request: _Request, screen: Screen) -> list[Bump]:
    if not request.all_edited:
        return plan_bumps(project, request.step, names=request.names, shared=request.shared)
    edited = find_all_edited(project, environment=os.environ)
    for note in edited.notes:
        screen.say(note)
    return plan_bumps(project, request.step, keys=edited.keys, shared=request.shared)


def _show(
    screen: Screen, project: Project, bumps: Sequence[Bump], edits: Sequence[Edited], *, dry_run: bool
) -> None:
    diff = unified_diff(edits) if dry_run else None
    lines = {(edit.real, path): line for edit in edits for path, line in edit.lines.items()}
    if screen.output.format == "json":
        screen.result(documents.render(_document(project, bumps, lines, diff)))
        return
    said = [_say(bump, lines) for bump in bumps]
    if not said:
        screen.say("nothing to bump: no version has other bytes than were locked")
    if diff is not None:
        for sentence in said:
            screen.say(sentence)
        screen.result(diff)
    elif said:
        screen.result("".join(f"{sentence}\n" for sentence in (*said, "next: pallet lock, or pallet sync")))


def _say(bump: Bump, lines: _Lines) -> str:
    path = say_path(bump.place.path)
    where = f"{bump.place.file}:{lines[bump.place.real, bump.place.path]}"
    return f"{bump.name} {bump.old} → {bump.new} ({where}{': ' if path else ''}{path})"


def _document(project: Project, bumps: Sequence[Bump], lines: _Lines, diff: str | None) -> documents.Document:
    document = documents.problems_document("bump", project.warnings, exit_code=0)
    document["dry_run"] = diff is not None
    document["bumps"] = [
        {
            "name": bump.name,
            "from": bump.old.text,
            "to": bump.new.text,
            "source": {
                "file": bump.place.file,
                "line": lines[bump.place.real, bump.place.path],
                "path": say_path(bump.place.path) or None,
            },
        }
        for bump in bumps
    ]
    document["diff"] = diff
    return document
