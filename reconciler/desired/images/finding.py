"""Which images one `[[artifact]]` names, and which of them a build has not written in this clone.

Decided here: what a name behind a path means, and that a path which is named literally may be one that git
ignores, since a build's output is. Must never be added: reading a layout, or a layer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.finding.files import find_files, nothing_left
from reconciler.desired.finding.globs import EXCLUDES, as_pattern, parse_glob

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.desired.config import ArtifactRule
    from reconciler.desired.finding.tree import Tree
    from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class ImageSource:
    """One image: a layout, or the config that its layers belong to."""

    path: str
    """From the project's root, with `/`."""
    tag: str | None = None
    """Which image of a layout, as it was written behind the path."""
    likely: str | None = None
    """Which one where nothing is written and there are several; None for that of the version."""
    missing: tuple[str, ...] = ()
    """What a build has not written in this clone."""


@dataclass(frozen=True, slots=True)
class FoundImages:
    """What one entry names; with an error among the problems it is not the whole truth."""

    images: tuple[ImageSource, ...]
    problems: tuple[Problem, ...] = ()


def find_images(root: Path, tree: Tree, rule: ArtifactRule) -> FoundImages:
    """Return the images that an entry names, and every problem with the paths."""
    if rule.config_file is not None:
        return _find_parts(root, tree, rule.config_file, rule.layers)
    images: dict[tuple[str, str | None], ImageSource] = {}
    problems: list[Problem] = []
    exclusions = [pattern for pattern in rule.files if pattern.startswith(EXCLUDES)]
    named = [pattern for pattern in rule.files if not pattern.startswith(EXCLUDES)]
    if not named:
        return FoundImages((), find_files(tree, exclusions).problems)
    for pattern in named:
        path, tag = split_name(root, pattern)
        if _is_absent(root, path):
            images[path, tag] = ImageSource(path, tag, missing=(path,))
            continue
        found = find_files(tree, [path, *exclusions], allow_folders=True, may_be_empty=True)
        # An exclusion need not take something out of each pattern.
        problems.extend(problem for problem in found.problems if problem.code != "unused-exclusion")
        for file in found.files:
            images[file.path, tag] = ImageSource(file.path, tag)
    if not images and not problems:
        problems.append(nothing_left(named, exclusions))
    return FoundImages(tuple(images.values()), tuple(problems))


def split_name(root: Path, text: str) -> tuple[str, str | None]:
    """Return a path and the name behind it; a file whose own name has a colon is taken as it is."""
    folder, slash, last = text.rpartition("/")
    name, colon, tag = last.rpartition(":")
    if not colon or not name or not tag or os.path.lexists(root / text):
        return text, None
    return f"{folder}{slash}{name}", tag


def _find_parts(root: Path, tree: Tree, config: str, layers: Sequence[str]) -> FoundImages:
    paths = list(dict.fromkeys((config, *layers)))
    missing = tuple(path for path in paths if _is_absent(root, path))
    found = find_files(tree, [as_pattern(path) for path in paths if path not in missing])
    return FoundImages((ImageSource(config, missing=missing),), found.problems)


def _is_absent(root: Path, pattern: str) -> bool:
    """Say whether a pattern is the path of something that is not there; one that is no path is not."""
    try:
        glob = parse_glob(pattern)
    except ValueError:
        return False
    return glob.is_literal and not os.path.lexists(root / glob.literal_path)
