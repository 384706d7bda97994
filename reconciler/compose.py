"""The composition root: a target of pallet.toml becomes a store.

The only place that knows both configuration and the registry client. Must never be added: anything
that a store or a plan should decide.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import StoppedError, UsageError
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.settings import JOBS, RETRIES, TIMEOUT_S
from reconciler.oci.user_cache import user_cache_folder
from reconciler.sync.audit import AuditedStore, Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.desired.config import Config, Target
    from reconciler.desired.config_access import Access
    from reconciler.oci.checkup import Check
    from reconciler.oci.registry.credentials import Credential, CredentialSource
    from reconciler.oci.registry.notices import Notices
    from reconciler.oci.registry.store import RegistryStore
    from reconciler.oci.registry.tls import Trust
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop


@dataclass(frozen=True, slots=True)
class Connection:
    """How patiently a store is asked, and by how many at once."""

    jobs: int = JOBS
    retries: int = RETRIES
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a store is opened with that no target says."""

    root: Path
    """The folder that a layout's directory, and paths in a target's settings, are relative to."""
    connection: Connection
    environment: Mapping[str, str] = field(repr=False)
    """Where proxies and the place of credential files are read from."""
    home: Path
    """Where credential files stand."""
    stop: Stop
    """Ends pauses between retries early."""
    notices: Notices | None = None
    """Hears what a registry warns of; None for nobody."""
    credential: Credential | None = None
    """Who we are, in the place of what the target and the user's files say; None for those."""
    named_from: Path | None = None
    """The folder from which people name a layout's directory; None for `root`."""


def choose_target(config: Config, name: str | None) -> Target:
    """Return the target of that name, or the default one.

    Raises:
        UsageError: pallet.toml has no such target.
    """
    wanted = name or config.default_target
    if wanted not in config.targets:
        raise UsageError(
            f"target {wanted}: expected one of {', '.join(sorted(config.targets))}, got {wanted!r}",
            fix=f'add [target.{wanted}] with url = "…" to {config.path.name}',
        )
    return config.targets[wanted]


def find_target(config: Config, url: str, repository: str) -> Target | None:
    """Return the target that a repository of a host belongs to, so that its settings hold there too.

    The one with the longest prefix wins; None where pallet.toml says nothing of that host.
    """
    asked = Endpoint.parse(url)
    candidates = []
    for target in config.targets.values():
        if target.layout_directory is None:
            endpoint = Endpoint.parse(target.url)
            below = f"{repository}/".startswith(f"{endpoint.prefix}/") or not endpoint.prefix
            if endpoint.origin == asked.origin and below:
                candidates.append((len(endpoint.prefix), target))
    return max(candidates, key=lambda item: item[0])[1] if candidates else None


def name_at(target: Target, repository: Repository, other: Target) -> Repository | None:
    """Return what another target calls a repository, where both are parts of one registry or one directory.

    None where they are not, or where it stands outside the other one's prefix.
    """
    if target.layout_directory is not None or other.layout_directory is not None:
        return repository if target.url == other.url else None
    here, there = Endpoint.parse(target.url), Endpoint.parse(other.url)
    if here.origin != there.origin:
        return None
    full, prefix = here.full_name(repository), f"{there.prefix}/" if there.prefix else ""
    return Repository(full.removeprefix(prefix)) if full.startswith(prefix) and full != prefix else None


def without_prefix(target: Target) -> Target:
    """Return the whole registry that a target is a part of, reached and known to in the same way."""
    if target.layout_directory is not None:
        return target
    endpoint = Endpoint.parse(target.url)
    return replace(target, url=f"{endpoint.scheme}://{endpoint.host}")


def open_store(target: Target, around: Surroundings) -> Store:
    """Return the store behind a target of a pallet.toml; nothing is asked of it yet.

    Raises:
        ConfigError: a certificate that is written for the registry cannot be used.
    """
    directory = target.layout_directory
    if directory is not None:
        label = _seen_directory(directory, around)
        return _audited(open_layout(around.root / directory, label=label), target, lambda: None)
    store = _open_registry(target, around, remembers_uploads=True)
    return _audited(store, target, lambda: store.user)


def _seen_directory(directory: str, around: Surroundings) -> str:
    """Return a layout's directory as people write it where they stand, so that printed names lead there."""
    folder = (around.named_from or around.root).absolute()
    if Path(directory).is_absolute() or folder == around.root.absolute():
        return directory
    return Path(os.path.relpath(around.root / directory, folder)).as_posix()


def examine(target: Target, repository: Repository, around: Surroundings) -> Iterator[Check]:
    """Yield what can be said of a target, one finding after another; nothing of what is tried stays.

    Args:
        target: of a pallet.toml.
        repository: where writing to a registry is tried.
        around: as for `open_store`.
    """
    directory = target.layout_directory
    if directory is not None:
        from reconciler.oci.layout_checkup import examine_layout

        folder = around.root / directory
        yield from examine_layout(open_layout(folder, label=directory), folder, label=directory)
        return
    from reconciler.oci.registry.checkup import examine_registry

    store = _open_registry(target, around)
    try:
        yield from examine_registry(store, repository, now_s=time.time())
    finally:
        store.close()


def prove_login(target: Target, around: Surroundings) -> bool:
    """Show the credential to a registry; False where it lets everybody pass, so that nothing is proved.

    Raises:
        UnauthorisedError: it is refused.
    """
    from reconciler.oci.registry import proving

    store = _open_registry(target, around)
    try:
        return proving.prove_login(store.session)
    finally:
        store.close()


def _audited(store: Store, target: Target, user: Callable[[], str | None]) -> Store:
    if target.audit is None:
        return store
    return AuditedStore(store, Trail(target.audit, target.name, user))


def _credentials(target: Target, around: Surroundings) -> CredentialSource:
    """What was given is all that counts, then what the target says; otherwise what the user's files say."""
    from reconciler.oci.registry.credentials.files import CredentialFiles
    from reconciler.oci.registry.credentials.target import TargetCredentials
    from reconciler.oci.registry.credentials.values import Single

    if around.credential is not None:
        return Single(around.credential)
    environment = around.environment
    if target.credential is None:
        return CredentialFiles(environment=environment, home=around.home)
    subject = f"target {target.name}"
    return TargetCredentials(target.credential, subject, environment=environment, root=around.root)


def _trust(access: Access, around: Surroundings) -> Trust:
    from reconciler.oci.registry.tls import Trust, certificate_folders

    return Trust(
        access.ca,
        access.client_certificate,
        access.client_key,
        insecure=access.insecure,
        folders=certificate_folders(around.home),
        root=around.root,
    )


def _open_registry(target: Target, around: Surroundings, *, remembers_uploads: bool = False) -> RegistryStore:
    """Return a registry's store; large uploads are remembered in the user's cache for later runs, or not."""
    # Here, not above: a layout needs no HTTP client, whose import costs more than a small sync.
    from reconciler.oci.registry.profiles import choose_profile
    from reconciler.oci.registry.settings import Clock, Settings
    from reconciler.oci.registry.store import open_registry
    from reconciler.oci.registry.uploads.journal import Journal

    access, endpoint = target.access, Endpoint.parse(target.url)
    stop, connection = around.stop, around.connection
    journal = Journal(lambda: user_cache_folder(around.environment, "uploads"))

    def sleep(seconds: float) -> None:
        stop.sleep(seconds)
        if stop.is_requested:
            raise StoppedError(
                "stopped while waiting for the registry", signal_number=stop.signal_number or 0
            )

    return open_registry(
        endpoint,
        credentials=_credentials(target, around),
        settings=Settings(
            retries=connection.retries, timeout_s=connection.timeout_s, connections=connection.jobs
        ),
        clock=Clock(sleep=sleep),
        profile=choose_profile(endpoint.host, name=access.profile, concurrency=access.concurrency),
        trust=_trust(access, around),
        private_storage=access.private_storage,
        notices=around.notices,
        journal=journal if remembers_uploads else None,
    )
