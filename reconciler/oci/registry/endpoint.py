"""Which registry, and which part of it: the host, the scheme, and the prefix of every repository.

Must never be added: credentials; a URL that holds them is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from reconciler.oci.reference import Repository
from reconciler.oci.registry.urls import Origin, Url

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.ASCII | re.DOTALL)
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io"})
_DOCKER_HUB_NAME = "docker.io"
_DOCKER_HUB_API = "registry-1.docker.io"
"""Docker Hub is called docker.io and answers elsewhere."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registry as a target names it."""

    scheme: str
    host: str
    """`name` or `name:port`."""
    prefix: str = ""
    """Put in front of every repository, such as `acme/team`; empty for none."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `https://host/prefix`, `http://host:5000` or `localhost:5000/prefix`.

        A bare loopback host means http, any other bare host https.

        Raises:
            ValueError: the text is no such URL, or holds what does not belong there.
        """
        match = _SCHEME.fullmatch(url)
        scheme, rest = (match["scheme"].lower(), match["rest"]) if match else ("", url)
        if "@" in rest:
            raise ValueError(
                "registry URL: a user name or password does not belong there: "
                "expected credentials from `pallet login`, or in username and password of a target"
            )
        if "?" in rest or "#" in rest:
            raise ValueError("registry URL: expected a host and a path, got a query or a fragment too")
        host, _, path = rest.partition("/")
        origin = _origin(scheme or "https", host)
        if not scheme and origin.is_loopback:
            scheme = "http"
        return cls(scheme or "https", host.lower(), _prefix(path))

    @property
    def origin(self) -> Origin:
        """The server that is asked."""
        host = _DOCKER_HUB_API if self.host in _DOCKER_HUB else self.host
        return Url.parse(f"{self.scheme}://{host}/").origin

    def full_name(self, repository: Repository | str) -> str:
        """The repository's name as the registry knows it."""
        return f"{self.prefix}/{repository}" if self.prefix else str(repository)


def written_host(origin: Origin) -> str:
    """Return the host of a server as people write it, and as credentials name it."""
    return _DOCKER_HUB_NAME if origin.host == _DOCKER_HUB_API else origin.netloc


def _origin(scheme: str, host: str) -> Origin:
    try:
        origin = Url.parse(f"{scheme}://{host}/").origin
    except ValueError as exc:
        raise ValueError(
            f"registry URL: expected [http[s]://]host[:port][/prefix], got {host[:200]!r}: {exc}"
        ) from exc
    if origin.port == 0:
        raise ValueError("registry URL: port: expected 1 to 65535, got 0")
    return origin


def _prefix(path: str) -> str:
    path = path.strip("/")
    if not path:
        return ""
    try:
        return str(Repository(path))
    except ValueError as exc:
        raise ValueError(f"registry URL: the path is a prefix of repositories: {exc}") from exc
