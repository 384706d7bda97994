"""Which files' line ends git must leave alone: those whose bytes decide a digest.

Must never be added: the text of .gitattributes, which is `git_files`'s.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.finding.globs import as_pattern
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.proposing.grouping import folder_text, pattern_in, stands_for_folder
from reconciler.desired.templates import fill_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.proposing.propose import Entry


def rules_for_git(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """Return the patterns of all files whose bytes decide a digest, each with files that it stands for.

    A list of files becomes the glob of their folder: a rule too many does no harm, and stays when a
    file is added.
    """
    patterns: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        for path in entry.paths:
            folder = PurePosixPath(path).parent
            example = [f"{folder}/templates/_helpers.tpl"] if stands_for_folder(entry.kind, path) else []
            patterns[_rule(entry, path)] += [path, *example]
            for pattern in entry.attach:
                attached = PurePosixPath(fill_text(pattern, path))
                suffix = pattern.rpartition("}")[2]
                patterns[pattern_in(folder_text(attached.parent), f"*{suffix}")].append(str(attached))
    return patterns


def _rule(entry: Entry, path: str) -> str:
    is_glob = len(entry.files) == 1 and entry.files[0] != as_pattern(path)
    pattern, file = entry.files[0], PurePosixPath(path)
    if builtin_kinds()[entry.kind].layer is LayerForm.IMAGE and not file.suffix:
        return f"{as_pattern(path)}/**"
    if not is_glob:
        pattern = f"{as_pattern(str(file.parent))}/*{file.suffix}" if "/" in path else as_pattern(path)
    # A chart is the folder of its Chart.yaml.
    return f"{pattern.rpartition('/')[0]}/**" if stands_for_folder(entry.kind, path) else pattern
