"""What git ignores, decided from the tree alone.

Decided here: which rule of which `.gitignore` speaks about a path, deeper files and later lines first.
Deliberately not read: the user's global excludes and `.git/info/exclude`. They differ from machine to
machine, and the lock is a pure function of the tree. Nor is the index: a tracked file that a rule
matches counts as ignored here, and can still be named literally.
Must never be added: running git, or walking folders.

Spec: gitignore(5) of git 2.39. The patterns are compiled by pathspec, one regular expression a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FILE_NAME = ".gitignore"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file."""

    regex: re.Pattern[str]
    ignores: bool
    """False for a line with `!`."""
    place: str
    """File and line, such as `.gitignore:3`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One ignore file."""

    base: str
    """Its folder, from the repository's top, with a final `/`; empty at the top."""
    rules: tuple[Rule, ...]
    """The last line first, since the last line that matches decides."""


def read_rules(path: Path, *, base: str, shown: str) -> Rules:
    """Read one `.gitignore`; lines that git would pass over are passed over.

    Args:
        base: its folder, from the repository's top, with a final `/`; empty at the top.
        shown: its name in messages.

    Raises:
        OSError: the file cannot be read.
    """
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    return parse_rules(text, base=base, shown=shown)


def parse_rules(text: str, *, base: str, shown: str) -> Rules:
    """Compile the text of one `.gitignore`."""
    # Not splitlines(): git ends a line at LF only, and knows a byte order mark and CRLF.
    lines = text.removeprefix("\ufeff").split("\n")
    rules = (
        _compile(line.removesuffix("\r"), place=f"{shown}:{number}")
        for number, line in reversed(list(enumerate(lines, start=1)))
    )
    return Rules(base, tuple(rule for rule in rules if rule is not None))


def _compile(line: str, *, place: str) -> Rule | None:
    if line.endswith("/**/"):
        # To git this is every folder below; pathspec 1.1 reads it as the folder itself.
        line = f"{line}*/"
    try:
        patterns = list(GitIgnoreSpec.from_lines([line]).patterns)
    except ValueError:  # git passes over what it cannot read
        return None
    pattern = patterns[0] if patterns else None
    if pattern is None or pattern.include is None or pattern.regex is None:
        return None
    return Rule(pattern.regex, pattern.include, place)


def deciding_rule(path: str, rules: Iterable[Rules], *, is_folder: bool) -> Rule | None:
    """Return the rule that decides about `path` itself, or None where no rule speaks of it.

    Nothing is said about what stands above `path`: whoever walks never enters an ignored folder.

    Args:
        path: from the repository's top.
        rules: the ignore files above `path`, the deepest first.
        is_folder: False for links too, as in git.
    """
    for file in rules:
        below = path[len(file.base) :]
        for rule in file.rules:
            if _speaks_of(rule.regex, below, is_folder=is_folder):
                return rule
    return None


def _speaks_of(regex: re.Pattern[str], path: str, *, is_folder: bool) -> bool:
    """Say whether a rule matches the path itself, and not only a folder above it.

    The only group in pathspec's expressions marks the `/` after a folder that matched. A `/` that
    is not the last character belongs to a folder above, which had its own verdict: were it counted,
    `!build/` of a deep file would re-include what `*.o` further up ignores. Expressions without the
    group, as of `build/**`, are about what stands in a folder, and never match the folder.
    """
    if not regex.groups:
        return regex.search(path) is not None
    full = f"{path}/" if is_folder else path
    return any(match.start(1) in (-1, len(path)) for match in regex.finditer(full))


def ignoring_rule(path: str, rules: Sequence[Rules], *, is_folder: bool) -> Rule | None:
    """Return the rule that makes git ignore `path`, or None."""
    rule = deciding_rule(path, rules, is_folder=is_folder)
    return rule if rule is not None and rule.ignores else None
