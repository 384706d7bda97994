"""What was taken with everything that it needs, as a small lock: TOML for people, and to take it again.

Decided here: what stands in it: repositories, versions, digests, and the ways by which each came in. No time,
no host: the same lock takes the same from every registry that holds it. `version` is breaking.
Must never be added: a request.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.discovery.unmet import ARROW, asked, shorten
from reconciler.errors import LockError, Problem
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.discovery.dependencies import Dependencies

VERSION = 1
_ALIKE_MAX = 5
"""More of them mean that it is another file altogether."""
LOCK_MAX_BYTES = 64 * 1024 * 1024
_HEAD = "# Written by `pallet pull --with-deps`; `pallet pull --from-lock` takes the same again.\n"
_KEYS = frozenset({"repository", "version", "digest", "size", "required-by"})


@dataclass(frozen=True, slots=True)
class Taken:
    """One artifact that belongs to what was asked for."""

    repository: Repository
    version: str | None
    """As it was resolved; None where its publisher says none."""
    digest: Digest
    size_bytes: int
    """Of the manifest."""
    required_by: tuple[str, ...] = ()
    """The shortest way to each that requires it; empty for what was asked for."""


@dataclass(frozen=True, slots=True)
class PullLock:
    """What was asked for, first, and everything that it needs, sorted by name."""

    taken: tuple[Taken, ...]

    @property
    def root(self) -> Taken:
        return self.taken[0]


def lock_of(found: Dependencies) -> PullLock:
    """Return the lock of what was found; nothing of it is unmet."""
    ways = _ways(found)
    taken = [
        Taken(
            name,
            None if entry.version is None else entry.version.text,
            entry.digest,
            entry.size_bytes,
            tuple(ways.get(name, ())),
        )
        for name, entry in found.entries.items()
    ]
    return PullLock((taken[0], *sorted(taken[1:], key=lambda item: item.repository)))


def _ways(found: Dependencies) -> Mapping[Repository, list[str]]:
    """Return the way by which each that requires something leads there."""
    before: dict[Repository, Repository] = {}
    ways: dict[Repository, list[str]] = {}
    for name in found.entries:
        # Nearest first: the way to this one is known before what it requires is looked at.
        steps = _steps(found, before, name)
        for need in found.requires.get(name, ()):
            before.setdefault(need.name, name)
            ways.setdefault(need.name, []).append(ARROW.join((*steps, asked(need))))
    return ways


def _steps(found: Dependencies, before: Mapping[Repository, Repository], name: Repository) -> tuple[str, ...]:
    steps = []
    at: Repository | None = name
    while at is not None:
        version = found.entries[at].version
        steps.append(str(at) if version is None else f"{at} {version}")
        at = before.get(at)
    return shorten(steps[::-1])


def render_pull_lock(lock: PullLock) -> str:
    """Return the lock's text: the same for the same content."""
    return f"{_HEAD}version = {VERSION}\nroot = {_quote(lock.root.repository)}\n" + "".join(
        f"\n[[artifact]]\n{''.join(_rows(item))}" for item in lock.taken
    )


def _rows(item: Taken) -> Iterator[str]:
    yield f"repository = {_quote(item.repository)}\n"
    if item.version is not None:
        yield f"version = {_quote(item.version)}\n"
    yield f"digest = {_quote(item.digest)}\nsize = {item.size_bytes}\n"
    if item.required_by:
        yield f"required-by = [{', '.join(map(_quote, item.required_by))}]\n"


def _quote(text: str) -> str:
    # A basic string of TOML 1.0 escapes as JSON does, but for U+007F, which none of these can hold.
    return json.dumps(text, ensure_ascii=False)


def read_pull_lock(content: bytes, *, file: str) -> PullLock:
    """Read a lock.

    Raises:
        LockError: it is none; every problem is in it.
    """
    document = _parse(content, file)
    if "root" not in document and "revision" in document:
        raise LockError([_wrong(file, "expected a lock of pallet pull --with-deps, got that of a project")])
    problems: list[Problem] = []
    if document.get("version") != VERSION:
        problems.append(_wrong(file, f"expected {VERSION}, got {document.get('version')!r:.80}", "version"))
    rows = document.get("artifact")
    taken: dict[Repository, Taken] = {}
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        try:
            item = _read_row(row)
            if item.repository in taken:
                raise ValueError(f"expected each repository once, got {item.repository} twice")
            taken[item.repository] = item
        except ValueError as exc:
            problems.append(_wrong(file, str(exc), f"artifact[{number}]"))
    root = next((item for item in taken.values() if item.repository == document.get("root")), None)
    if root is None and not problems:
        got = f"{document.get('root')!r:.80}"
        problems.append(_wrong(file, f"expected the repository of one of its artifacts, got {got}", "root"))
    if root is None or problems:
        raise LockError(_shortened(problems))
    return PullLock((root, *(item for item in taken.values() if item is not root)))


def _shortened(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems; of many that say the same only the first, and how many more there are."""
    counts = Counter(problem.message for problem in problems)
    shown: dict[str, Problem] = {}
    for problem in problems:
        count = counts[problem.message]
        if count <= _ALIKE_MAX:
            shown[f"{problem.path} {problem.message}"] = problem
        else:
            more = f"{problem.message}: the same in {count - 1} more"
            shown.setdefault(problem.message, replace(problem, message=more))
    return list(shown.values())


def _parse(content: bytes, file: str) -> dict[str, Any]:
    try:
        if len(content) > LOCK_MAX_BYTES:
            raise ValueError(f"expected at most {LOCK_MAX_BYTES} bytes, got {len(content)}")
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as exc:
        raise LockError([_wrong(file, f"expected TOML: {exc}")]) from exc


def _wrong(file: str, message: str, path: str | None = None) -> Problem:
    return Problem(
        "invalid-lock",
        message,
        file,
        path=path,
        fix="make it anew: pallet pull REPOSITORY --with-deps --lock FILE",
    )


def _read_row(row: Any) -> Taken:
    """Read one artifact.

    Raises:
        ValueError: it is none; the text says what was expected.
    """
    if not isinstance(row, dict):
        raise ValueError("expected a table")
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise ValueError(f"expected {', '.join(sorted(_KEYS))}, got {unknown[0]!r:.80}")
    version, size, ways = row.get("version"), row.get("size", 0), row.get("required-by", [])
    if not isinstance(ways, list):
        raise ValueError("required-by: expected a list")
    texts = [row.get("repository"), row.get("digest"), *([] if version is None else [version]), *ways]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("expected repository, version, digest and required-by as texts")
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"size: expected a number of bytes, got {size!r:.80}")
    return Taken(Repository(row["repository"]), version, Digest(row["digest"]), size, tuple(ways))
