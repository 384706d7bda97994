"""The object that a program holds: a registry or a directory, opened once, safe to use from several threads.

Must never be added: a rule of its own; every method is one function of the modules beside this one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from reconciler.compose import Connection, Surroundings
from reconciler.desired.single_attachment import AttachWish
from reconciler.discovery.conditions import Condition, parse_condition
from reconciler.discovery.current import Eligible
from reconciler.discovery.listing import Filter
from reconciler.discovery.searching import Query
from reconciler.discovery.wishes import Wish
from reconciler.discovery.workflow_facts import read_memory
from reconciler.errors import UsageError
from reconciler.library import finding, opening, projects, reading, writing
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.pulling.layers import Naming
from reconciler.oci.pulling.pull import PullTerms
from reconciler.oci.registry.notices import Notices
from reconciler.oci.registry.settings import JOBS, RETRIES, TIMEOUT_S
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.identify import Identity
    from reconciler.discovery.listing import Listing
    from reconciler.discovery.referring import Referring
    from reconciler.discovery.resolving import Resolved
    from reconciler.library.naming import Artifact
    from reconciler.library.values import Checked, Choice, FoundManifest, PulledTree, Searched, Synced
    from reconciler.oci.copying_terms import CopyResult
    from reconciler.oci.pulling.pull import PullResult
    from reconciler.oci.reference import Repository
    from reconciler.sync.actions import Plan
    from reconciler.sync.attach import Attached
    from reconciler.sync.progress import Progress
    from reconciler.sync.push import Pushed
    from reconciler.sync.retag import Retagged

    PathLike = str | os.PathLike[str]


class Registry:
    """A registry over HTTP, or OCI image layouts below a directory; `open` makes one.

    Every method raises `reconciler.errors.PalletError` or one of its kinds, and prints nothing.
    An *artifact* is a reference such as `workflows/plan:1.2.0` or `workflows/plan@^1.2`, or what `search`,
    `select` or `resolve` gave, which is meant by its digest.
    """

    def __init__(self, opened: opening.Opened) -> None:
        self._opened = opened

    @classmethod
    def open(
        cls,
        where: str | None = None,
        *,
        project: PathLike | None = None,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        ca: PathLike | None = None,
        client_certificate: PathLike | None = None,
        client_key: PathLike | None = None,
        insecure: bool | None = None,
        profile: str | None = None,
        concurrency: int | None = None,
        jobs: int = JOBS,
        retries: int = RETRIES,
        timeout_s: float = TIMEOUT_S,
        catalog: str | None = None,
        notices: Callable[[str], None] | None = None,
        progress: Progress | None = None,
        stop: Stop | None = None,
        directory: PathLike = ".",
        environment: Mapping[str, str] | None = None,
        home: PathLike | None = None,
    ) -> Self:
        """Open a registry; nothing is asked of it yet.

        Args:
            where: `localhost:5000/acme`, a URL, `oci-layout:DIR`, or a target's name; None for the project's
                default target.
            project: a pallet.toml or its folder, whose targets, holds and lock count; None for none.
            username: with `password`, or `token` alone: who we are, instead of what files and helpers say.
            jobs: how much is asked at once.
            retries: attempts after the first one.
            timeout_s: how long an answer may be silent, in seconds.
            catalog: the repository of the published catalog; None for what pallet.toml says, or `catalog`.
            notices: hears what a registry warns of.
            progress: hears of the steps of long methods.
            stop: ends long methods early when it is requested.
            directory: what relative paths start from.
            environment: instead of this process's.
            home: instead of this user's.

        Raises:
            UsageError: an argument cannot be.
            ConfigError: the pallet.toml is invalid, or a certificate cannot be used.
        """
        folder = Path(directory).absolute()
        given = opening.Given(
            ca=_below(folder, ca),
            client_certificate=_below(folder, client_certificate),
            client_key=_below(folder, client_key),
            insecure=insecure,
            profile=profile,
            concurrency=concurrency,
        )
        place = opening.choose_place(where, _below(folder, project), folder)
        credential = opening.read_credential(username, password, token)
        around = Surroundings(
            place.root,
            opening.check_connection(Connection(jobs, retries, timeout_s)),
            os.environ if environment is None else environment,
            Path.home() if home is None else Path(home),
            stop or Stop(),
            None if notices is None else Notices(notices),
            credential,
        )
        target = opening.with_given(place.target, given, credential)
        place = opening.Place(target, place.root, place.config)
        chosen = opening.choose_catalog(catalog, place.config)
        return cls(opening.open_at(place, around, folder, catalog=chosen, progress=progress))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Registry({self._opened.target.url!r})"

    def close(self) -> None:
        """Give back connections; the registry must not be used afterwards."""
        self._opened.close()

    # Reading

    def repositories(self) -> list[Repository]:
        """Return the names of all repositories, sorted: those that are listed, else those of the catalog."""
        return finding.list_repositories(self._opened)

    def tags(
        self,
        repository: str,
        constraint: str | None = None,
        *,
        stable: bool = False,
        prereleases: bool = False,
        match: str | None = None,
        limit: int | None = None,
    ) -> Listing:
        """Return the versions of a repository, newest first, with digests and what their publisher says."""
        wanted = Filter(None, prereleases, match, stable, limit)
        return reading.list_tags(self._opened, repository, constraint, wanted)

    def resolve(
        self, repository: str, constraint: str | None = None, *, prereleases: bool = False
    ) -> Resolved:
        """Return the highest version that satisfies a constraint, `latest` where there is none.

        Raises:
            NotFoundError: none does; the text says what is there, nearest first.
        """
        return reading.resolve(self._opened, repository, constraint, prereleases=prereleases)

    def manifest(self, artifact: Artifact) -> FoundManifest:
        """Return a manifest's bytes, verified, and what they say."""
        return reading.read_manifest(self._opened, artifact)

    def identify(self, artifact: Artifact) -> Identity:
        """Return what something is, such as a workflow, an image or a chart."""
        return reading.identify(self._opened, artifact)

    def pull(
        self,
        artifact: Artifact,
        directory: PathLike,
        *,
        platform: str | None = None,
        overwrite: bool = False,
        by_digest: bool = False,
    ) -> PullResult:
        """Write an artifact's files below a directory, verified by digest, and nowhere else."""
        terms = self._pull_terms(platform, overwrite=overwrite, by_digest=by_digest)
        return reading.pull_one(self._opened, artifact, Path(directory), terms)

    def referrers(
        self, artifact: Artifact, artifact_type: str | None = None, *, recursive: bool = False
    ) -> Referring:
        """Return what refers to an artifact: SBOMs, signatures, tests, documentation."""
        return reading.list_referrers(
            self._opened, artifact, artifact_type=artifact_type, recursive=recursive
        )

    # Looking around

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
        """Return what was published and is meant, one entry for each repository.

        Args:
            words: all of them stand in the name or the description.
            where: conditions such as `type=parallel` or `timeout<=600`; all of them hold.
            listed: repositories to look at, where the registry lists none and there is no catalog.
        """
        query = Query(
            tuple(words),
            _conditions(where),
            tuple(skills),
            tuple(types),
            tuple(projects),
            tuple(repositories),
        )
        return finding.find(self._opened, query, tuple(listed))

    def select(
        self,
        *,
        skills: Iterable[str] = (),
        language: str | None = None,
        env: str | None = None,
        memory: str | None = None,
        require: Iterable[str] = (),
        repositories: Iterable[str] = (),
        prereleases: bool = False,
        explain: bool = False,
        listed: Iterable[str] = (),
    ) -> Choice:
        """Return the workflow that fits best; `.entry` names it, or raises who came nearest."""
        wish = Wish(
            skills=tuple(skills),
            language=language,
            environment=env,
            memory_bytes=None if memory is None else _memory(memory),
            required=_conditions(require),
            repositories=tuple(repositories),
            eligible=Eligible(None, prereleases),
        )
        return finding.choose(self._opened, wish, tuple(listed), explain=explain)

    def dependencies(self, artifact: Artifact) -> Dependencies:
        """Return everything that an artifact needs, in versions that satisfy every constraint."""
        return finding.find_needs(self._opened, artifact)

    def pull_with_dependencies(
        self, artifact: Artifact, directory: PathLike, *, overwrite: bool = False
    ) -> PulledTree:
        """Write an artifact and everything that it needs, each in a folder of its own; all or none begins."""
        found = finding.find_needs(self._opened, artifact)
        terms = self._pull_terms(None, overwrite=overwrite, by_digest=False)
        return finding.pull_tree(self._opened, found, Path(directory), terms)

    # Writing

    def push(
        self,
        files: PathLike | Iterable[PathLike],
        reference: str,
        *,
        kind: str | None = None,
        annotations: Mapping[str, str] | None = None,
        artifact_type: str | None = None,
        floating: Sequence[str] = (),
        subject: Artifact | None = None,
        force: bool = False,
    ) -> Pushed:
        """Publish files as one artifact; what is published under a version is refused, unless forced."""
        said = {"kind": kind, "annotations": annotations, "artifact_type": artifact_type}
        return writing.push_files(
            self._opened,
            writing.as_paths(files),
            reference,
            floating=tuple(floating),
            subject=subject,
            force=force,
            said={name: value for name, value in said.items() if value is not None},
        )

    def push_image(
        self, path: PathLike, reference: str, *, floating: Sequence[str] = (), force: bool = False
    ) -> Pushed:
        """Publish an image from an OCI layout or archive, with its own digest, every platform included."""
        return self.push(path, reference, kind="image", floating=floating, force=force)

    def tag(self, repository: str, version: str, tag: str, *, backward: bool = False) -> Retagged:
        """Let a tag name what a version, another tag or a constraint names now."""
        return writing.move(self._opened, repository, version, tag, backward=backward)

    def attach(
        self,
        artifact: Artifact,
        files: PathLike | Iterable[PathLike],
        *,
        artifact_type: str | None = None,
        kind: str | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> Attached:
        """Publish files as one artifact that refers to another one."""
        paths = tuple(map(str, writing.as_paths(files)))
        wish = AttachWish(paths, artifact_type, kind, dict(annotations or {}))
        return writing.attach_files(self._opened, artifact, wish)

    def copy(
        self,
        artifact: Artifact,
        destination: Registry,
        reference: str | None = None,
        *,
        recursive: bool = False,
        platform: str | None = None,
        check_all: bool = False,
        force: bool = False,
    ) -> CopyResult:
        """Copy an artifact into another registry, or within this one; only what is missing travels.

        Args:
            reference: what it is to be called there; None for the same.
            recursive: whether what refers to it comes along.
        """
        terms = CopyTerms(recursive, reading.choose_platform(platform), check_all)
        return writing.copy_one(self._opened, destination._opened, artifact, reference, terms, force=force)

    # Projects

    def plan(
        self, project: PathLike | None = None, *, only: Sequence[str] = (), progress: Progress | None = None
    ) -> Plan:
        """Return what `sync` would do here for a project; nothing is written.

        Args:
            project: a pallet.toml or its folder; None for the one that was opened.
        """
        path = projects.find_project(self._opened, None if project is None else Path(project))
        return projects.plan(self._opened, path, Selection(only, only_is="only"), progress, None)

    def sync(
        self,
        project: PathLike | None = None,
        *,
        only: Sequence[str] = (),
        restore: Sequence[str] = (),
        force: Sequence[str] = (),
        locked: bool = False,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Synced:
        """Publish what drifted, and write pallet.lock, as `pallet sync` does."""
        path = projects.find_project(self._opened, None if project is None else Path(project))
        selection = Selection(only, restore, force, "only")
        return projects.sync(self._opened, path, selection, progress, stop, locked=locked)

    def check(
        self,
        project: PathLike | None = None,
        *,
        only: Sequence[str] = (),
        allow: Collection[str] = (),
        progress: Progress | None = None,
    ) -> Checked:
        """Find everything that is not as it should be; nothing is written."""
        path = projects.find_project(self._opened, None if project is None else Path(project))
        return projects.check(
            self._opened, path, Selection(only, only_is="only"), progress, None, allow=allow
        )

    def _pull_terms(self, platform: str | None, *, overwrite: bool, by_digest: bool) -> PullTerms:
        return PullTerms(
            reading.choose_platform(platform),
            Naming(by_digest=by_digest),
            overwrite,
            jobs=self._opened.jobs,
            steps=self._opened.progress,
        )


def _below(folder: Path, path: PathLike | None) -> Path | None:
    return None if path is None else folder / path


def _conditions(texts: Iterable[str]) -> tuple[Condition, ...]:
    try:
        return tuple(parse_condition(text) for text in texts)
    except ValueError as exc:
        raise UsageError(f"condition: {exc}") from exc


def _memory(text: str) -> int:
    try:
        return read_memory(text)
    except ValueError as exc:
        raise UsageError(f"memory: {exc}") from exc
