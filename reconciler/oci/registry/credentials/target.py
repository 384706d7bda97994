"""What a target says of who we are: a name with a password, or a bearer token.

Read when a registry asks, not before: a public one never makes a command run. Must never be added:
another source; what a target says is all that counts for it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials.secret import read_secret
from reconciler.oci.registry.credentials.values import Credential, is_header_word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.oci.registry.credentials.secret import Secret


@dataclass(frozen=True, slots=True)
class Login:
    """A name and where its password is."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Where a token is that is sent as it is."""

    token: Secret


class TargetCredentials:
    """Knows the credential of one target.

    Args:
        stated: what it says.
        subject: the target, for messages.
        root: the folder of pallet.toml.
    """

    def __init__(
        self, stated: Login | BearerToken, subject: str, *, environment: Mapping[str, str], root: Path
    ) -> None:
        self._stated, self._subject = stated, subject
        self._environment, self._root = environment, root
        self._known: Credential | UnauthorisedError | None = None
        self._lock = threading.Lock()

    def find(self, host: str, repository: str | None = None) -> Credential:  # noqa: ARG002 - a target is one registry
        with self._lock:
            if self._known is None:
                self._known = self._try()
        if isinstance(self._known, UnauthorisedError):
            raise UnauthorisedError(str(self._known), fix=self._known.fix) from self._known
        return self._known

    def _try(self) -> Credential | UnauthorisedError:
        try:
            return self._read()
        except UnauthorisedError as exc:
            return exc  # a command that hangs hangs once, not for every artifact

    def _read(self) -> Credential:
        match self._stated:
            case Login(username, password):
                return Credential(username, self._secret(password, "password"), source=str(password))
            case BearerToken(token):
                text = self._secret(token, "token")
                if not is_header_word(text):
                    expected = "expected one word of printable ASCII, got other text"
                    raise UnauthorisedError(f"{self._subject}: token: {token}: {expected}")
                return Credential(registry_token=text, source=str(token))

    def _secret(self, secret: Secret, key: str) -> str:
        subject = f"{self._subject}: {key}"
        return read_secret(secret, subject, environment=self._environment, root=self._root)
