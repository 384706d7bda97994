"""`pallet pull --with-deps` and `--from-lock`: an artifact and what it needs, each in its own folder.

Must never be added: how one artifact is written, or which versions are taken.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from reconciler.cli.absence import absence_told, tell_absence
from reconciler.cli.references import open_manifests, tell_where
from reconciler.cli.whereabouts import called
from reconciler.desired.references import read_reference
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.lock_checking import check_lock
from reconciler.discovery.pull_lock import lock_of, read_pull_lock, render_pull_lock
from reconciler.discovery.roots import find_root
from reconciler.discovery.shelves import StoreShelf
from reconciler.discovery.taking import take
from reconciler.discovery.unmet import UnmetError
from reconciler.errors import NotFoundError, Problem, UsageError
from reconciler.oci.files import disk_failures, write_atomically
from reconciler.reports import documents
from reconciler.reports.dependencies import render_unmet, unmet_problem
from reconciler.reports.printable import printable
from reconciler.reports.problems import render_failure
from reconciler.reports.pulled import narrate_pull, together_document
from reconciler.sync.exit_codes import DONE, FAILED, PARTLY
from reconciler.sync.told_pulls import pull_told, resolving_told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.cli.references import Located
    from reconciler.cli.screen import Screen
    from reconciler.cli.whereabouts import Found
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.pull_lock import PullLock
    from reconciler.discovery.taking import Brought
    from reconciler.discovery.unmet import Unmet
    from reconciler.errors import PalletError
    from reconciler.oci.pulling.pull import PullTerms


@dataclass(frozen=True, slots=True)
class FromLock:
    """What --from-lock names."""

    path: Path
    lock: PullLock

    def settle(self, found: Found) -> Found:
        """Return the place in which the artifact is called as in the lock: names in it are relative to that.

        Raises:
            UsageError: it is called otherwise everywhere.
        """
        root = self.lock.root.repository
        place = called(found, root)
        if place is not None:
            return place
        raise UsageError(
            f"--from-lock {self.path}: expected a lock of {found.repository}, got one of {root}",
            fix=self._advise(found),
        )

    def _advise(self, found: Found) -> str:
        """Return a command that works where what was named belongs to the lock too; else what is missing."""
        near = (called(found, item.repository) for item in self.lock.taken)
        place = next((item for item in near if item is not None), found if found.is_bounded else None)
        pull = f"pallet pull {self.lock.root.repository}"
        if place is None:
            return (
                f"{pull} from where it stands: in a project, or with --registry HOST/PREFIX or oci-layout:DIR"
            )
        there = "" if place.is_known else f" --registry {shlex.quote(place.target.url)}"
        return f"{pull}{there} --from-lock {shlex.quote(str(self.path))}"


@dataclass(frozen=True, slots=True)
class Together:
    """What is asked for with an artifact."""

    folder: Path
    """As it is written to."""
    shown: Path
    """As it was written on the command line."""
    lock: Path | None
    """Where the lock is written; None for nowhere but the result."""
    from_lock: FromLock | None

    def settle(self, found: Found) -> Found:
        """Return the place in which the artifact is called as in the lock.

        Raises:
            UsageError: it is called otherwise everywhere.
        """
        return found if self.from_lock is None else self.from_lock.settle(found)


def read_from_lock(reference: str, path: Path) -> FromLock:
    """Return the lock that a file holds.

    Raises:
        UsageError: there is none, or the reference names a version beside it.
        LockError: it cannot be understood.
    """
    written = read_reference(reference)
    named = written.digest or written.tag or written.constraint
    if named:
        raise UsageError(
            f"reference: expected a repository, since --from-lock says which versions, got {named} of it too",
            fix=f"write {written.repository} alone",
        )
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise UsageError(
            f"--from-lock {path}: expected a lock, got none: {exc.strerror or exc}",
            fix=f"make one: pallet pull {reference} --with-deps --lock {shlex.quote(str(path))}",
        ) from exc
    return FromLock(path, read_pull_lock(content, file=str(path)))


def pull_together(
    screen: Screen, located: Located, asked: Together, terms: PullTerms, questions: Asking
) -> int:
    """Take everything, print the lock of what was taken, and return the exit code.

    Raises:
        PalletError: the store could not tell what belongs to it.
    """
    try:
        with resolving_told(located.store, located.repository):
            lock = _find(screen, located, asked.from_lock, questions)
    except UnmetError as exc:
        _report_unmet(screen, exc.unmet)
        tell_where(screen, located, exc.unmet)
        return FAILED
    brought = take(located.store, lock.taken, asked.folder, terms, questions, pull_one=pull_told)
    failed = [item for item in brought if item.failure is not None]
    for item in brought:
        if item.result is not None:
            for line in narrate_pull(item.result):
                screen.say(line)
    if failed:
        failures = [_told(located, item, asked.from_lock) for item in failed]
        return _report(screen, failures, is_partly=len(failed) < len(brought))
    text = render_pull_lock(lock)
    if asked.lock is not None:
        with disk_failures(str(asked.lock), asked.lock.parent):
            write_atomically(asked.lock.resolve(), [text.encode()])
    screen.answer(together_document(brought, asked.shown), text)
    return DONE


def _find(screen: Screen, located: Located, from_lock: FromLock | None, questions: Asking) -> PullLock:
    """Return what belongs to it, by the lock or as the store has it now.

    Raises:
        UnmetError: something that it needs cannot be had.
        PalletError: the store could not tell.
    """
    if from_lock is not None:
        with open_manifests(located) as manifests:
            lock, doubts = check_lock(from_lock.lock, manifests, questions, file=str(from_lock.path))
        for doubt in doubts:
            screen.say(printable(doubt))
        return lock
    named = located.digest or located.tag or located.constraint
    with open_manifests(located) as manifests:
        with absence_told(located):
            root = find_root(located.store, manifests, located.repository, named)
        found = find_dependencies(root, StoreShelf.of(located.store, manifests, questions))
    if found.unmet:
        raise UnmetError(found.unmet)
    return lock_of(found)


def _report_unmet(screen: Screen, unmet: Sequence[Unmet]) -> None:
    if screen.output.format == "json":
        problems = [unmet_problem(item) for item in unmet]
        screen.result(documents.render(documents.problems_document("pull", problems, exit_code=FAILED)))
    click.echo(render_unmet(unmet), nl=False, err=True)


def _told(located: Located, item: Brought, from_lock: FromLock | None) -> PalletError:
    """Return a failure; what the lock names and is not here any more is no fault of the user's."""
    failure = item.failure
    assert failure is not None, "whoever calls this has looked"
    if from_lock is None or not isinstance(failure, NotFoundError):
        return failure
    told = tell_absence(located, item.taken.repository, item.taken.digest, failure)
    if told is failure:
        return failure
    return NotFoundError(
        str(told),
        fix=f"deleted, or never here: pull from where {from_lock.path} was made, or anew with --with-deps",
    )


def _report(screen: Screen, failures: Sequence[PalletError], *, is_partly: bool) -> int:
    """Say every failure; running again goes on where this ended."""
    codes = {failure.exit_code for failure in failures}
    code = PARTLY if is_partly else codes.pop() if len(codes) == 1 else FAILED
    if screen.output.format == "json":
        problems = [Problem("failed", str(failure), fix=failure.fix) for failure in failures]
        screen.result(documents.render(documents.problems_document("pull", problems, exit_code=code)))
    for failure in failures:
        click.echo(render_failure(failure), nl=False, err=True)
    return code
