"""What `login` and `logout` did, as text and as JSON.

Must never be added: a secret, or anything that is made from one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.reports.documents import FORMAT_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.reports.documents import Document


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that was kept."""

    host: str
    username: str
    where: str
    """A helper's program, or the path of a file."""
    is_encrypted: bool
    is_proved: bool
    """Whether the registry asked who we are, and took the answer."""


def login_document(done: LoggedIn) -> Document:
    """Return the document of `login`."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "login",
        "host": done.host,
        "username": done.username,
        "kept_in": done.where,
        "encrypted": done.is_encrypted,
        "proved": done.is_proved,
        "exit_code": 0,
        "problems": [],
    }


def render_login(done: LoggedIn) -> str:
    """Return one line."""
    who = f" as {done.username}" if done.username else ""
    if not done.is_proved:
        asks = "the registry does not ask who is there"
        return f"{done.host}: kept{who} in {done.where}, not checked: {asks}\n"
    return f"{done.host}: logged in{who}, kept in {done.where}\n"


def logout_document(host: str, removed: Sequence[str]) -> Document:
    """Return the document of `logout`; `removed` is from where."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "logout",
        "host": host,
        "removed_from": list(removed),
        "exit_code": 0,
        "problems": [],
    }


def render_logout(host: str, removed: Sequence[str], path: str) -> str:
    """Return one line; `path` is the file that was looked into."""
    if not removed:
        return f"{host}: nothing to remove: {path} does not know it\n"
    return f"{host}: logged out, removed from {' and '.join(removed)}\n"
