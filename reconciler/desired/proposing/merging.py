"""Folders of one kind below one folder as a single entry: a person writes `workflows/**/*.yaml` once.

Decided here: from how many folders on, and that the glob takes out little of what it means.
Must never be added: looking at the disk.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from reconciler.desired.finding.globs import as_pattern
from reconciler.desired.proposing.patterns import choose_glob
from reconciler.desired.templates import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.desired.proposing.patterns import Reason
    from reconciler.desired.proposing.propose import Entry
    from reconciler.oci.reference import Repository

FOLDERS_MIN: Final = 3
_WHOLE_PATH: Final = "{dir}/{stem}"


def merge_folders(
    entries: Sequence[Entry],
    matches: Callable[[str], frozenset[str]],
    why: Callable[[str], Reason],
) -> list[Entry]:
    """Return entries of which those that differ by folder alone are one, in their order."""
    groups: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        key = _key(entry)
        if key is not None:
            groups[key].append(entry)
    merged = list(entries)
    for group in groups.values():
        one = _merge(group, merged, matches, why) if len(group) >= FOLDERS_MIN else None
        if one is not None:
            at = merged.index(group[0])
            merged = [each for each in merged if each not in group]
            merged.insert(at, one)
    return merged


def _key(entry: Entry) -> tuple[object, ...] | None:
    """Return what entries must share to be one; None for those that stay alone."""
    folder, _, name = entry.files[0].rpartition("/")
    is_plain = len(entry.files) == 1 and name.startswith("*.") and entry.repository.endswith("/{stem}")
    if not is_plain or not folder or entry.versions or entry.is_renamed:
        return None
    return folder.partition("/")[0], name, entry.kind, entry.version_field, entry.version, entry.attach


def _merge(
    group: Sequence[Entry],
    entries: Sequence[Entry],
    matches: Callable[[str], frozenset[str]],
    why: Callable[[str], Reason],
) -> Entry | None:
    paths = tuple(sorted(path for entry in group for path in entry.paths))
    first = PurePosixPath(paths[0])
    globs = (f"{as_pattern(first.parts[0])}/**/*{first.suffix}", _at_one_depth(paths))
    chosen = [choose_glob([glob], paths, matches, why) for glob in globs if glob]
    patterns = min(filter(None, chosen), key=lambda each: len(each.exclusions), default=None)
    if patterns is None:
        return None
    try:
        names = {fill(_WHOLE_PATH, path) for path in paths}
    except ValueError:
        return None  # a folder whose name no repository can have
    if len(names) < len(paths) or names & _names(each for each in entries if each not in group):
        return None
    return replace(
        group[0],
        files=patterns.files,
        exclusions=patterns.exclusions,
        repository=_WHOLE_PATH,
        paths=paths,
    )


def _at_one_depth(paths: Sequence[str]) -> str | None:
    """Return `teams/*/flows/*.yaml` for files that stand equally deep; None for others."""
    steps = [path.split("/") for path in paths]
    if len({len(each) for each in steps}) > 1:
        return None
    folders = ["*" if len(set(names)) > 1 else as_pattern(names[0]) for names in zip(*steps, strict=True)]
    return "/".join([*folders[:-1], f"*{PurePosixPath(paths[0]).suffix}"])


def _names(entries: Iterable[Entry]) -> set[Repository]:
    return {fill(entry.repository, path) for entry in entries for path in entry.paths}
