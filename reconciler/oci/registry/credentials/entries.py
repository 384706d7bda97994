"""The text of a credential file as values. Pure.

Understood: docker's config.json and podman's auth.json (`auths`, `credHelpers`, `credsStore`), and the
flat `~/.dockercfg` before them. A file that cannot be understood is an error that names it and the
place, never a credential fewer. Nothing that stands in the file is quoted except its keys.
Must never be added: reading a file.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials.values import Credential, is_header_word

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class CredentialFile:
    """What one file says."""

    auths: Mapping[str, Credential | None]
    """None for an entry that is there and empty: a store holds the secret."""
    helpers: Mapping[str, str] = field(default_factory=dict)
    """Suffixes of programs, by host."""
    store: str = ""
    """The suffix of the program for all hosts, empty for none."""


def parse(text: str | bytes, source: str, *, is_flat: bool = False) -> CredentialFile:
    """Read a credential file.

    Args:
        source: how it is called in messages: its path, or the variable that holds it.
        is_flat: the entries stand at the top, as in `~/.dockercfg`.

    Raises:
        UnauthorisedError: it says something that cannot be; the text names the place.
    """
    document = load(text, source)
    reader = _Reader(source)
    if is_flat and "auths" not in document:
        return CredentialFile(reader.auths(document))
    helpers = reader.table(document.get("credHelpers"), "credHelpers")
    return CredentialFile(
        auths=reader.auths(reader.table(document.get("auths"), "auths")),
        helpers={key: reader.text(helpers, key, "credHelpers") for key in helpers},
        store=reader.text(document, "credsStore", "the document"),
    )


def load(text: str | bytes, source: str) -> dict[str, object]:
    """Return the file's JSON object; nothing at all is an empty one, as docker has it.

    Raises:
        UnauthorisedError: it is none.
    """
    if not text.strip():
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        # The parser's own text may quote what stands there, so only the place is told.
        place = f" at line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise broken(source, f"not JSON{place}") from None
    if not isinstance(document, dict):
        raise broken(source, f"the document: expected an object, got {type(document).__name__}")
    return document


def broken(source: str, what: str) -> UnauthorisedError:
    """Return the failure of a file that cannot be used."""
    return UnauthorisedError(f"{source}: {what}", fix="mend it, or log in again with pallet login")


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source

    def auths(self, table: Mapping[str, object]) -> dict[str, Credential | None]:
        return {key: self._entry(self.table(value, _where(key)), _where(key)) for key, value in table.items()}

    def table(self, value: object, where: str) -> Mapping[str, object]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise broken(self._source, f"{where}: expected an object, got {type(value).__name__}")
        return value

    def text(self, table: Mapping[str, object], key: str, where: str) -> str:
        value = table.get(key)
        if value is None:
            return ""
        place = f"{where}.{_shown(key)}"
        if not isinstance(value, str):
            raise broken(self._source, f"{place}: expected text, got {type(value).__name__}")
        if not _is_whole(value):
            raise broken(self._source, f"{place}: expected text, got half a character")
        return value

    def _entry(self, entry: Mapping[str, object], where: str) -> Credential | None:
        username = self.text(entry, "username", where)
        password = self.text(entry, "password", where)
        auth = self.text(entry, "auth", where)
        if auth:
            username, password = self._split(auth, where)
        identity_token = self.text(entry, "identitytoken", where)
        registry_token = self.text(entry, "registrytoken", where)
        if registry_token and not is_header_word(registry_token):
            raise broken(self._source, f"{where}.registrytoken: expected one word of printable ASCII")
        if not (username or password or identity_token or registry_token):
            return None
        return Credential(username, password, identity_token, registry_token, source=self._source)

    def _split(self, auth: str, where: str) -> tuple[str, str]:
        try:
            text = base64.b64decode(auth, validate=True).decode()
        except (binascii.Error, ValueError):
            raise broken(self._source, f"{where}.auth: expected base64 of name:password") from None
        username, colon, password = text.partition(":")
        if not colon:
            raise broken(self._source, f"{where}.auth: expected base64 of name:password, got no colon")
        return username, password.rstrip("\0")


def _where(key: str) -> str:
    return f"auths[{_shown(key)!r}]"


def _shown(key: str) -> str:
    """A key that is a URL with a password shows no password."""
    _, at, rest = key.rpartition("@")
    return f"{'***@' if at else ''}{rest}"[:_SHOWN_MAX_CHARACTERS]


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
