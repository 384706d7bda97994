"""What git knows about the tree.

Every call reads: nothing is fetched, written, locked or asked for. Who needs history that is not
here is told which command brings it.
Must never be added: which revision to compare with (that is `base`), or a call that writes.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.history.git_calls import Answer, call_git, failure, first_line
from reconciler.errors import ConfigError, PalletError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PATHS_MAX = 500
"""Paths of one call: 500 of the longest paths stay near the 2 MiB that Linux allows for all arguments."""


class Missing(StrEnum):
    """Why there is no repository to ask."""

    NO_BINARY = "git is not installed"
    NO_REPOSITORY = "not a git repository"
    UNTRUSTED = "git does not trust the repository: it belongs to another user"
    BROKEN = "git cannot read the repository"


@dataclass(frozen=True, slots=True)
class NoRepository:
    """There is no repository to ask, and why."""

    reason: Missing
    message: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A repository, asked from one folder in it. Every method raises `PalletError` where git itself fails."""

    root: Path
    """The folder that calls are made from."""
    top: Path
    """The top of the work tree."""
    is_shallow: bool
    binary: str
    environment: Mapping[str, str]

    def commit(self, name: str) -> str | None:
        """Return the hash of the commit that a revision names, or None where there is none."""
        if name.startswith("-"):  # to git this is an option; no revision begins like this
            return None
        answer = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return answer.stdout.strip() or None if answer.code == 0 else None

    def full_name(self, name: str) -> str:
        """Return the full name of a ref, such as `refs/heads/main`; empty for a hash and for nonsense."""
        if name.startswith("-"):
            return ""
        answer = self._ask("rev-parse", "--verify", "--quiet", "--symbolic-full-name", name)
        return answer.stdout.strip() if answer.code == 0 else ""

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents that a commit was made with, also those that a shallow clone lacks."""
        head, _, _ = self._read("cat-file", "commit", commit).partition("\n\n")
        return tuple(line[7:] for line in head.split("\n") if line.startswith("parent "))

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor that can be seen from here, or None."""
        answer = self._ask("merge-base", one, other)
        if answer.code not in (0, 1):
            raise failure("merge-base", answer)
        return answer.stdout.strip() or None

    def is_cut_before(self, ancestor: str, *tips: str) -> bool:
        """Say whether history ends between `tips` and `ancestor`, so that a better ancestor may be hidden."""
        if not self.is_shallow:
            return False
        ends = self._shallow_commits()
        return not ends.isdisjoint(self._read("rev-list", *tips, f"^{ancestor}").split())

    def default_branch(self) -> str | None:
        """Return the full name of the default branch, or None where nothing tells.

        Where there is no remote, the only branch is the default one, whatever its name.
        """
        pointer = self._ask("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").stdout.strip()
        branches = self._read("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes").split()
        usual = (
            "refs/remotes/origin/main",
            "refs/remotes/origin/master",
            "refs/heads/main",
            "refs/heads/master",
        )
        for name in (pointer, *usual):
            if name in branches:
                return name
        if len(branches) == 1 and not self._read("remote").split():
            return branches[0]
        return None

    def is_dirty(self, paths: Sequence[str] = (".",)) -> bool:
        """Say whether tracked files among `paths`, from `root`, differ from HEAD."""
        return bool(self._status(paths, untracked="no"))

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return what a file held at a commit, or None where the commit has no such file.

        Args:
            path: from the top, with `/`.
        """
        entry = self._read("ls-tree", "--full-tree", "-z", revision, "--", path).rstrip("\0")
        if not entry:
            return None
        mode, kind, digest = entry.partition("\t")[0].split()
        if kind != "blob" or mode == "120000":
            raise PalletError(f"{path} at {revision[:12]}: expected a file, got a folder or a symlink")
        try:
            return self._read("cat-file", "blob", digest).encode("utf-8", "surrogateescape")
        except PalletError as exc:
            # A partial clone has the tree and not the file; git itself fetches what it shows.
            fix = f"git show {revision}:{path}"
            raise PalletError(f"{path} at {revision[:12]}: not in this clone", fix=fix) from exc

    def uncommitted(self, paths: Sequence[str]) -> list[str]:
        """Return those of `paths`, from `root`, whose content no commit holds, sorted."""
        changed = {entry[3:] for entry in self._status(paths, untracked="all")}
        prefix = self.root.resolve().relative_to(self.top.resolve()).as_posix()
        above = "" if prefix == "." else f"{prefix}/"
        return sorted(path for path in paths if f"{above}{path}" in changed)

    def last_commit_time(self, paths: Sequence[str]) -> datetime | None:
        """Return when the last commit that changed one of `paths` was made, or None where none did."""
        times = []
        for some in _slices(paths):
            told = self._read("log", "-1", "--no-show-signature", "--format=%ct", "HEAD", "--", *some).strip()
            times += [datetime.fromtimestamp(int(told), tz=UTC)] if told else []
        return max(times, default=None)

    def _status(self, paths: Sequence[str], *, untracked: str) -> list[str]:
        ignored = () if untracked == "no" else ("--ignored=traditional",)
        options = ("--porcelain=v1", "-z", "--no-renames", f"--untracked-files={untracked}", *ignored)
        return [
            entry
            for some in _slices(paths)
            for entry in self._read("status", *options, "--", *some).split("\0")
            if entry
        ]

    def _shallow_commits(self) -> set[str]:
        place = self._read("rev-parse", "--git-path", "shallow").rstrip("\n")
        try:
            return set((self.root / place).read_text("ascii").split())
        except OSError as exc:
            raise PalletError(f"{place}: cannot be read: {exc.strerror}") from exc

    def _read(self, *arguments: str) -> str:
        answer = self._ask(*arguments)
        if answer.code != 0:
            raise failure(arguments[0], answer)
        return answer.stdout

    def _ask(self, *arguments: str) -> Answer:
        return call_git(self.binary, arguments, self.root, self.environment)


def open_repository(root: Path, environment: Mapping[str, str] | None = None) -> GitRepository | NoRepository:
    """Find the repository that a folder is in.

    Args:
        environment: the variables that git sees; those of this process where it is None.

    Raises:
        PalletError: git does not answer.
    """
    given = os.environ if environment is None else environment
    binary = shutil.which("git", path=given.get("PATH", os.defpath))
    if binary is None:
        return NoRepository(Missing.NO_BINARY, str(Missing.NO_BINARY), "install git")
    answer = call_git(binary, ("rev-parse", "--is-shallow-repository", "--show-toplevel"), root, given)
    if answer.code != 0:
        return _missing(root, answer)
    shallow, _, top = answer.stdout.rstrip("\n").partition("\n")
    return GitRepository(root, Path(top), shallow == "true", binary, given)


def last_commit_time(
    root: Path, paths: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> datetime:
    """Return when the last commit that changed one of `paths` was made, in UTC, to the second.

    Args:
        paths: from `root`, with `/`.

    Raises:
        ConfigError: no repository, a shallow clone, or content that no commit holds.
        PalletError: git fails.
    """
    repository = open_repository(root, environment)
    if isinstance(repository, NoRepository):
        message = f"the time of the last commit: {repository.message}"
        raise ConfigError([Problem("no-git", message, fix=repository.fix)])
    if repository.is_shallow:
        message = "the time of the last commit: expected the whole history, got a shallow clone"
        raise ConfigError([Problem("shallow-clone", message, fix="git fetch --unshallow")])
    said = "the time of the last commit: no commit holds what this file holds now"
    problems = [Problem("uncommitted", said, path, fix="commit it") for path in repository.uncommitted(paths)]
    if problems:
        raise ConfigError(problems)
    time = repository.last_commit_time(paths) if repository.commit("HEAD") else None
    if time is None:
        message = f"the time of the last commit: no commit has {', '.join(paths) or 'no file'}"
        raise ConfigError([Problem("uncommitted", message, fix="commit the files")])
    return time


def _missing(root: Path, answer: Answer) -> NoRepository:
    said = answer.stderr
    if "dubious ownership" in said:
        place = re.search(r"repository at '(.+)'", said)
        top = place[1] if place else str(root)
        fix = f"git config --global --add safe.directory {top}"
        return NoRepository(Missing.UNTRUSTED, f"{top}: {Missing.UNTRUSTED}", fix)
    if "not a git repository (or any" in said:
        return NoRepository(Missing.NO_REPOSITORY, f"{root}: {Missing.NO_REPOSITORY}")
    return NoRepository(Missing.BROKEN, f"{root}: {Missing.BROKEN}: {first_line(said)}")


def _slices(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), _PATHS_MAX):
        yield paths[start : start + _PATHS_MAX]
