"""Which files one pattern could mean, and what stands in front of their names.

Decided here: groups by folder, kind and suffix, and for each the shortest base by which no two groups meet in
one repository. Must never be added: the text of an entry, or looking at the disk.
"""

from __future__ import annotations

import glob
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.finding.globs import as_pattern
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.proposing.components import legalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.desired.proposing.recognise import Recognised


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Files of one kind that one pattern could mean."""

    kind: str
    folder: str
    """The folder that names the repositories: of the files, or above their folders."""
    pattern: str
    placeholder: str
    """`stem` where the files differ by name, `parent` where their folders do."""
    members: tuple[Recognised, ...]

    def label(self, path: str) -> str:
        file = PurePosixPath(path)
        return file.stem if self.placeholder == "stem" else file.parent.name

    def bases(self) -> tuple[str, ...]:
        """What may stand in front of the placeholder: the shortest first, used until nothing clashes."""
        plural = builtin_kinds()[self.kind].plural
        steps = [part for part in map(legalise, PurePosixPath(self.folder).parts) if part]
        whole = "/".join(steps) or plural
        last = whole if steps and steps[-1] == plural else f"{whole}/{plural}"
        return "/".join(_telling(steps)) or plural, whole, last


def _telling(steps: Sequence[str]) -> list[str]:
    """Return the folders that tell files apart: from the one that is named after a kind on, else all."""
    first = next((index for index, step in enumerate(steps) if step in _kind_words()), 0)
    # `workflows/workflows` says it once more, and nothing else.
    return [step for step, _ in groupby(steps[first:])]


@cache
def _kind_words() -> frozenset[str]:
    return frozenset(word for kind in builtin_kinds().values() for word in (kind.base_name, kind.plural))


def group_files(recognised: Sequence[Recognised]) -> list[Group]:
    """Return groups by folder, kind and suffix; single files that only their folders tell apart together."""
    by_folder: dict[tuple[str, str, str], list[Recognised]] = defaultdict(list)
    for file in recognised:
        path = PurePosixPath(file.path)
        by_folder[folder_text(path.parent), file.kind, path.suffix].append(file)
    by_name: dict[tuple[str, str, str], list[Recognised]] = defaultdict(list)
    groups = []
    for (folder, kind, suffix), members in by_folder.items():
        if stands_for_folder(kind, members[0].path) or (len(members) == 1 and folder):
            path = PurePosixPath(members[0].path)
            by_name[folder_text(path.parent.parent), kind, path.name].append(members[0])
        else:
            groups.append(Group(kind, folder, pattern_in(folder, f"*{suffix}"), "stem", tuple(members)))
    groups += (group for key, members in by_name.items() for group in _of_siblings(*key, members))
    return sorted(groups, key=lambda group: (group.folder, group.kind, group.pattern))


def _of_siblings(above: str, kind: str, name: str, members: list[Recognised]) -> Iterator[Group]:
    if len(members) > 1 or stands_for_folder(kind, members[0].path):
        yield Group(kind, above, pattern_in(above, f"*/{glob.escape(name)}"), "parent", tuple(members))
        return
    path = PurePosixPath(members[0].path)
    folder = folder_text(path.parent)
    yield Group(kind, folder, pattern_in(folder, f"*{path.suffix}"), "stem", tuple(members))


def choose_bases(groups: Sequence[Group]) -> dict[Group, int]:
    """Return for each group the place of its base; folders of one name, and equal repositories, move on."""
    levels = dict.fromkeys(groups, 0)
    folders = defaultdict(set)
    for group in groups:
        folders[group.bases()[0]].add(group.folder)
    for group in groups:
        levels[group] = int(len(folders[group.bases()[0]]) > 1)
    for _ in range(2):
        owners = defaultdict(set)
        for group in groups:
            for file in group.members:
                owners[repository_of(group, group.bases()[levels[group]], file.path)].add(group)
        for group in {group for rivals in owners.values() if len(rivals) > 1 for group in rivals}:
            levels[group] = min(levels[group] + 1, 2)
    return levels


def repository_of(group: Group, base: str, path: str) -> str | None:
    """Return the repository of one file below a base; None where its name has no legal letter."""
    label = legalise(group.label(path))
    return f"{base}/{label}" if label else None


def stands_for_folder(kind: str, path: str) -> bool:
    """Say whether a file stands for the folder that it is in."""
    known = builtin_kinds()[kind]
    return known.layer is LayerForm.FOLDER and PurePosixPath(path).name == known.described_by


def pattern_in(folder: str, name: str) -> str:
    """Return the pattern of a name in a folder; the project's root is the empty folder."""
    return f"{as_pattern(folder)}/{name}" if folder else name


def folder_text(folder: PurePosixPath) -> str:
    """Return a folder as patterns have it: empty for the project's root."""
    return "" if str(folder) == "." else str(folder)
