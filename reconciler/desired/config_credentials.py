"""Who we are to a target: `username` with `password`, or `token`, of `[target.NAME]`.

Read here and not by the schema's validator, whose messages quote values: a value that stands where a
secret's place is expected may be the secret. The schema describes the keys for editors all the same.
Must never be added: reading a secret; see `reconciler.oci.registry.credentials.secret`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.reading.wording import near_key, quote
from reconciler.oci.registry.credentials.secret import CommandSecret, EnvironmentSecret, FileSecret, Secret
from reconciler.oci.registry.credentials.target import BearerToken, Login

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.config_findings import Findings

SECRET_KEYS: Final = ("password", "token")
_FORMS: Final = ("env", "file", "command")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INLINE = "a secret does not belong into pallet.toml: expected a table that says where it is"


def read_credentials(document: Mapping[str, Any], findings: Findings) -> dict[str, Login | BearerToken]:
    """Return what targets say of who we are, by target; the document need not be sound otherwise."""
    found = {}
    for name, table in _target_tables(document).items():
        credential = _Reader(name, table, findings).read()
        if credential is not None:
            found[name] = credential
    return found


def without_secrets(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without the keys whose values may be secrets."""
    targets = _target_tables(document)
    if not targets:
        return dict(document)
    kept = {
        name: {key: value for key, value in table.items() if key not in SECRET_KEYS}
        for name, table in targets.items()
    }
    return {**document, "target": {**document["target"], **kept}}


def _target_tables(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    targets = document.get("target")
    tables = targets.items() if isinstance(targets, dict) else ()
    return {name: table for name, table in tables if isinstance(table, dict)}


class _Reader:
    """Reads one target."""

    def __init__(self, name: str, table: Mapping[str, Any], findings: Findings) -> None:
        self._name, self._table, self._findings = name, table, findings

    def read(self) -> Login | BearerToken | None:
        password, token = (self._secret(key) for key in SECRET_KEYS)
        username = self._table.get("username")
        if not self._check_company() or not isinstance(username, str | None):
            return None
        if token is not None:
            return BearerToken(token)
        return Login(username, password) if username and password is not None else None

    def _check_company(self) -> bool:
        """Say which keys need each other, or exclude each other."""
        given = [key for key in ("username", *SECRET_KEYS) if key in self._table]
        if not given:
            return True
        if str(self._table.get("url", "")).startswith("oci-layout:"):
            return self._refuse(given[0], "expected none for a directory, which asks nobody who they are")
        if "token" in given and len(given) > 1:
            return self._refuse("token", f"expected either a token or {given[0]}, got both")
        if given == ["password"]:
            return self._refuse("password", "expected a username beside it, got none", fix='username = "…"')
        if given == ["username"]:
            fix = 'password = { env = "VARIABLE" }'
            return self._refuse("username", "expected a password beside it, got none", fix=fix)
        username = self._table.get("username")
        if username is not None and (username == "" or ":" in str(username)):
            return self._refuse("username", "expected a name without a colon, got another")
        return True

    def _secret(self, key: str) -> Secret | None:
        if key not in self._table:
            return None
        value = self._table[key]
        if not isinstance(value, dict):
            self._refuse(
                key, _INLINE, fix=f'{key} = {{ env = "VARIABLE" }}, or {{ file = … }}, {{ command = … }}'
            )
            return None
        if len(value) != 1 or next(iter(value)) not in _FORMS:
            self._refuse(key, f"expected one of {', '.join(_FORMS)}, got {_say_keys(value)}")
            return None
        (form,) = value
        return self._form(key, form, value[form])

    def _form(self, key: str, form: str, value: object) -> Secret | None:
        match form, value:
            case "env", str(variable) if _VARIABLE.fullmatch(variable):
                return EnvironmentSecret(variable)
            case "file", str(path) if path and "\0" not in path:
                return FileSecret(path)
            case "command", str(line) if line.strip() and "\0" not in line:
                return CommandSecret(line)
            case "command", list(words) if _are_words(words):
                return CommandSecret(tuple(words))
        self._refuse(key, f"{form}: expected {_EXPECTED[form]}, got something else")
        return None

    def _refuse(self, key: str, message: str, *, fix: str | None = None) -> bool:
        self._findings.report(("target", self._name, key), "invalid-credential", message, fix=fix)
        return False


_EXPECTED: Final = {
    "env": "the name of a variable: letters, digits and _",
    "file": "the path of a file",
    "command": "a line for the shell, or a list of a program and its arguments",
}


def _are_words(words: list[object]) -> bool:
    return bool(words and words[0]) and all(isinstance(word, str) and "\0" not in word for word in words)


def _say_keys(value: Mapping[str, Any]) -> str:
    if not value:
        return "an empty table"
    if len(value) > 1:
        return f"{len(value)} keys"
    (key,) = value
    near = near_key(key, _FORMS)
    return f"{quote(key)}{f': did you mean {quote(near)}?' if near else ''}"
