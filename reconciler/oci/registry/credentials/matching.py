"""Which key of a credential file means a host, or a part of it. Pure.

Docker's files name hosts, some with a scheme and `/v1/`; podman's may name a namespace or a repository
below a host, and the most specific key counts.
Source: containers-auth.json(5) of containers/image 5.36; docker's `ConvertToHostname` (cli v28).
Must never be added: what stands behind a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
DOCKER_HUB_KEY = "https://index.docker.io/v1/"
"""How docker writes Docker Hub, into files and to helpers."""
_ENDS = ("/v1/", "/v2/", "/v1", "/v2", "/")


def keys_of(host: str, table: Iterable[str]) -> list[str]:
    """Return the keys that mean the whole of `host`, the exact one first."""
    wanted = canonical(host)
    return sorted((key for key in table if canonical(key) == wanted), key=lambda key: (key != host, key))


def keys_below(host: str, repository: str | None, table: Iterable[str]) -> list[str]:
    """Return the keys that mean a part of `host` in which `repository` lies, the most specific first."""
    if repository is None:
        return []
    parts = [f"{canonical(host)}/{part}" for part in _prefixes(repository)]
    ranks = {part: rank for rank, part in enumerate(parts)}
    found = [key for key in table if canonical(key) in ranks]
    return sorted(found, key=lambda key: (ranks[canonical(key)], key))


def written_key(host: str) -> str:
    """Return the key under which docker writes a host."""
    return DOCKER_HUB_KEY if host in DOCKER_HUB else host


def canonical(key: str) -> str:
    """Return `host` or `host/path` for every way of writing it; all names of Docker Hub are one."""
    text = key.removeprefix("https://").removeprefix("http://")
    for end in _ENDS:
        if text.endswith(end):
            text = text.removesuffix(end)
            break
    host, slash, path = text.partition("/")
    host = host.lower()
    return f"{'docker.io' if host in DOCKER_HUB else host}{slash}{path}"


def _prefixes(repository: str) -> Iterator[str]:
    while repository:
        yield repository
        repository = repository.rpartition("/")[0]
