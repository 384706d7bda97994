"""Who we are to a registry, as docker's config.json says.

Source: docker's config.json (`auths`), as `docker login` and `oras login` write it. Other sources
(helpers, podman's files, secrets of a target) are further classes with the same `find`.
Must never be added: reading the environment; it is an argument.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import UnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_CONFIG_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Credential:
    """A name and a secret for one host; neither its repr nor its text shows the secret."""

    username: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    """An OAuth2 refresh token; it wins over the password where the server takes it."""
    source: str = field(default="", compare=False)
    """Where it was found, for error texts."""


class CredentialSource(Protocol):
    """Finds credentials."""

    def find(self, host: str) -> Credential | None:
        """Return the credential for `host` or `host:port`, None for anonymous.

        Raises:
            UnauthorisedError: it cannot be said, because a file is broken.
        """


class Anonymous:
    """Knows nobody."""

    def find(self, host: str) -> Credential | None:  # noqa: ARG002 - the protocol's argument
        return None


class DockerConfig:
    """Docker's config.json: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`."""

    def __init__(self, *, environment: Mapping[str, str], home: Path) -> None:
        folder = environment.get("DOCKER_CONFIG")
        self.path = (Path(folder) if folder else home / ".docker") / "config.json"

    def find(self, host: str) -> Credential | None:
        document = self._read()
        auths = self._table(document.get("auths"), "auths")
        for key in _keys(host, auths):
            credential = self._credential(self._table(auths[key], f"auths[{key!r}]"), key)
            if credential is not None:
                return credential
        self._refuse_helper(host, document)
        return None

    def _read(self) -> Mapping[str, object]:
        try:
            with self.path.open("rb") as file:
                content = file.read(_CONFIG_MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as exc:
            raise self._broken(f"cannot be read: {exc.strerror or exc}") from exc
        if len(content) > _CONFIG_MAX_BYTES:
            raise self._broken(f"too large: expected at most {_CONFIG_MAX_BYTES} bytes")
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as exc:
            # The parser's own text may quote what stands there, so only the place is told.
            place = f" at line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
            raise self._broken(f"not JSON{place}") from None
        return self._table(document, "the document")

    def _table(self, value: object, where: str) -> Mapping[str, object]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._broken(f"{where}: expected an object, got {type(value).__name__}")
        return value

    def _credential(self, entry: Mapping[str, object], key: str) -> Credential | None:
        where = f"auths[{key!r}]"
        username = self._text(entry, "username", where)
        password = self._text(entry, "password", where)
        auth = self._text(entry, "auth", where)
        if auth:
            username, password = self._split(auth, where)
        identity_token = self._text(entry, "identitytoken", where)
        if not (username or password or identity_token):
            return None
        return Credential(username, password, identity_token, source=str(self.path))

    def _split(self, auth: str, where: str) -> tuple[str, str]:
        try:
            text = base64.b64decode(auth, validate=True).decode()
        except (binascii.Error, ValueError):
            raise self._broken(f"{where}.auth: expected base64 of name:password") from None
        username, colon, password = text.partition(":")
        if not colon:
            raise self._broken(f"{where}.auth: expected base64 of name:password, got no colon")
        return username, password.rstrip("\0")

    def _text(self, entry: Mapping[str, object], key: str, where: str) -> str:
        value = entry.get(key)
        if value is not None and not isinstance(value, str):
            raise self._broken(f"{where}.{key}: expected text, got {type(value).__name__}")
        if value and any("\ud800" <= character <= "\udfff" for character in value):
            raise self._broken(f"{where}.{key}: expected text, got half a character")
        return value or ""

    def _refuse_helper(self, host: str, document: Mapping[str, object]) -> None:
        """Whoever logged in through a helper must not silently become anonymous."""
        helpers = self._table(document.get("credHelpers"), "credHelpers")
        auths = self._table(document.get("auths"), "auths")
        helper = next((helpers[key] for key in _keys(host, helpers)), None)
        if helper is None and _keys(host, auths):
            helper = document.get("credsStore")
        if helper:
            raise self._broken(
                f"credentials of {host} are kept by helper {str(helper)[:60]!r}: expected them in `auths`",
                fix=f"log in with a config.json that names no helper: DOCKER_CONFIG=DIR docker login {host}",
            )

    def _broken(self, what: str, *, fix: str = "mend the file, or log in again") -> UnauthorisedError:
        return UnauthorisedError(f"{self.path}: {what}", fix=fix)


def _keys(host: str, table: Mapping[str, object]) -> list[str]:
    """Return the keys that mean `host`, the exact one first."""
    hosts = _DOCKER_HUB if host in _DOCKER_HUB else {host}
    return sorted((key for key in table if _host_of(key) in hosts), key=lambda key: (key != host, key))


def _host_of(key: str) -> str:
    """`https://host/v1/` and `host` are one; a path of another kind names a part of a host."""
    text = key.removeprefix("https://").removeprefix("http://").lower()
    for end in ("/v1/", "/v2/", "/v1", "/v2", "/"):
        if text.endswith(end):
            return text[: -len(end)]
    return text
