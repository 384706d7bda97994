"""A credential, and who finds one.

Must never be added: where one is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

_WORD = re.compile(r"[\x21-\x7e]+")


def is_header_word(text: str) -> bool:
    """Say whether text can stand in a header as it is, as a bearer token must."""
    return _WORD.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Credential:
    """A name and a secret for one host; neither its repr nor its text shows the secret."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    """An OAuth2 refresh token; it wins over the password where the server takes it."""
    registry_token: str = field(default="", repr=False)
    """A bearer token that is sent as it is; it wins over everything else."""
    source: str = field(default="", compare=False)
    """Where it was found, for error texts."""

    @property
    def whose(self) -> str:
        """The credential in words, without its secret."""
        name = f" of {self.username!r}" if self.username else ""
        return f"the credential{name} from {self.source}" if self.source else f"the credential{name}"


class CredentialSource(Protocol):
    """Finds credentials."""

    def find(self, host: str, repository: str | None = None) -> Credential | None:
        """Return the credential for `host` or `host:port`, None for anonymous.

        Asked for one repository after the other: whoever reads files or runs programs does so once.

        Args:
            host: the registry as the user names it.
            repository: with the target's prefix; None where only the registry is meant.

        Raises:
            UnauthorisedError: it cannot be said, because a file is broken or a program failed.
        """


class Anonymous:
    """Knows nobody."""

    def find(self, host: str, repository: str | None = None) -> Credential | None:  # noqa: ARG002 - the protocol's arguments
        return None


class Single:
    """Knows one credential, whoever asks."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def find(self, host: str, repository: str | None = None) -> Credential | None:  # noqa: ARG002 - the protocol's arguments
        return self._credential
