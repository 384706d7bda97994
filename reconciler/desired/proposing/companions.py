"""Which bills of materials obviously belong to another file: those beside it that are named after it.

`router.cdx.json` beside `router.yaml` is about the router. Must never be added: a guess.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.desired.proposing.propose import Entry
    from reconciler.desired.proposing.recognise import Recognised

KIND: Final = "sbom"
_SUFFIXES: Final = (".cdx.json", ".spdx.json", ".bom.json", ".sbom.json")


@dataclass(frozen=True, slots=True)
class Companion:
    """What a bill of materials belongs to."""

    owner: str
    """Path of the file that it is about."""
    suffix: str
    """What stands behind the owner's stem."""


def find_companions(recognised: Sequence[Recognised]) -> dict[str, Companion]:
    """Return each bill of materials that is named after exactly one file beside it, by its path."""
    named: dict[str, list[str]] = defaultdict(list)
    for file in recognised:
        if file.kind != KIND:
            named[file.path.removesuffix(PurePosixPath(file.path).suffix)].append(file.path)
    companions = {}
    for file in recognised:
        suffix = next((each for each in _SUFFIXES if file.path.endswith(each)), None)
        owners = named.get(file.path.removesuffix(suffix), []) if suffix and file.kind == KIND else []
        if suffix is not None and len(owners) == 1:
            companions[file.path] = Companion(owners[0], suffix)
    return companions


def attach_companions(
    entries: Sequence[Entry], companions: Mapping[str, Companion]
) -> tuple[list[Entry], set[str]]:
    """Return the entries with what is attached to all of their files, and the companions that are left.

    A pattern of `[[artifact.attach]]` must find a file for each artifact of its entry.
    """
    by_owner: dict[str, dict[str, str]] = defaultdict(dict)
    for path, companion in companions.items():
        by_owner[companion.owner][companion.suffix] = path
    attached, left = [], set(companions)
    for entry in entries:
        suffixes = [each for each in _SUFFIXES if all(each in by_owner[path] for path in entry.paths)]
        left.difference_update(by_owner[path][suffix] for path in entry.paths for suffix in suffixes)
        # {dir} of a file at the top is empty.
        folder = "{dir}/" if all("/" in path for path in entry.paths) else ""
        attached.append(replace(entry, attach=tuple(f"{folder}{{stem}}{suffix}" for suffix in suffixes)))
    return attached, left
