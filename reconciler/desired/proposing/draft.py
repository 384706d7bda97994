"""A pallet.toml for a folder that has none, tried out before it is written.

Decided here: what is left out because the project would not be valid with it. The text is read with
the very code that every later command reads it with. Must never be added: writing into the project.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reconciler.desired.config_reader import FILE_NAME, read_config
from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.globs import EXCLUDES, as_pattern, parse_glob
from reconciler.desired.gather import gather
from reconciler.desired.proposing.candidates import CHART_FILE
from reconciler.desired.proposing.project_name import suggest_name
from reconciler.desired.proposing.propose import Entry, propose
from reconciler.desired.proposing.propose_text import render_config
from reconciler.desired.proposing.recognise import recognise_files
from reconciler.desired.requirements import find_cycle
from reconciler.errors import ConfigError, Problem, Severity
from reconciler.oci.files import disk_failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.desired.config import Config, Target
    from reconciler.desired.finding.tree import Tree
    from reconciler.desired.gather import Gathered


@dataclass(frozen=True, slots=True)
class Draft:
    """What init would write, and what it found."""

    text: str
    entries: tuple[Entry, ...]
    left_out: tuple[Problem, ...]
    """One for each file that looks like something to publish and cannot be, sorted by file."""
    unknown: tuple[str, ...]
    """YAML and JSON files that are something else, sorted."""


def draft_config(tree: Tree, targets: Sequence[Target], default_target: str) -> Draft:
    """Return a pallet.toml that publishes what stands in a folder, and is valid as it is.

    Raises:
        ConfigError: a target cannot be as it is.
    """
    survey = recognise_files(tree)
    known = survey.recognised
    root, project = Path(tree.root), suggest_name(Path(tree.root))
    refused = {problem.file or "": problem for problem in survey.refused}
    while True:
        reasons = dict.fromkeys(survey.links, "a link, or no file: init follows none")
        reasons |= {path: _why(problem) for path, problem in refused.items()}
        proposal = propose(known, matches=partial(_matches, tree, survey.links), refused=reasons)
        text = render_config(project, targets, default_target, proposal.entries)
        invalid = _try_out(text, root, proposal.entries)
        if not invalid:
            break
        # Each round leaves out at least one file, hence this ends.
        refused |= invalid
        known = [file for file in known if file.path not in invalid]
    left_out = [*refused.values(), *proposal.left_out]
    return Draft(
        text=text,
        entries=proposal.entries,
        left_out=tuple(sorted(left_out, key=lambda problem: problem.file or "")),
        unknown=tuple(survey.unknown),
    )


def _why(problem: Problem) -> str:
    return f"left out: {problem.path}: {problem.message}" if problem.path else f"left out: {problem.message}"


def _matches(tree: Tree, links: Sequence[str], pattern: str) -> frozenset[str]:
    """Return what a glob means, links that lead nowhere included: these it would have to take out."""
    meant = parse_glob(pattern).means
    named = [path for path in links if meant(path)]
    found = find_files(tree, [pattern, *(f"{EXCLUDES}{as_pattern(path)}" for path in named)])
    is_good = all(problem.severity is not Severity.ERROR for problem in found.problems)
    return frozenset([*(file.path for file in found.files), *named]) if is_good else frozenset()


def _try_out(text: str, root: Path, entries: Sequence[Entry]) -> dict[str, Problem]:
    """Return each proposed file with which the project would be invalid, and why."""
    config = replace(_read(text), path=root / FILE_NAME)
    gathered = gather(config)
    errors = [problem for problem in gathered.problems if problem.severity is Severity.ERROR]
    invalid: dict[str, Problem] = {}
    for problem in errors:
        for path in _blame(problem, config, gathered, entries):
            invalid.setdefault(path, _at(path, problem))
    if errors and not invalid:
        raise ConfigError(errors)
    return invalid


def _blame(problem: Problem, config: Config, gathered: Gathered, entries: Sequence[Entry]) -> Iterable[str]:
    """Return the proposed files that a problem is about: as few of them as can be told."""
    paths = [path for entry in entries for path in entry.paths]
    if problem.file in paths:
        return [problem.file]
    if problem.file != FILE_NAME:  # a file inside a chart
        return [path for path in paths if (problem.file or "").startswith(path.removesuffix(CHART_FILE))]
    if problem.code == "cycle":
        return _files_of_cycle(gathered)
    rules = zip(config.artifacts, entries, strict=True)
    mine = [path for rule, entry in rules if rule.line == problem.line for path in entry.paths]
    return [path for path in mine if problem.message.startswith(f"{path}: ")] or mine


def _files_of_cycle(gathered: Gathered) -> Iterable[str]:
    requires = {item.name: [need.name for need in item.requires] for item in gathered.wanted}
    cycle = find_cycle(requires) or ()
    return [file.path for item in gathered.wanted if item.name in cycle for file in item.files]


def _at(path: str, problem: Problem) -> Problem:
    """Return a problem as one of a file; of pallet.toml's lines nobody has heard yet."""
    if problem.file == path:
        return problem
    inside = f"{problem.file}: " if problem.file != FILE_NAME else ""
    return Problem(problem.code, inside + problem.message.removeprefix(f"{path}: "), path, fix=problem.fix)


def _read(text: str) -> Config:
    with disk_failures(FILE_NAME, Path()), TemporaryDirectory(prefix="pallet-") as folder:
        path = Path(folder) / FILE_NAME
        path.write_bytes(text.encode())
        return read_config(path)
