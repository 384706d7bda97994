"""What was published, as a program looks for it: everything, what fits, and what that needs.

Decided here: that what is not at hand is looked up only where it is asked for, as the command line does.
Must never be added: a rule about what fits.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.lockfile import read_lock
from reconciler.desired.references import read_constraint
from reconciler.discovery.current import Eligible
from reconciler.discovery.deepening import deepen
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.inventory import take_inventory
from reconciler.discovery.pull_lock import lock_of
from reconciler.discovery.roots import find_root
from reconciler.discovery.searching import Query, search
from reconciler.discovery.selecting import select
from reconciler.discovery.shelves import StoreShelf
from reconciler.discovery.taking import take
from reconciler.discovery.unmet import UnmetError
from reconciler.discovery.wishes import Wish, is_meant
from reconciler.errors import LockError, PalletError, StoreError, ThrottledError, UsageError
from reconciler.library.arguments import (
    choose_platform,
    read_amount,
    read_conditions,
    read_texts,
    read_word,
)
from reconciler.library.held import Held
from reconciler.library.naming import read_artifact, read_repository
from reconciler.library.values import Choice, PulledTree, Searched
from reconciler.oci.pulling.pull import JOBS, PullTerms
from reconciler.sync.exit_codes import FAILED, PARTLY
from reconciler.sync.told_pulls import pull_told, resolving_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.desired.lockfile import Locked
    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.entries import Inventory
    from reconciler.discovery.taking import Brought
    from reconciler.library.arguments import PathLike
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.reference import Repository
    from reconciler.sync.progress import Progress


class Finding(Held):
    """Looks around."""

    def repositories(self) -> list[Repository]:
        """Return the names of all repositories, sorted: as the registry lists them, else its catalog.

        Raises:
            StoreError: the registry lists none, and there is no catalog.
            PalletError: the store could not tell.
        """
        opened = self._opened
        try:
            return opened.store.list_repositories()
        except ThrottledError:
            raise
        except StoreError:
            if opened.catalog is None and opened.config is None:
                raise
        return sorted({entry.repository for entry in _take(opened, ()).entries})

    def search(
        self,
        *words: str,
        where: Iterable[str] = (),
        skills: Iterable[str] = (),
        types: Iterable[str] = (),
        projects: Iterable[str] = (),
        repositories: Iterable[str] = (),
        listed: Iterable[str] = (),
    ) -> Searched:
        """Return what was published and is meant: one entry for each repository, its newest stable version.

        Everything that is asked must hold; nothing asked is everything. The answer says where the names come
        from, how old that is, and what was skipped.

        Args:
            words: all of them stand in the name, the title or the description.
            where: conditions such as `type=parallel`, `timeout<=600` or `created>2026-01-01`.
            skills: all of them.
            types: names of kinds or globs over media types, of which one fits.
            projects: globs, of which the publishing project matches one.
            repositories: globs, of which the name matches one.
            listed: the only repositories that are looked at, for a registry that lists none.

        Raises:
            UsageError: an argument cannot be.
            PalletError: the store could not be asked, or nothing of it could be read.
        """
        opened = self._opened
        query = Query(
            read_texts("words", words),
            read_conditions("where", where),
            read_texts("skills", skills),
            read_texts("types", types),
            read_texts("projects", projects),
            read_texts("repositories", repositories),
        )
        inventory = _take(opened, listed)
        kinds = opened.config.kinds if opened.config is not None else {}
        own_types = {name: kind.artifact_type for name, kind in kinds.items()}
        found = search(inventory.entries, query, kinds=own_types)
        notes = (*inventory.notes, *found.notes)
        return Searched(found.entries, found.considered, inventory.source, inventory.as_of, notes)

    def select(
        self,
        *,
        skills: Iterable[str] = (),
        language: str | None = None,
        env: str | None = None,
        memory: str | None = None,
        require: Iterable[str] = (),
        repositories: Iterable[str] = (),
        constraint: str | None = None,
        prereleases: bool = False,
        explain: bool = False,
        listed: Iterable[str] = (),
    ) -> Choice:
        """Return the workflow that has all skills and scores highest, or who comes nearest.

        Of equal ones the higher priority wins, then the lower cost, the newer version, and the name.

        Args:
            skills: all of them.
            language: what it should be written in; scores 10.
            env: where it should run, such as `prod`; scores 5.
            memory: how much there is, such as `2GB` or `512MiB`; scores 3, and who needs more is left out.
            require: conditions such as `type=parallel` or `timeout<=600`; all of them.
            repositories: globs, of which the name matches one.
            constraint: only such versions, and of each repository the newest.
            prereleases: pre-releases, and what its publisher calls unstable, too.
            explain: whether `.selection.candidates` tells everybody, with score and why it lost.
            listed: the only repositories that are looked at, for a registry that lists none.

        Raises:
            UsageError: an argument cannot be, or there is nothing to choose by.
            PalletError: the store could not be asked, or nothing of it could be read.
        """
        opened = self._opened
        wish = Wish(
            skills=read_texts("skills", skills),
            language=read_word("language", language),
            environment=read_word("env", env),
            memory_bytes=read_amount("memory", memory),
            required=read_conditions("require", require),
            repositories=read_texts("repositories", repositories),
            eligible=Eligible(None if constraint is None else read_constraint(constraint), prereleases),
        )
        _require_something(wish)
        inventory = _take_for(opened, listed, wish)
        selection = select(inventory.entries, wish, explain=explain)
        return Choice(selection, inventory.source, inventory.as_of, (*inventory.notes, *selection.notes))

    def dependencies(self, artifact: Artifact) -> Dependencies:
        """Return everything that an artifact needs, directly or not, each repository once.

        Versions are the highest that all constraints allow. Cycles, missing ones and constraints that cannot
        all hold are in `unmet`, each with the ways that lead there; nothing is raised for them.

        Args:
            artifact: a repository alone means its newest stable version.

        Raises:
            UsageError: it is no reference, or part of another registry.
            NotFoundError: it is not there.
            PalletError: the store could not tell.
        """
        opened = self._opened
        written = read_artifact(opened, artifact)
        named = written.digest or written.tag or written.constraint
        root = find_root(opened.store, opened.manifests, written.repository, named)
        return find_dependencies(root, StoreShelf.of(opened.store, opened.manifests, opened.asking))

    def pull_with_dependencies(
        self,
        artifact: Artifact | Dependencies,
        directory: PathLike,
        *,
        platform: str | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> PulledTree:
        """Write an artifact and everything that it needs, each below the directory by its repository's name.

        Args:
            artifact: which, or what `dependencies` found for it.
            directory: created where it is missing.
            platform: the entry of an index, such as `linux/arm64`.
            overwrite: whether files that hold something else are replaced.
            progress: hears of each artifact; None for who was named when the registry was opened.

        Raises:
            StoreError: something that it needs cannot be had, with the ways to it; nothing was written.
            PalletError: some of them failed, all told; what was done stays, and pulling again goes on.
        """
        opened = self._opened
        terms = PullTerms(choose_platform(platform), overwrite=overwrite, jobs=min(opened.jobs, JOBS))
        is_text = not hasattr(artifact, "unmet")
        name = read_artifact(opened, artifact).repository if is_text else artifact.root.repository  # type: ignore[arg-type, union-attr]
        with resolving_told(opened.store, name):
            found: Dependencies = self.dependencies(artifact) if is_text else artifact  # type: ignore[arg-type, assignment]
            if found.unmet:
                raise UnmetError(found.unmet)
        lock = lock_of(found)
        asking = opened.asking if progress is None else replace(opened.asking, steps=progress)
        folder = opened.directory / Path(directory)
        brought = take(opened.store, lock.taken, folder, terms, asking, pull_one=pull_told)
        _require_all(brought)
        return PulledTree(found, lock, tuple(item.result for item in brought if item.result is not None))


def _take(opened: Opened, listed: Iterable[str]) -> Inventory:
    """Return everything that was published, as far as it can be told."""
    return take_inventory(
        opened.store,
        manifests=opened.manifests,
        asking=opened.asking,
        catalog=opened.catalog,
        locked=_locked(opened),
        listed=[read_repository(opened, name) for name in read_texts("listed", listed)],
    )


def _take_for(opened: Opened, listed: Iterable[str], wish: Wish) -> Inventory:
    """Return everything that a wish could mean: other versions too, where it asks for them."""
    inventory = _take(opened, listed)
    if wish.eligible.is_usual or inventory.source == "catalog":
        return inventory
    names = dict.fromkeys(entry.repository for entry in inventory.entries if is_meant(entry, wish))
    return deepen(inventory, names, opened.store, opened.manifests, opened.asking, eligible=wish.eligible)


def _require_something(wish: Wish) -> None:
    """Refuse a wish that every workflow fulfils.

    Raises:
        UsageError: it is one.
    """
    if not (wish.skills or wish.required or wish.repositories or wish.has_context):
        raise UsageError(
            "select: expected something to choose by, got nothing", fix='name skills, such as ["plan"]'
        )


def _locked(opened: Opened) -> tuple[Locked, ...]:
    """Return the lock's entries, which name repositories where a registry lists none."""
    config = opened.config
    if config is None or opened.target.name not in config.targets:
        return ()
    try:
        return tuple(read_lock(config.lock_path).entries.values())
    except LockError:
        return ()  # a lock that cannot be read names nobody; whoever syncs hears of it


def _require_all(brought: Sequence[Brought]) -> None:
    """Insist that everything came.

    Raises:
        PalletError: the failure, or one that tells all of them.
    """
    failures = [item.failure for item in brought if item.failure is not None]
    if len(failures) == 1 and len(brought) == 1:
        raise failures[0]
    if failures:
        fixes = dict.fromkeys(failure.fix for failure in failures if failure.fix)
        together = PalletError("\n".join(map(str, failures)), fix="; ".join(fixes) or None)
        codes = {failure.exit_code for failure in failures}
        is_partly = len(failures) < len(brought)
        together.exit_code = PARTLY if is_partly else codes.pop() if len(codes) == 1 else FAILED
        raise together
