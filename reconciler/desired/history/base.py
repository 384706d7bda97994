"""The lock at the revision that a change is compared with.

Decided here: which revision that is. `--against REF`; else what CI's variables name; else the default
branch. For a branch it is the merge base of HEAD and the branch: what stood there when the change began.

When HEAD is that merge base itself, the change is on the branch already (a push to main), and a
comparison of HEAD with HEAD would find nothing, ever. Then it is HEAD's first parent: what the branch
held before the last commit or merge, so that a version whose bytes changed in it is found. Only a
developer whose tracked files differ from HEAD means those edits, and HEAD is what they are compared
with; in CI (`CI` is set) such differences are the traces of earlier steps, and hide no commit.

Where a base should be and cannot be read, that is `BaseUnknownError` with the command that brings it;
never a silent pass. Must never be added: reading the lock's text.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.history.ci import Means, Named, is_ci, named_by_ci
from reconciler.desired.history.git import GitRepository, Missing, NoRepository, open_repository
from reconciler.errors import BaseUnknownError, PalletError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_IS_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_IS_BRANCH = re.compile(r"(?![0-9a-f]{7,64}$)[^-~^:?*\[\\\s@][^~^:?*\[\\\s@]*")
"""What a branch may be called, near enough to suggest fetching it (git-check-ref-format(1))."""


@dataclass(frozen=True, slots=True)
class BaseText:
    """The lock as it was."""

    revision: str
    """The commit's hash."""
    text: str
    why: str
    """How the commit was chosen, such as `merge base with origin/main`."""


@dataclass(frozen=True, slots=True)
class NoLockThere:
    """There was no lock yet: nothing was published from here."""

    revision: str
    """The commit's hash, or in words what stands for it."""
    why: str


@dataclass(frozen=True, slots=True)
class NoGit:
    """There is no history to compare with, and nobody named a revision."""

    why: str


BaseLock = BaseText | NoLockThere | NoGit


@dataclass(frozen=True, slots=True)
class _Revision:
    commit: str
    """Empty for what was before the first commit."""
    why: str


def read_base(
    root: Path, lock_path: Path, *, against: str | None, environment: Mapping[str, str]
) -> BaseLock:
    """Return the lock at the revision to compare with.

    Args:
        root: the project's root.
        lock_path: the lock, absolute or from `root`; it need not be there now.
        against: the user's `--against`.
        environment: where CI's variables stand; git is run with it.

    Raises:
        BaseUnknownError: the base should be there and cannot be read; `fix` is the command that helps.
    """
    by_user = [] if against is None else [Named(against, "--against", Means.ANYTHING)]
    named = by_user or named_by_ci(environment)
    try:
        repository = open_repository(root, environment)
        if isinstance(repository, NoRepository):
            return _without_git(repository, named, root)
        return _read_lock(repository, root / lock_path, _choose(repository, named, environment))
    except BaseUnknownError:
        raise
    except PalletError as exc:
        raise BaseUnknownError(f"base revision: {exc}", fix=exc.fix) from exc


def _without_git(missing: NoRepository, named: list[Named], root: Path) -> NoGit:
    has_history = missing.reason is Missing.NO_BINARY and any(
        (folder / ".git").exists() for folder in (root.absolute(), *root.absolute().parents)
    )
    if missing.reason in (Missing.NO_BINARY, Missing.NO_REPOSITORY) and not named and not has_history:
        return NoGit(missing.message)
    # Somebody who names a revision expects it to be looked at.
    source = f"{named[0].source} {named[0].value}: " if named else ""
    raise BaseUnknownError(f"base revision: {source}{missing.message}", fix=missing.fix)


def _read_lock(repository: GitRepository, lock: Path, revision: _Revision) -> BaseText | NoLockThere:
    if not revision.commit:
        return NoLockThere("the empty history", revision.why)
    try:
        path = (lock.parent.resolve() / lock.name).relative_to(repository.top.resolve()).as_posix()
    except ValueError as exc:
        raise BaseUnknownError(f"{lock}: expected a file in the repository at {repository.top}") from exc
    content = repository.read_file(revision.commit, path)
    if content is None:
        return NoLockThere(revision.commit, revision.why)
    try:
        return BaseText(revision.commit, content.decode(), revision.why)
    except UnicodeDecodeError as exc:
        raise BaseUnknownError(f"{path} at {revision.commit[:12]}: expected UTF-8, got other bytes") from exc


# ── which revision ──────────────────────────────────────────────────────────────────────────────


def _choose(repository: GitRepository, named: list[Named], environment: Mapping[str, str]) -> _Revision:
    for name in named:
        revision = _resolve(repository, name, environment)
        if revision is not None:
            return revision
    if named:
        raise _cannot_find(repository, named[-1])
    if repository.commit("HEAD") is None:
        return _Revision("", "there is no commit yet")
    branch = repository.default_branch()
    if branch is None:
        raise BaseUnknownError(
            "base revision: no default branch: expected origin/HEAD, or main or master, here or at origin",
            fix="git fetch origin '+refs/heads/*:refs/remotes/origin/*' && git remote set-head origin --auto",
        )
    return _where_it_began(repository, branch, _short(branch), environment)


def _resolve(repository: GitRepository, named: Named, environment: Mapping[str, str]) -> _Revision | None:
    """Return the revision that a name means, or None where this clone has nothing of that name."""
    if named.means in (Means.BRANCH, Means.ANYTHING):
        for name in _branch_names(repository, named.value):
            if repository.full_name(name) and repository.commit(name):
                return _where_it_began(repository, name, _short(name), environment)
    if named.means is Means.BRANCH:
        return None
    commit = repository.commit(named.value)
    if commit is None:
        return None
    if named.means is Means.TIP:
        return _where_it_began(repository, commit, named.source, environment)
    return _Revision(commit, f"{named.source} {named.value}")


def _branch_names(repository: GitRepository, value: str) -> list[str]:
    """Return the full names that a branch may have, the remote's first: a local branch may be old."""
    if value in ("HEAD", "@"):  # the commit that is checked out, whatever branch that is
        return []
    if value.startswith("refs/"):
        return [value] if value.startswith(("refs/heads/", "refs/remotes/")) else []
    full = repository.full_name(value)  # of origin/main, and of another remote's branch
    known = [full] if full.startswith("refs/remotes/") else []
    return [*known, f"refs/remotes/origin/{value}", f"refs/heads/{value}"]


def _where_it_began(
    repository: GitRepository, tip: str, name: str, environment: Mapping[str, str]
) -> _Revision:
    """Return the merge base with a branch, or what was before HEAD where HEAD is on the branch."""
    head = repository.commit("HEAD")
    if head is None:
        raise BaseUnknownError(f"base revision: no commit yet: expected one to compare with {name}")
    base = repository.merge_base(head, tip)
    if base is None or repository.is_cut_before(base, head, tip):
        raise _no_common_history(repository, name)
    if base != head:
        return _Revision(base, f"merge base with {name}")
    if repository.is_dirty() and not is_ci(environment):
        return _Revision(head, f"HEAD, which is on {name}: the tree has changes")
    return _first_parent(repository, head, name)


def _first_parent(repository: GitRepository, head: str, name: str) -> _Revision:
    parents = repository.parents(head)
    if not parents:
        return _Revision("", "HEAD is the first commit")
    if repository.commit(parents[0]) is None:
        raise BaseUnknownError(
            f"base revision: the commit before HEAD, which is on {name}, is not in this shallow clone",
            fix="git fetch --deepen=1",
        )
    return _Revision(parents[0], f"the commit before HEAD, which is on {name}")


# ── what cannot be told ─────────────────────────────────────────────────────────────────────────


def _cannot_find(repository: GitRepository, named: Named) -> BaseUnknownError:
    where = "shallow clone" if repository.is_shallow else "clone"
    return BaseUnknownError(
        f"base revision: {named.source} {named.value}: not in this {where}: expected {named.means.value}",
        fix=_fetch(repository, named),
    )


def _fetch(repository: GitRepository, named: Named) -> str:
    """Return the command that brings what is named, and the history up to it."""
    fetch = "git fetch --unshallow" if repository.is_shallow else "git fetch"
    name = named.value.removeprefix("refs/remotes/").removeprefix("origin/")
    if named.means is Means.BRANCH or (named.means is Means.ANYTHING and _IS_BRANCH.fullmatch(name)):
        return f"{fetch} origin {shlex.quote(f'{name}:refs/remotes/origin/{name}')}"
    if _IS_HASH.fullmatch(named.value) and not repository.is_shallow:
        return f"{fetch} origin {named.value}"
    return fetch


def _no_common_history(repository: GitRepository, name: str) -> BaseUnknownError:
    if repository.is_shallow:
        message = f"base revision: the merge base with {name} is not in this shallow clone"
        return BaseUnknownError(message, fix="git fetch --unshallow")
    message = f"base revision: HEAD and {name} have no common history"
    return BaseUnknownError(message, fix="name a revision: --against REF")


def _short(name: str) -> str:
    return name.removeprefix("refs/heads/").removeprefix("refs/remotes/")
