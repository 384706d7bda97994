"""Origins and URLs as values: what is the same server, and where a relative reference leads.

Paths and queries are kept as they came, byte for byte, because registries put signed state into
them. Must never be added: what a path means to a registry, which `wire` knows.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?", re.ASCII)
_SHORTHAND = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.ASCII)
"""An IPv4 address as resolvers read it besides the usual form: `127.1`, `0x7f.1`, `2130706433`."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One server: credentials belong to exactly one of these."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without brackets."""
    port: int

    @property
    def netloc(self) -> str:
        """`host`, or `host:port` where the port is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether this machine itself is meant, judged by the name alone."""
        name = self.host.removesuffix(".")
        if name == "localhost" or name.endswith(".localhost"):
            return True
        address = address_of(self.host)
        return address is not None and address.is_loopback

    @property
    def is_local_address(self) -> bool:
        """Whether the host is an address, or a name, that only means something near this machine."""
        address = address_of(self.host)
        if address is None:
            return self.is_loopback
        return not address.is_global or address.is_multicast

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http(s) URL, parted where credentials care."""

    origin: Origin
    target: str
    """Path and query as they are sent: printable ASCII, starts with `/`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an absolute URL; a fragment is dropped.

        Raises:
            ValueError: not http(s), without a host, with userinfo, or with an impossible port.
        """
        parts = urlsplit(text)
        port_default = _PORTS.get(parts.scheme)
        if port_default is None:
            raise ValueError(f"not a URL: expected http or https, got {parts.scheme[:40]!r}")
        if "@" in parts.netloc:
            raise ValueError("a URL with a user name or password in it")
        host = parts.hostname or ""
        if address_of(host) is None and not is_host_name(host):
            raise ValueError(f"not a URL: expected a host, got {host[:100]!r}")
        query = f"?{parts.query}" if parts.query else ""
        target = quote((parts.path or "/") + query, safe=_PRINTABLE)
        port = parts.port if parts.port is not None else port_default
        return cls(Origin(parts.scheme, host, port), target if target.startswith("/") else f"/{target}")

    def join(self, reference: str) -> Url:
        """Resolve a reference that an answer from this URL gave.

        Raises:
            ValueError: it leads to no http(s) URL.
        """
        return Url.parse(urljoin(str(self), reference.strip()))

    def with_query(self, text: str) -> Url:
        """Append `text` to the raw query, leaving what is there untouched."""
        mark = "&" if "?" in self.target else "?"
        return Url(self.origin, f"{self.target}{mark}{text}")

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


def is_host_name(text: str) -> bool:
    """Say whether a text in lower case can be a server's name."""
    return _NAME.fullmatch(text) is not None


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is written as; None for a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _shorthand(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if isinstance(mapped, ipaddress.IPv4Address) else address


def _shorthand(host: str) -> ipaddress.IPv4Address | None:
    """Whoever could write 127.0.0.1 in a way that is not known here would walk past every rule about it."""
    text = host.removesuffix(".")
    if _SHORTHAND.fullmatch(text) is None:
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except OSError:
        return None
