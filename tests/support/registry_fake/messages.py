"""What arrives at a scripted server and what it answers, as values.

Must never be added: sockets, or knowledge of registries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The query as it came, byte for byte."""
        return self.target.partition("?")[2]

    @property
    def query(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.raw_query):
            found.setdefault(name, []).append(value)
        return found

    def first(self, name: str, default: str = "") -> str:
        """The first value of a name in the query."""
        return self.query.get(name, [default])[0]

    def __str__(self) -> str:
        return f"{self.method} {self.target}"

    def described(self) -> str:
        """The request with its headers, without what is secret in them."""
        shown = "; ".join(f"{name}: {_shown(name, value)}" for name, value in self.headers.items())
        return f"{self} [{shown}] ({len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] | list[tuple[str, str]] = field(default_factory=dict)
    body: bytes = b""
    cut_at: int | None = None
    """Announce the whole body, send this many bytes of it, and close."""
    reset_at: int | None = None
    """Announce the whole body, send this many bytes of it, and reset the connection."""
    hang_up: bool = False
    """Reset the connection instead of answering."""
    close: bool = False
    """Close the connection after the answer, without saying so."""
    before_body: bool = False
    """Answer as soon as the head has arrived, read nothing more, and close."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The headers as they are sent."""
        return list(self.headers.items()) if isinstance(self.headers, Mapping) else list(self.headers)

    def with_headers(self, **headers: str | None) -> list[tuple[str, str]]:
        """The headers with some others; underscores stand for hyphens, None takes one away."""
        changed = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        kept = [(name, value) for name, value in self.pairs if name.lower() not in changed]
        return kept + [(name, value) for name, value in changed.items() if value is not None]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.pairs if key.lower() == name.lower()), None)


def _shown(name: str, value: str) -> str:
    """Of a secret only its kind, such as `Bearer`."""
    return f"{value.partition(' ')[0]} ***" if name in _SECRET_HEADERS else value


def problem(status: int, code: str, message: str = "no") -> Reply:
    """An error body as the specification has it."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status, {"Content-Type": "application/json"}, body)


Answering = Reply | Callable[[Request], Reply | None]


@dataclass(slots=True)
class Rule:
    """An answer for requests that look like this, so many times."""

    method: str
    pattern: re.Pattern[str]
    reply: Answering
    times: int

    def matches(self, method: str, target: str) -> bool:
        return self.times > 0 and self.method in {method, "*"} and self.pattern.search(target) is not None
