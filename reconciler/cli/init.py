"""`pallet init`."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from reconciler.cli.editor_schema import write_schema
from reconciler.cli.options import Output, flag, output_options
from reconciler.cli.screen import Screen
from reconciler.desired.config import Target
from reconciler.desired.config_reader import FILE_NAME
from reconciler.desired.finding.tree import Tree
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.proposing.draft import Draft, draft_config
from reconciler.desired.proposing.git_files import Addition, ignore_pallet, keep_line_ends
from reconciler.desired.proposing.git_rules import rules_for_git
from reconciler.desired.proposing.propose_text import SCHEMA_PATH, noun_of
from reconciler.errors import RefusedError, UsageError
from reconciler.oci.files import disk_failures, write_atomically
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.reports.problems import render_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.proposing.propose import Entry

_LOCAL = Target("local", "oci-layout:.pallet/registry", immutable=False)
_TARGET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_FOLDERS_SHOWN_MAX = 8
_LINES_SHOWN_MAX = 4
_PATTERNS_SHOWN_MAX = 3
_LEFT_OUT_SHOWN_MAX = 10
_LOCK_FILE = "pallet.lock"


@click.command("init", short_help="Look at the folder and propose a pallet.toml.")
@click.option(
    "--target",
    "given",
    multiple=True,
    metavar="NAME=URL",
    # Not PALLET_TARGET, which everywhere else is the name of a target that is there already.
    envvar="PALLET_INIT_TARGET",
    help="A registry to publish to, may be given again; the first becomes the default target.",
)
@flag(
    "-C",
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Work as if started in this directory.",
)
@flag("--dry-run", is_flag=True, help="Print pallet.toml, write nothing.")
@output_options("text")
def command(output: Output, *, given: tuple[str, ...], directory: Path, dry_run: bool) -> int:
    """Look at the folder, and write a pallet.toml for the workflows, agent cards, configurations, schemas,
    charts, images, Wasm modules and SBOMs in it (`pallet kinds`).

    Files are known by what they say, not by their names; only configurations by their folder, config/ or
    settings/. What looks like one of these and is invalid is taken out of its folder's glob, with the
    reason beside it. What is added to the folder later is published. Nothing that is there is
    overwritten: .pallet/ is added to .gitignore, and in a git work tree line-end rules to .gitattributes,
    where they are missing.

    There is always a target `local`, a directory that needs no server; `pallet sync` uses it unless
    --target names another: then it uses the first of these.

    \b
    Examples:
      pallet init
      pallet init --dry-run
      pallet init --target staging=http://localhost:5000
      pallet init --target production=https://registry.example.com/acme -C agents
    """
    screen = Screen(output)
    targets, default = _parse_targets(given)
    root = _require_folder(directory)
    if not dry_run:
        _refuse_existing(root / FILE_NAME)
    with disk_failures("init", root):
        tree = Tree(root)
        draft = draft_config(tree, targets, default)
    _narrate(screen, draft)
    if dry_run:
        screen.result(draft.text)
        return 0
    _write(screen, tree, draft)
    screen.result("".join(f"{line}\n" for line in _summarise(draft)))
    return 0


def _parse_targets(given: Iterable[str]) -> tuple[list[Target], str]:
    """Return all targets, and the name of the default one.

    No error repeats what was given but a legal name: a URL may hold a password.
    """
    targets: dict[str, Target] = {}
    for text in given:
        name, equals, url = text.partition("=")
        if not equals or _TARGET_NAME.fullmatch(name) is None:
            raise UsageError(
                "--target: expected NAME=URL, with a name of letters, digits and . _ -",
                fix="pallet init --target production=https://registry.example.com/acme",
            )
        if name in targets:
            raise UsageError(f"--target {name}: expected each name once, got it twice")
        targets[name] = _parse_target(name, url)
    default = next(iter(targets), _LOCAL.name)
    return [*({_LOCAL.name: _LOCAL} | targets).values()], default


def _parse_target(name: str, url: str) -> Target:
    target = Target(name, url)
    try:
        if target.layout_directory is None:
            Endpoint.parse(url)
        elif not target.layout_directory:
            raise ValueError("expected oci-layout:DIRECTORY, got no directory")
    except ValueError as exc:
        raise UsageError(f"--target {name}: {exc}") from exc
    return target


def _require_folder(directory: Path) -> Path:
    if not directory.is_dir():
        raise UsageError(f"--directory {directory}: expected a directory, got none")
    return directory.resolve()


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise RefusedError(
            f"{path.name}: exists already: init never overwrites it",
            fix="edit it; `pallet init --dry-run` shows what init would write",
        )


def _narrate(screen: Screen, draft: Draft) -> None:
    for problem in draft.left_out[:_LEFT_OUT_SHOWN_MAX]:
        screen.say(f"left out: {render_problem(problem)}".rstrip("\n"))
    more = len(draft.left_out) - _LEFT_OUT_SHOWN_MAX
    if more > 0:
        screen.say(f"left out: {more} more files; pallet validate FILES says what is wrong with each")
    for sentence in _say_unknown(draft.unknown):
        screen.say(sentence)


def _say_unknown(paths: Iterable[str]) -> Iterator[str]:
    """Yield what was not understood: for each folder how many files of each suffix."""
    places = Counter((str(PurePosixPath(path).parent), PurePosixPath(path).suffix) for path in paths)
    if not places:
        return
    yield "passed over, being of no kind that pallet knows:"
    most = places.most_common(_FOLDERS_SHOWN_MAX)
    yield from (f"  {folder}/: {count} {suffix}" for (folder, suffix), count in sorted(most))
    rest = places.total() - sum(count for _, count in most)
    if rest:
        yield f"  elsewhere: {rest}"


def _write(screen: Screen, tree: Tree, draft: Draft) -> None:
    """Write pallet.toml last: until it is there, init can be run again."""
    root = Path(tree.root)
    additions: list[Addition | None] = [ignore_pallet(tree), keep_line_ends(root, _published(draft))]
    for addition in additions:
        if addition is not None:
            addition.write()
            screen.say(f"{addition.path.name}: added {_say_some(addition.lines, _LINES_SHOWN_MAX)}")
    _refuse_existing(root / FILE_NAME)
    with disk_failures(SCHEMA_PATH, root):
        write_schema(root)
    with disk_failures(FILE_NAME, root):
        write_atomically(root / FILE_NAME, [draft.text.encode()])


def _say_some(texts: Sequence[str], count: int) -> str:
    more = len(texts) - count
    return ", ".join(texts[:count]) + (f" and {more} more" if more > 0 else "")


def _say_exclusions(entry: Entry) -> str:
    count = len(entry.exclusions)
    return f" less {count} exclusion{'s' if count != 1 else ''}" if count else ""


def _published(draft: Draft) -> dict[str, list[str]]:
    """Return the patterns of what must have the same bytes everywhere, each with its files."""
    # `lock --check` compares the lock's bytes.
    own = {_LOCK_FILE: [_LOCK_FILE]} if draft.entries else {}
    return own | rules_for_git(draft.entries)


def _summarise(draft: Draft) -> Iterator[str]:
    for entry in draft.entries:
        noun = noun_of(builtin_kinds()[entry.kind])
        count = len(entry.paths)
        nouns = f"{noun}s" if count != 1 else noun
        attached = f", with {', '.join(entry.attach)} attached" if entry.attach else ""
        files = _say_some(entry.files, _PATTERNS_SHOWN_MAX) + _say_exclusions(entry)
        yield f"{files} → {entry.repository}: {count} {nouns}{attached}"
    if draft.entries:
        yield f"{FILE_NAME} written; next: pallet validate, then pallet sync"
    else:
        yield f"{FILE_NAME} written with an example: nothing of a kind that pallet knows was found here"
