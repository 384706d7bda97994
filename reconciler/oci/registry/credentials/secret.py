"""Where a secret is read from, and reading it: a variable, a file, or what a command prints.

A value here names a place and never holds a secret. One line end is taken off, because editors and `echo`
put one there. Must never be added: a secret written out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reconciler.errors import UnauthorisedError
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET_MAX_BYTES: Final = 64 * 1024
"""Tokens of clouds have a few KiB; a file of more is another file."""
COMMAND_TIME_LIMIT_S: Final = 30.0
"""Commands ask a cloud, or the user for a touch on a key."""


@dataclass(frozen=True, slots=True)
class EnvironmentSecret:
    variable: str

    def __str__(self) -> str:
        return f"variable {self.variable}"


@dataclass(frozen=True, slots=True)
class FileSecret:
    path: str
    """Relative to the folder of pallet.toml."""

    def __str__(self) -> str:
        return f"file {self.path}"


@dataclass(frozen=True, slots=True)
class CommandSecret:
    command: str | tuple[str, ...] = field(repr=False)
    """A text is run by the shell; program and arguments are run as they are."""

    def __str__(self) -> str:
        # Only the program: arguments are no place for secrets, but some people put them there.
        words = self.command.split() if isinstance(self.command, str) else self.command
        return f"command {words[0]}" if words else "command"


Secret = EnvironmentSecret | FileSecret | CommandSecret


def read_secret(
    secret: Secret,
    subject: str,
    *,
    environment: Mapping[str, str],
    root: Path,
    time_limit_s: float = COMMAND_TIME_LIMIT_S,
) -> str:
    """Return a secret.

    Args:
        subject: whose, such as `target production: password`, for messages.
        root: the folder that files are relative to, and that commands start in.
        time_limit_s: seconds for a command.

    Raises:
        UnauthorisedError: there is none, or it is empty; names the variable, file or command.
    """
    place = f"{subject}: {secret}"
    match secret:
        case EnvironmentSecret(variable):
            content = _of_variable(variable, place, environment)
        case FileSecret(path):
            content = _of_file(root / path, place)
        case CommandSecret(command):
            content = _of_command(command, place, environment, root, time_limit_s)
    text = _decoded(content, place)
    if not text:
        raise UnauthorisedError(f"{place}: expected a secret, got nothing", fix=_fix(secret))
    return text


def without_line_end(text: str) -> str:
    """Take off one line end."""
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


def _of_variable(variable: str, place: str, environment: Mapping[str, str]) -> bytes:
    value = environment.get(variable)
    if value is None:
        raise UnauthorisedError(f"{place}: is not set", fix=f"export {variable}=…")
    return value.encode("utf-8", "surrogateescape")


def _of_file(path: Path, place: str) -> bytes:
    try:
        content = read_bounded(path, max_bytes=SECRET_MAX_BYTES)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "not a path"
        raise UnauthorisedError(
            f"{place}: cannot be read: {reason}", fix=f"write the secret to {path}"
        ) from exc
    if len(content) > SECRET_MAX_BYTES:
        raise UnauthorisedError(f"{place}: too large: expected at most {SECRET_MAX_BYTES} bytes")
    return content


def _of_command(
    command: str | tuple[str, ...],
    place: str,
    environment: Mapping[str, str],
    root: Path,
    time_limit_s: float,
) -> bytes:
    # Here: most targets run nothing.
    from reconciler.oci.registry.credentials.programs import ProgramError, complaint_of, run_program

    fix = "run it in the folder of pallet.toml to see what it says"
    try:
        ran = run_program(command, time_limit_s=time_limit_s, environment=environment, folder=root)
    except ProgramError as exc:
        raise UnauthorisedError(f"{place}: {exc}", fix=fix) from exc
    if ran.code != 0:
        # What it printed may be the secret; what it complained of is not.
        secret = ran.stdout.decode("utf-8", "replace").strip()
        said = complaint_of(ran.stderr, secret=secret)
        raise UnauthorisedError(f"{place}: ended with {ran.code}{said}", fix=fix)
    return ran.stdout


def _decoded(content: bytes, place: str) -> str:
    try:
        return without_line_end(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnauthorisedError(f"{place}: expected text in UTF-8, got other bytes") from None


def _fix(secret: Secret) -> str:
    match secret:
        case EnvironmentSecret(variable):
            return f"export {variable}=…"
        case FileSecret(path):
            return f"write the secret to {path}"
        case CommandSecret():
            return "run it in the folder of pallet.toml to see what it prints"
