"""From what a program writes to an opened store: a host, a URL, a directory, or a target of a pallet.toml.

Decided here: what `where` means. With a project, a target's name comes first, and the settings of the target
that a URL belongs to hold there too; without one nothing is read but credential files. What is given as an
argument wins over what a target says. Must never be added: what is asked of the store.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from reconciler.compose import choose_target, find_target, open_store
from reconciler.desired.config import Config, Target
from reconciler.desired.config_reader import FILE_NAME, read_config
from reconciler.discovery.asking import Asking
from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.errors import StoppedError, UsageError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.credentials.values import Credential, is_header_word
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.private_storage import PrivateStorage
from reconciler.oci.registry.profiles import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.compose import Connection, Surroundings
    from reconciler.oci.store import Store
    from reconciler.sync.progress import Progress

_LAYOUT = "oci-layout:"
_CATALOG = "catalog"
_EXPECTED = "a host such as localhost:5000, a URL, or oci-layout:DIRECTORY"
JOBS_MAX = 256


@dataclass(frozen=True, slots=True)
class Given:
    """What arguments say of the way to a registry; None for what the target says."""

    ca: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    insecure: bool | None = None
    profile: str | None = None
    concurrency: int | None = None
    private_storage: PrivateStorage | None = None

    @property
    def said(self) -> dict[str, object]:
        """What is given, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: a key without its certificate, or a profile that there is not.
        """
        if self.client_key is not None and self.client_certificate is None:
            raise UsageError("client_key: expected client_certificate beside it, got none")
        if self.profile is not None and self.profile not in BY_NAME:
            raise UsageError(f"profile: expected one of {', '.join(sorted(BY_NAME))}, got {self.profile!r}")
        if self.concurrency is not None and self.concurrency < 1:
            raise UsageError(f"concurrency: expected at least 1, got {self.concurrency}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A store, what it was opened with, and what is known of it without asking."""

    target: Target
    store: Store
    manifests: CachedManifests
    around: Surroundings
    directory: Path
    """Where relative paths of files start."""
    config: Config | None
    """Of the project that it was opened with."""
    catalog: Repository | None
    progress: Progress | None

    @property
    def jobs(self) -> int:
        """How much is asked at once."""
        return self.around.connection.jobs

    @property
    def folder(self) -> Path | None:
        """The directory of a layout; None for a registry."""
        directory = self.target.layout_directory
        return None if directory is None else (self.around.root / directory).resolve()

    def proceed(self) -> None:
        """Go on, unless a stop was requested.

        Raises:
            StoppedError: it was.
        """
        stop = self.around.stop
        if stop.is_requested:
            raise StoppedError("stopped", signal_number=stop.signal_number or 0)

    @property
    def asking(self) -> Asking:
        """How many questions are asked."""
        return Asking(self.jobs, self.proceed, self.progress)

    def close(self) -> None:
        """Give back connections, and keep the cache within its bound."""
        self.store.close()
        self.manifests.cache.close()


@dataclass(frozen=True, slots=True)
class Place:
    """What `where` and `project` mean."""

    target: Target
    root: Path
    """What paths in the target's settings are relative to."""
    config: Config | None


def choose_place(where: str | None, project: Path | None, directory: Path) -> Place:
    """Return the target that is meant; nothing is opened.

    Args:
        where: a name, a host, a URL or a layout; None for the project's default target.
        project: a pallet.toml, or its folder; None for none.
        directory: what a layout's directory is relative to, where it is no target's.

    Raises:
        UsageError: it names nothing that could be.
        ConfigError: the pallet.toml is invalid, or not there.
    """
    if project is None:
        if where is None:
            raise UsageError(f"registry: expected {_EXPECTED}, or a project, got neither")
        return Place(_read_place(where, is_name_possible=False), directory, None)
    config = read_config(config_path(project))
    if where is None or where in config.targets:
        return Place(choose_target(config, where), config.root, config)
    if "@" not in where and not any(sign in where for sign in ".:/") and where != "localhost":
        return Place(choose_target(config, where), config.root, config)
    target = _read_place(where, is_name_possible=True)
    if target.layout_directory is not None:
        return Place(target, directory, config)
    known = find_target(config, where, Endpoint.parse(where).prefix)
    return Place(target if known is None else replace(known, url=where), config.root, config)


def config_path(project: Path) -> Path:
    """Return the pallet.toml of a project's folder, or the file itself."""
    return project / FILE_NAME if project.is_dir() else project


def _read_place(where: str, *, is_name_possible: bool) -> Target:
    if where.startswith(_LAYOUT):
        if where == _LAYOUT:
            raise UsageError(f"registry: expected {_LAYOUT}DIRECTORY, got no directory")
        return Target(where, where)
    try:
        Endpoint.parse(where)
    except ValueError as exc:
        raise UsageError(f"registry: {exc}", fix=f"name {_EXPECTED}") from exc
    if not any(sign in where for sign in ".:") and where.partition("/")[0] != "localhost":
        hint = "" if is_name_possible else '; for a target of a pallet.toml, say project="FOLDER"'
        raise UsageError(
            f"registry: expected {_EXPECTED}, got {where!r}", fix=f"write https://{where} for a host{hint}"
        )
    return Target(where, where)


def read_storage(entries: Sequence[str] | None) -> PrivateStorage | None:
    """Return where in a private network a registry may redirect to; None for what the target says.

    Raises:
        UsageError: an entry is none.
    """
    try:
        return (
            None
            if entries is None
            else PrivateStorage.parse([entries] if isinstance(entries, str) else entries)
        )
    except ValueError as exc:
        raise UsageError(f"private_storage: {exc}") from exc


def read_credential(username: str | None, password: str | None, token: str | None) -> Credential | None:
    """Return who we are, where arguments say it; None for what target and files say.

    Raises:
        UsageError: they do not go together, or cannot be sent; no text holds a secret.
    """
    if token is not None:
        if username is not None or password is not None:
            raise UsageError("token: expected it, or username and password, got both")
        if not is_header_word(token):
            raise UsageError("token: expected one word of ASCII characters, got something else")
        return Credential(registry_token=token, source="the argument token")
    if username is None and password is None:
        return None
    if username is None or password is None:
        given = "password" if username is None else "username"
        raise UsageError(f"{given}: expected username and password, got {given} alone")
    if not username or ":" in username:
        raise UsageError("username: expected a name without a colon, got another")
    return Credential(username, password, source="the arguments username and password")


def with_given(target: Target, given: Given, credential: Credential | None) -> Target:
    """Return the target as it is reached with what was given.

    Raises:
        UsageError: something was given that cannot be, or that a directory has no use for.
    """
    given.check()
    said = given.said
    if target.layout_directory is not None:
        if said or credential is not None:
            name = next(iter(said), "credentials")
            raise UsageError(f"{name}: expected it of a registry only, got it of the directory {target.url}")
        return target
    if given.client_certificate is not None and given.client_key is None:
        said["client_key"] = None  # the target's own belongs to another certificate
    return replace(target, access=replace(target.access, **said))  # type: ignore[arg-type]


def check_connection(connection: Connection) -> Connection:
    """Refuse numbers that mean nothing.

    Raises:
        UsageError: there is one.
    """
    if not 1 <= connection.jobs <= JOBS_MAX:
        raise UsageError(f"jobs: expected 1 to {JOBS_MAX}, got {connection.jobs}")
    if connection.retries < 0:
        raise UsageError(f"retries: expected 0 or more, got {connection.retries}")
    if not connection.timeout_s > 0:
        raise UsageError(f"timeout_s: expected more than 0 seconds, got {connection.timeout_s}")
    return connection


def choose_catalog(text: str | None, config: Config | None) -> Repository | None:
    """Return the repository of the published catalog: as it is given, as pallet.toml says, or the usual one.

    Raises:
        UsageError: it is no name of a repository.
    """
    if text is None:
        return Repository(_CATALOG) if config is None else config.catalog
    try:
        return Repository(text) if text else None
    except ValueError as exc:
        raise UsageError(f"catalog: {exc}") from exc


def open_at(
    place: Place,
    around: Surroundings,
    directory: Path,
    *,
    catalog: Repository | None,
    progress: Progress | None,
) -> Opened:
    """Open the store; nothing is asked of it yet.

    Raises:
        ConfigError: a certificate that is written for the registry cannot be used.
    """
    # What stands in a directory already is not copied to another one.
    is_layout = place.target.layout_directory is not None
    cache = ManifestCache(None if is_layout else cache_folder(around.environment))
    store = open_store(place.target, around)
    manifests = CachedManifests(store, cache)
    return Opened(place.target, store, manifests, around, directory, place.config, catalog, progress)
