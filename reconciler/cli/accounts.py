"""What `login` and `logout` share: which host, which file.

Must never be added: a secret.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click

from reconciler.cli.options import flag
from reconciler.errors import UsageError
from reconciler.oci.registry.credentials.files import INLINE, CredentialFiles
from reconciler.oci.registry.credentials.helpers import Helpers
from reconciler.oci.registry.credentials.keeping import Keeper, choose_file
from reconciler.oci.registry.endpoint import Endpoint

_VERSIONS = ("", "v1", "v2")
"""What stands behind the host in addresses that docker's files have."""

authfile_option = flag(
    "--authfile",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The credential file; otherwise REGISTRY_AUTH_FILE, or docker's config.json.",
)


@dataclass(frozen=True, slots=True)
class Host:
    """A registry as the command line names it."""

    name: str
    """`host` or `host:port`."""
    scheme: str
    """As it was written; empty where it was not."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}" if self.scheme else self.name


def read_host(text: str) -> Host:
    """Read `host[:port]`; a scheme is taken off, and plain http is remembered.

    Raises:
        UsageError: it is none, or names a part of a registry.
    """
    scheme, separator, _ = text.partition("://")
    if "@" in text:  # before anything is repeated in a message
        raise UsageError("host: expected host[:port], got a user name too", fix="write it as -u NAME")
    try:
        endpoint = Endpoint.parse(text)
    except ValueError as exc:
        raise UsageError(f"host: {exc}", fix="write host or host:port") from exc
    if endpoint.prefix not in _VERSIONS:
        raise UsageError(
            f"host: expected host[:port], got the path {endpoint.prefix} too",
            fix=f"log in to the whole registry: {endpoint.host}",
        )
    return Host(endpoint.host, scheme.lower() if separator else "")


def open_keeper(authfile: Path | None) -> tuple[Keeper, Path]:
    """Return who keeps logins, and the file that it does so by."""
    path = authfile or choose_file(os.environ, Path.home())
    return Keeper(path, Helpers(os.environ)), path


def user_credentials() -> CredentialFiles:
    """Return what every command would find, as the files are now."""
    return CredentialFiles(environment=os.environ, home=Path.home())


def say_source(source: str) -> str:
    """Return where a credential is from, in words."""
    return f"the variable {INLINE}" if source == INLINE else source
