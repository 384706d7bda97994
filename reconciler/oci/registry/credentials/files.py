"""Every credential file in its order; the first that knows a host wins.

Decided here: the order, and what counts within one file. Order: REGISTRY_AUTH_FILE, DOCKER_AUTH_CONFIG
(the text itself), docker's config.json, podman's two auth.json, `~/.dockercfg`. Within one: the helper of
the host, an entry for a part of the host, the store of the file, the entry of the host.
Sources: containers-auth.json(5) of containers/image 5.36; docker's config.json (cli v28).
Must never be added: reading the environment; it is an argument.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.oci.files import read_bounded
from reconciler.oci.registry.credentials.entries import CredentialFile, broken, parse
from reconciler.oci.registry.credentials.helpers import Helpers
from reconciler.oci.registry.credentials.matching import DOCKER_HUB, keys_below, keys_of, written_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.oci.registry.credentials.values import Credential

FILE_MAX_BYTES = 4 * 1024 * 1024
RUN = Path("/run/containers")
AUTH_FILE, INLINE = "REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG"


@dataclass(frozen=True, slots=True)
class Place:
    """Where credentials may stand."""

    path: Path | None
    """None for the text of a variable."""
    text: str = field(default="", repr=False)
    is_flat: bool = False

    @property
    def source(self) -> str:
        return INLINE if self.path is None else str(self.path)


def places(environment: Mapping[str, str], home: Path, run: Path = RUN) -> Iterator[Place]:
    """Yield where credentials are looked for, in order.

    Args:
        run: below it podman has a folder for each user, where XDG_RUNTIME_DIR names no other.
    """
    if named := environment.get(AUTH_FILE):
        yield Place(Path(named))
    if inline := environment.get(INLINE):
        yield Place(None, inline)
    yield Place(docker_config(environment, home))
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Place(Path(runtime) / "containers" / "auth.json")
    elif sys.platform == "linux":
        yield Place(run / str(os.getuid()) / "auth.json")
    yield Place(Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "containers" / "auth.json")
    yield Place(home / ".dockercfg", is_flat=True)


def docker_config(environment: Mapping[str, str], home: Path) -> Path:
    """Return docker's config.json."""
    folder = environment.get("DOCKER_CONFIG")
    return (Path(folder) if folder else home / ".docker") / "config.json"


def read_text(path: Path) -> bytes:
    """Return what a credential file holds, nothing where there is none.

    Raises:
        UnauthorisedError: it cannot be read, or is too large to be one.
    """
    try:
        content = read_bounded(path, max_bytes=FILE_MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise broken(str(path), f"cannot be read: {reason}") from exc
    if len(content) > FILE_MAX_BYTES:
        raise broken(str(path), f"too large: expected at most {FILE_MAX_BYTES} bytes")
    return content


class CredentialFiles:
    """Who we are, as the files of a user say; each is read once, when a registry asks.

    Args:
        environment: names files, and is that of helpers.
        home: the user's folder.
        helpers: None for those on PATH.
        run: where podman keeps logins until the next start.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        home: Path,
        helpers: Helpers | None = None,
        run: Path = RUN,
    ) -> None:
        self._places = tuple(places(environment, home, run))
        self._helpers = helpers or Helpers(environment)
        self._read: dict[Place, CredentialFile] = {}
        self._lock = threading.Lock()

    def find(self, host: str, repository: str | None = None) -> Credential | None:
        for place in self._places:
            credential = find_in(self._open(place), host, repository, self._helpers)
            if credential is not None:
                return credential
        return None

    def _open(self, place: Place) -> CredentialFile:
        with self._lock:
            if place not in self._read:
                text = place.text if place.path is None else read_text(place.path)
                self._read[place] = parse(text, place.source, is_flat=place.is_flat)
            return self._read[place]


def find_in(file: CredentialFile, host: str, repository: str | None, helpers: Helpers) -> Credential | None:
    """Return what one file, or a helper that it names, says of a host.

    Raises:
        UnauthorisedError: the helper that holds the secret cannot say it.
    """
    own = next((file.helpers[key] for key in keys_of(host, file.helpers)), "")
    if own and (held := _ask(helpers, own, host, [])) is not None:
        return held
    parts = keys_below(host, repository, file.auths)
    specific = next((file.auths[key] for key in parts if file.auths[key] is not None), None)
    return specific or _of_host(file, host, helpers)


def _of_host(file: CredentialFile, host: str, helpers: Helpers) -> Credential | None:
    keys = keys_of(host, file.auths)
    entry = next((file.auths[key] for key in keys if file.auths[key] is not None), None)
    is_promised = bool(keys) and entry is None
    if not file.store or not (is_promised or helpers.is_installed(file.store)):
        # A file that came from another machine names a store that is not here: what stands in
        # the file itself is good, and where it knows nothing of the host nobody logged in.
        return entry
    return _ask(helpers, file.store, host, keys) or entry


def _ask(helpers: Helpers, suffix: str, host: str, keys: list[str]) -> Credential | None:
    """Ask under the keys of the file first: they are what the helper was told at login."""
    names = [written_key(host), *(sorted(DOCKER_HUB) if host in DOCKER_HUB else ())]
    answers = (helpers.get(suffix, name) for name in dict.fromkeys([*keys, *names]))
    return next((answer for answer in answers if answer is not None), None)
