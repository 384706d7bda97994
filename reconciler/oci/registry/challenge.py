"""`WWW-Authenticate`: text in, challenges out, and which of them is answered.

Spec: RFC 9110, section 11.6.1; several headers, several challenges in one line. Lenient where
servers are: unquoted values may hold `:` and `/`. Pure. Must never be added: credentials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.wire import HEADER_MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105 - a grammar
_SEPARATORS = re.compile(r"[\s,]*+")
_SCHEME = re.compile(_TOKEN)
_PARAMETER = re.compile(
    rf'(?P<name>{_TOKEN})\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"=][^\s,"]*+))'
)
_TOKEN68 = re.compile(r"\s+[A-Za-z0-9._~+/-]++=*+(?=\s*+(?:,|$))")
_ESCAPE = re.compile(r"\\(.)")
_KERBEROS = frozenset({"negotiate", "ntlm", "kerberos"})


class UnmetChallengeError(UnauthorisedError):
    """What a registry asks for cannot be given to it, whoever we are."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate that a server offers."""

    scheme: str
    """Lower case."""
    parameters: Mapping[str, str]
    """Names in lower case; of a name that comes twice the first counts."""


def parse(lines: Iterable[str]) -> list[Challenge]:
    """Return all challenges in their order; what cannot be read is passed over."""
    return [challenge for line in lines for challenge in _parse_line(line[:HEADER_MAX_CHARACTERS])]


def choose(challenges: Iterable[Challenge]) -> Challenge | None:
    """Return the challenge to answer: bearer with a realm, else basic, else None."""
    ordered = list(challenges)
    bearer = (c for c in ordered if c.scheme == "bearer" and c.parameters.get("realm"))
    basic = (c for c in ordered if c.scheme == "basic")
    return next(bearer, None) or next(basic, None)


def unmet_fix(offered: Iterable[Challenge]) -> str:
    """Return what to do where none of the challenges is answered."""
    if any(challenge.scheme in _KERBEROS for challenge in offered):
        return (
            "this registry, or a proxy in front of it, wants Kerberos: let whoever runs it allow "
            "an access token or a robot account, and log in with that"
        )
    return "let whoever runs the registry allow access tokens, or names and passwords"


def _parse_line(line: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    position = _skip(_SEPARATORS, line, 0)
    while position < len(line):
        parameter = _PARAMETER.match(line, position) if found else None
        if parameter is not None:
            found[-1][1].setdefault(parameter["name"].lower(), _value(parameter))
            position = parameter.end()
        elif scheme := _SCHEME.match(line, position):
            found.append((scheme[0].lower(), {}))
            position = _skip(_TOKEN68, line, scheme.end())
        else:
            position += 1
        position = _skip(_SEPARATORS, line, position)
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _skip(pattern: re.Pattern[str], line: str, position: int) -> int:
    match = pattern.match(line, position)
    return match.end() if match else position


def _value(parameter: re.Match[str]) -> str:
    quoted = parameter["quoted"]
    return parameter["bare"] if quoted is None else _ESCAPE.sub(r"\1", quoted)
