"""A project: pallet.toml, its lock, and what its files give.

Must never be added: a target, which a project has many of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.build import RULES
from reconciler.desired.collecting import fewer_collections
from reconciler.desired.config_reader import read_config
from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.desired.gather import gather
from reconciler.desired.lockfile import Lock, read_lock
from reconciler.errors import ConfigError, InvalidError, LockError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.desired.config import Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.document_memory import DocumentMemory
    from reconciler.desired.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Project:
    """Two of the three facts: what is wanted, and what is locked."""

    config: Config
    lock: Lock
    wanted: tuple[Wanted, ...]
    warnings: tuple[Problem, ...] = ()


def load_project(
    path: Path,
    *,
    memory: DigestMemory = NO_MEMORY,
    locked: bool = False,
    documents: DocumentMemory = NO_DOCUMENTS,
) -> Project:
    """Read pallet.toml at `path`, every file that it names, and the lock beside it.

    Args:
        path: of pallet.toml.
        memory: what is known of large files.
        locked: whether the lock is believed about images that a build has not written in this clone.
        documents: what is known of files that are looked into; closed at the end.

    Raises:
        InvalidError: anything of it is invalid; with every problem of the files, or of the lock.
    """
    config = read_config(path)
    with fewer_collections(), documents:
        lock = _read_lock(config, documents)
        entries = lock.entries if isinstance(lock, Lock) else {}
        gathered = gather(
            config,
            memory=memory,
            locked=entries if locked else None,
            documents=documents,
            builds=lock.builds if isinstance(lock, Lock) else None,
        )
    gathered.problems.extend(_misplaced_catalog(config, gathered.wanted))
    errors = [problem for problem in gathered.problems if problem.severity is Severity.ERROR]
    # Warnings too: who mends the errors may mend them in the same go.
    if isinstance(lock, LockError):
        raise (InvalidError if errors else LockError)([*gathered.problems, *lock.problems]) from lock
    if errors:
        raise ConfigError(gathered.problems)
    warnings = tuple(problem for problem in gathered.problems if problem.severity is Severity.WARNING)
    return Project(config, lock, tuple(gathered.wanted), warnings)


def _misplaced_catalog(config: Config, wanted: Iterable[Wanted]) -> list[Problem]:
    """Refuse a catalog in the repository of an artifact, whose `latest` it would take."""
    lines = [item.line for item in wanted if item.name == config.catalog]
    if not lines:
        return []
    message = f"expected a repository of its own, got {config.catalog}, which is an artifact's"
    return [Problem("catalog-taken", message, config.path.name, lines[0], path="catalog.repository")]


def _read_lock(config: Config, documents: DocumentMemory) -> Lock | LockError:
    """Return the lock, or why it cannot be understood: said together with what is wrong with files."""
    try:
        lock = read_lock(config.lock_path, loads=documents.load_toml)
        _check_rules(lock, config.lock_path.name)
    except LockError as exc:
        return exc
    return lock


def _check_rules(lock: Lock, file: str) -> None:
    """Refuse a lock with build rules that this pallet does not know: it could not rebuild those digests."""
    newer = [entry for entry in lock.entries.values() if not 1 <= entry.build <= RULES]
    if newer:
        entry = min(newer, key=lambda item: item.key)
        message = f"{entry.name} {entry.version}: build: expected at most {RULES}, got {entry.build}"
        raise LockError([Problem("newer-lock", message, file=file, fix="upgrade pallet")])
