"""What was built before, while nothing that it is made of was touched: for programs that stay open.

Decided here: an artifact depends on paths, each with everything below it; who learns that a path was touched
says so, and what depends on it is built again. Problems are remembered too: they stay until they are mended.
Must never be added: a look at a file, or at a clock. Not safe for several threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.finding.globs import EXCLUDES, parse_glob
from reconciler.desired.kinds.kind import Kind, LayerForm
from reconciler.desired.templates import fill_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.config import ArtifactRule
    from reconciler.desired.wanted import Wanted
    from reconciler.errors import Problem

BuildKey = tuple[int, tuple[str, ...]]
"""Number of the `[[artifact]]`, and the paths that make this one."""


@dataclass(frozen=True, slots=True)
class Built:
    """What became of the files of one artifact."""

    wanted: Wanted | None
    """None where something is wrong with them."""
    problems: tuple[Problem, ...] = ()


class BuildMemory:
    """Artifacts by what they are made of; good for one pallet.toml."""

    def __init__(self) -> None:
        self._built: dict[BuildKey, tuple[Built, tuple[str, ...]]] = {}
        self._dependants: dict[str, set[BuildKey]] = {}

    def __len__(self) -> int:
        return len(self._built)

    def recall(self, key: BuildKey) -> Built | None:
        """Return what was built; None where something of it was touched, or nothing is known."""
        entry = self._built.get(key)
        return entry[0] if entry is not None else None

    def keep(self, key: BuildKey, built: Built, depends_on: Iterable[str]) -> None:
        """Remember what was built.

        Args:
            depends_on: paths from the project's root; a folder means everything below it, and the empty
                path the whole project.
        """
        self._drop(key)
        paths = tuple(dict.fromkeys(depends_on))
        self._built[key] = (built, paths)
        for path in paths:
            self._dependants.setdefault(path, set()).add(key)

    def knows(self, path: str) -> bool:
        """Say whether anything depends on a path."""
        return any(place in self._dependants for place in _lineage(path))

    def paths(self) -> Iterable[str]:
        """Return everything that something depends on."""
        return self._dependants.keys()

    def items(self) -> Iterator[tuple[BuildKey, Built]]:
        """Yield everything that is remembered."""
        for key, (built, _) in self._built.items():
            yield key, built

    def forget(self, paths: Iterable[str]) -> None:
        """Let go of everything that depends on one of these paths, or on a folder above one."""
        for path in paths:
            for place in _lineage(path):
                for key in tuple(self._dependants.get(place, ())):
                    self._drop(key)

    def keep_only(self, keys: Iterable[BuildKey]) -> None:
        """Let go of what no longer is one of these."""
        for key in self._built.keys() - set(keys):
            self._drop(key)

    def clear(self) -> None:
        self._built.clear()
        self._dependants.clear()

    def _drop(self, key: BuildKey) -> None:
        _, paths = self._built.pop(key, (None, ()))
        for path in paths:
            dependants = self._dependants[path]
            dependants.discard(key)
            if not dependants:
                del self._dependants[path]


def _lineage(path: str) -> Iterator[str]:
    """Yield a path and every folder above it, the project's root last."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


class KnownBuilds:
    """A memory during one run: what the run does not ask for leaves it at the end.

    Args:
        memory: None for no memory at all.
    """

    def __init__(self, memory: BuildMemory | None) -> None:
        self._memory, self._seen = memory, set[BuildKey]()

    def recall(self, key: BuildKey) -> Built | None:
        self._seen.add(key)
        return self._memory.recall(key) if self._memory is not None else None

    def keep(self, key: BuildKey, built: Built, rule: ArtifactRule, kind: Kind, paths: Sequence[str]) -> None:
        if self._memory is not None:
            self._memory.keep(key, built, _depends_on(rule, kind, paths))

    def end(self) -> None:
        if self._memory is not None:
            self._memory.keep_only(self._seen)


def _depends_on(rule: ArtifactRule, kind: Kind, paths: Sequence[str]) -> Iterator[str]:
    """Yield what an artifact's bytes follow from, beside pallet.toml and what it names for all of them."""
    yield from paths
    yield from rule.layers
    if kind.layer is LayerForm.FOLDER:
        for path in paths:
            yield path.rpartition("/")[0]
            yield from (f"{path}{suffix}" for suffix, _ in kind.beside)
    for attach in rule.attachments:
        for pattern in attach.files:
            if pattern.startswith(EXCLUDES):
                continue
            yield _fixed_part(pattern, paths[0])


def _fixed_part(pattern: str, path: str) -> str:
    """Return the path that a pattern names, or the folder that its matches are all below."""
    try:
        glob = parse_glob(fill_text(pattern, path, as_glob=True))
    except ValueError:
        return ""
    return glob.literal_path if glob.is_literal else "/".join(glob.fixed)
