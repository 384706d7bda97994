"""Credential helpers: `docker-credential-SUFFIX get|store|erase`, as docker's files name them.

Found on PATH only, and only under a name that is no path. What one says is remembered for the run. Its
`list` is not needed, and not every one has it. What a failing one wrote is not repeated, since debug output
may hold secrets: only its exit code, and a phrase that is known to hold none.
Source: docker-credential-helpers v0.9.3, client and README.
Must never be added: which helper is meant for a host.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from typing import TYPE_CHECKING, Final

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials.programs import ProgramError, Ran, run_program
from reconciler.oci.registry.credentials.values import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

TIME_LIMIT_S: Final = 10.0
"""Some ask a cloud; one that waits for somebody at a screen must not hold a pipeline."""
_SUFFIX = re.compile(r"[A-Za-z0-9._-]+")
_NOT_FOUND = "credentials not found in native keychain"
_HARMLESS = (
    "not implemented",
    "no credentials server URL",
    "no credentials username",
    "pass not initialized",
    "User interaction is not allowed",
    "Cannot autolaunch D-Bus without X11 $DISPLAY",
)
"""Of docker's own helpers and those of the clouds: what somebody can mend who reads it."""
_IDENTITY_TOKEN = "<token>"  # noqa: S105 - the name that says that the secret is one


class Helpers:
    """The helpers of one run.

    Args:
        environment: of the programs; its PATH is where they are looked for.
        time_limit_s: seconds for each call.
    """

    def __init__(self, environment: Mapping[str, str], *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._environment, self._time_limit_s = environment, time_limit_s
        self._known: dict[tuple[str, str], Credential | UnauthorisedError | None] = {}
        self._lock = threading.Lock()

    def is_installed(self, suffix: str) -> bool:
        """Say whether there is such a program."""
        return self._find(suffix) is not None

    def get(self, suffix: str, server: str) -> Credential | None:
        """Return what a helper holds for a server, None where it says that it holds nothing.

        Raises:
            UnauthorisedError: it is not there, fails, or answers nonsense.
        """
        with self._lock:
            if (suffix, server) not in self._known:
                self._known[suffix, server] = self._try(suffix, server)
            known = self._known[suffix, server]
        if isinstance(known, UnauthorisedError):
            raise UnauthorisedError(str(known), fix=known.fix) from known
        return known

    def store(self, suffix: str, server: str, credential: Credential) -> None:
        """Let a helper keep a credential.

        Raises:
            UnauthorisedError: it does not.
        """
        secret = credential.identity_token or credential.password
        name = _IDENTITY_TOKEN if credential.identity_token else credential.username
        document = {"ServerURL": server, "Username": name, "Secret": secret}
        ran = self._run(suffix, "store", json.dumps(document))
        if ran.code != 0:
            raise _failed(suffix, f"does not store: {_ending_of(ran)}")
        self._forget(suffix, server)

    def erase(self, suffix: str, server: str) -> bool:
        """Let a helper forget a server; False where it knew nothing of it.

        Raises:
            UnauthorisedError: it does not.
        """
        if self.get(suffix, server) is None:
            return False
        ran = self._run(suffix, "erase", server)
        self._forget(suffix, server)
        if ran.code != 0 and not _says_not_found(ran):
            raise _failed(suffix, f"does not erase: {_ending_of(ran)}")
        return ran.code == 0

    def _try(self, suffix: str, server: str) -> Credential | UnauthorisedError | None:
        try:
            return self._get(suffix, server)
        except UnauthorisedError as exc:
            return exc  # one that hangs hangs once, not for every artifact

    def _get(self, suffix: str, server: str) -> Credential | None:
        ran = self._run(suffix, "get", server)
        if ran.code != 0:
            if _says_not_found(ran):
                return None
            raise _failed(suffix, f"fails for {server}: {_ending_of(ran)}")
        answer = _object(suffix, ran.stdout)
        username, secret = answer.get("Username", ""), answer.get("Secret", "")
        if not isinstance(username, str) or not isinstance(secret, str):
            raise _failed(suffix, "expected Username and Secret as text, got something else")
        if not username and not secret:
            return None
        source = program_of(suffix)
        if username == _IDENTITY_TOKEN:
            return Credential(identity_token=secret, source=source)
        return Credential(username, secret, source=source)

    def _run(self, suffix: str, action: str, text: str) -> Ran:
        path = self._find(suffix)
        if path is None:
            raise UnauthorisedError(
                f"{program_of(suffix)}: no such program on PATH",
                fix=f"install {program_of(suffix)}, or take it out of the credential file",
            )
        try:
            return run_program(
                [path, action],
                stdin=text.encode(),
                time_limit_s=self._time_limit_s,
                environment=self._environment,
            )
        except ProgramError as exc:
            raise _failed(suffix, f"{action}: {exc}") from exc

    def _find(self, suffix: str) -> str | None:
        return shutil.which(program_of(suffix), path=self._environment.get("PATH", ""))

    def _forget(self, suffix: str, server: str) -> None:
        with self._lock:
            self._known.pop((suffix, server), None)


def program_of(suffix: str) -> str:
    """Return the name of a helper's program.

    Raises:
        UnauthorisedError: the suffix could name another program.
    """
    if _SUFFIX.fullmatch(suffix) is None:
        raise UnauthorisedError(
            f"credential helper: expected letters, digits and . _ -, got {suffix[:60]!r}",
            fix="mend credHelpers and credsStore of the credential file",
        )
    return f"docker-credential-{suffix}"


def _failed(suffix: str, what: str) -> UnauthorisedError:
    program = program_of(suffix)
    return UnauthorisedError(f"{program}: {what}", fix=f"run {program} list to see what it says")


def _says_not_found(ran: Ran) -> bool:
    return _NOT_FOUND in _said(ran)


def _ending_of(ran: Ran) -> str:
    """Return how a helper ended, in words that are ours or known."""
    code = f"exit code {ran.code}" if ran.code > 0 else f"ended by signal {-ran.code}"
    said = _said(ran)
    phrases = [phrase for phrase in (_NOT_FOUND, *_HARMLESS) if phrase.lower() in said]
    return ", ".join([code, *phrases])


def _said(ran: Ran) -> str:
    return (ran.stdout + b"\n" + ran.stderr).decode("utf-8", "replace").lower()


def _object(suffix: str, text: bytes) -> dict[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _failed(suffix, "expected a JSON object, got something else")
    return document
