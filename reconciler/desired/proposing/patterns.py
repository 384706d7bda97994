"""The patterns that a person would write for some files: a glob, and what it takes out again.

Decided here: how much a glob may take out before a list is plainer, and what stands in one exclusion. A glob
is worth more than a list: what is added to the folder afterwards is published too.
Must never be added: looking at the disk.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from reconciler.desired.finding.globs import EXCLUDES, as_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

EXCLUSIONS_MIN: Final = 10
"""So many files of the kind that cannot be published may stand beside however few that can."""
PLACES_MIN: Final = 3
"""In so many folders a name is taken out once for all of them."""
_SEPARATORS: Final = "-_."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a glob takes a file out."""

    text: str
    is_stranger: bool = True
    """False for a file that is of a kind, though not for this glob to publish."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One pattern that takes files out."""

    pattern: str
    """With `!` in front."""
    why: str


@dataclass(frozen=True, slots=True)
class Patterns:
    """What `files` of an entry says."""

    files: tuple[str, ...]
    exclusions: tuple[Exclusion, ...] = ()


def choose_glob(
    globs: Iterable[str],
    paths: Collection[str],
    matches: Callable[[str], frozenset[str]],
    why: Callable[[str], Reason],
) -> Patterns | None:
    """Return the first glob that says the files with few exclusions; None where a list is plainer.

    Args:
        globs: the best first.
        paths: exactly the files that are meant.
        matches: the files that a glob means.
        why: the reason for which a file is not meant.
    """
    wanted = frozenset(paths)
    for glob in globs:
        found = matches(glob)
        if not wanted <= found:
            continue
        reasons = {path: why(path) for path in sorted(found - wanted)}
        exclusions = tuple(_exclude(reasons, wanted))
        strange = {path: each for path, each in reasons.items() if each.is_stranger}
        is_few = len(list(_exclude(strange, wanted))) <= len(wanted) // 2
        if is_few and len(exclusions) <= max(EXCLUSIONS_MIN, len(wanted)):
            return Patterns((glob,), exclusions)
    return None


def globs_by_name(folder: str, paths: Sequence[str]) -> Iterator[str]:
    """Yield globs for files of one folder whose names begin or end alike: `*.flow.yaml`, `flow-*.yaml`."""
    names = [PurePosixPath(path).name for path in paths]
    suffix = PurePosixPath(names[0]).suffix
    ends = {PurePosixPath(PurePosixPath(name).stem).suffix for name in names}
    if len(names) < 2:
        return
    if len(ends) == 1 and "" not in ends:
        yield _in(folder, f"*{as_pattern(ends.pop())}{suffix}")
    first, last = min(names), max(names)
    alike = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    length = 1 + max(first.rfind(sign, 0, alike) for sign in _SEPARATORS)
    if length > 1:
        yield _in(folder, f"{as_pattern(first[:length])}*{suffix}")


def _in(folder: str, name: str) -> str:
    return f"{as_pattern(folder)}/{name.removeprefix('./')}" if folder else name


def _in_folder(step: str) -> str:
    return as_pattern(step).removeprefix("./")


def _exclude(reasons: dict[str, Reason], wanted: Collection[str]) -> Iterator[Exclusion]:
    """Yield as few exclusions as say the files: names in many places, folders, endings, single files."""
    left = dict(reasons)
    kept = {str(folder) for path in wanted for folder in PurePosixPath(path).parents}
    ways = (_repeated(left, wanted), _folders(left, kept), _endings(left, kept, wanted))
    for pattern, paths in (pair for way in ways for pair in way.items()):
        mine = [path for path in paths if path in left]
        if len(mine) > 1:
            yield Exclusion(f"{EXCLUDES}{pattern}", _sum_up([left.pop(path) for path in mine]))
    for path, reason in left.items():
        yield Exclusion(f"{EXCLUDES}{as_pattern(path)}", reason.text)


def _repeated(paths: Iterable[str], wanted: Iterable[str]) -> dict[str, list[str]]:
    """Return names of folders and files that stand in many places and are never wanted, with all files."""
    steps = {step for path in wanted for step in path.split("/")}
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    places = defaultdict(set)
    for path in paths:
        parts = path.split("/")
        at = next((at for at, part in enumerate(parts) if at and part not in steps), None)
        if at is not None:
            key = (parts[0], parts[at], "" if at == len(parts) - 1 else "/**")
            found[key].append(path)
            places[key].add(tuple(parts[:at]))
    return {
        f"{as_pattern(top)}/**/{_in_folder(step)}{below}": files
        for (top, step, below), files in found.items()
        if len(places[top, step, below]) >= PLACES_MIN
    }


def _folders(paths: Iterable[str], kept: Collection[str]) -> dict[str, list[str]]:
    """Return the uppermost folders that hold nothing which is wanted, each with its files."""
    found = defaultdict(list)
    for path in paths:
        above = [str(folder) for folder in reversed(PurePosixPath(path).parents)]
        folder = next((each for each in above if each not in kept), None)
        if folder is not None:
            found[f"{as_pattern(folder)}/**"].append(path)
    return found


def _endings(paths: Iterable[str], kept: Collection[str], wanted: Collection[str]) -> dict[str, list[str]]:
    """Return endings such as `.cdx.json` that no wanted file of the same folder has, each with its files."""
    taken = {_ending(path) for path in wanted}
    found = defaultdict(list)
    for path in paths:
        folder, ending = _ending(path)
        if ending.count(".") > 1 and folder in kept and (folder, ending) not in taken:
            found[_in("" if folder == "." else folder, f"*{as_pattern(ending)}")].append(path)
    return found


def _ending(path: str) -> tuple[str, str]:
    file = PurePosixPath(path)
    return str(file.parent), "".join(file.suffixes[-2:])


def _sum_up(reasons: Sequence[Reason]) -> str:
    texts = list(dict.fromkeys(reason.text for reason in reasons))
    return texts[0] if len(texts) == 1 else f"{len(reasons)} files, of which the first: {texts[0]}"
