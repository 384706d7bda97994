"""The composition root: a target of pallet.toml becomes a store.

The only place that knows both configuration and the registry client. Must never be added: anything
that a store or a plan should decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import StoppedError, UsageError
from reconciler.oci.layout import open_layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.desired.config import Config, Target
    from reconciler.oci.registry.notices import Notices
    from reconciler.oci.store import Store
    from reconciler.sync.stop import Stop


@dataclass(frozen=True, slots=True)
class Connection:
    """How patiently a store is asked, and by how many at once."""

    jobs: int
    retries: int
    timeout_s: float


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


def open_store(
    target: Target,
    *,
    root: Path,
    connection: Connection,
    environment: Mapping[str, str],
    home: Path,
    stop: Stop,
    notices: Notices | None = None,
) -> Store:
    """Return the store behind a target; nothing is asked of it yet.

    Args:
        target: of a pallet.toml.
        root: the folder that a layout's directory is relative to.
        connection: how patiently, and how many requests at once.
        environment: where proxies and the place of credential files are read from.
        home: where credential files stand.
        stop: ends pauses between retries early.
        notices: hears what a registry warns of; None for nobody.
    """
    directory = target.layout_directory
    if directory is not None:
        return open_layout(root / directory, label=directory)
    return _open_registry(target.url, connection, environment, home, stop, notices)


def _open_registry(
    url: str,
    connection: Connection,
    environment: Mapping[str, str],
    home: Path,
    stop: Stop,
    notices: Notices | None,
) -> Store:
    # Here, not above: a layout needs no HTTP client, whose import costs more than a small sync.
    from reconciler.oci.registry.credentials import DockerConfig
    from reconciler.oci.registry.endpoint import Endpoint
    from reconciler.oci.registry.settings import Clock, Settings
    from reconciler.oci.registry.store import open_registry

    def sleep(seconds: float) -> None:
        stop.sleep(seconds)
        if stop.is_requested:
            raise StoppedError(
                "stopped while waiting for the registry", signal_number=stop.signal_number or 0
            )

    return open_registry(
        Endpoint.parse(url),
        credentials=DockerConfig(environment=environment, home=home),
        settings=Settings(
            retries=connection.retries, timeout_s=connection.timeout_s, connections=connection.jobs
        ),
        clock=Clock(sleep=sleep),
        notices=notices,
    )
