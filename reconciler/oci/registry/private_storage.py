"""Storage in the user's own network, to which a registry may redirect since somebody wrote that it may. Pure.

A public registry whose blobs lie in a bucket behind an interface endpoint, or in MinIO, redirects to where
only its users can reach them. A hostile one would do the same to reach what is there: so it is written.
Decided here: a host's name counts as it stands, a network where every private address of a name is in it.
Must never be added: token servers, which are sent a secret, or what is allowed without being written.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from reconciler.oci.registry.urls import address_of, is_host_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "198.18.0.0/15",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Registry of the IANA for special addresses, what people build networks of. A larger network would allow
more than anybody can have meant; `is_private` of the standard library calls 0.0.0.0/0 private too."""
_EXPECTED: Final = "expected a host's name, or a private address or network such as 10.20.0.0/16"


@dataclass(frozen=True, slots=True)
class PrivateStorage:
    """Where a registry may redirect to, besides what is public."""

    hosts: frozenset[str] = frozenset()
    """Lower case, without a dot at the end."""
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Read names, addresses and networks.

        Raises:
            ValueError: one of them is none.
        """
        hosts, networks = set(), []
        for entry in entries:
            network = _network(entry)
            if network is not None:
                networks.append(network)
            elif is_host_name(entry.lower()):
                hosts.add(_plain(entry.lower()))
            else:
                raise ValueError(f"{_EXPECTED}, got {entry[:100]!r}")
        return cls(frozenset(hosts), tuple(networks))

    def holds(self, host: str, addresses: Collection[str] = ()) -> bool:
        """Say whether a registry may redirect to a host.

        Args:
            host: a name, or an address; lower case.
            addresses: the private ones to which a name resolves.
        """
        if _plain(host) in self.hosts:
            return True
        return all(self._covers(address) for address in addresses or (host,))

    def _covers(self, text: str) -> bool:
        address = address_of(text)
        return address is not None and any(address in network for network in self.networks)


NOWHERE: Final = PrivateStorage()


def allow_fix(host: str) -> str:
    """Return what to do about a redirect to a private host that is refused."""
    return (
        f'if that is your own storage, allow it in the target of pallet.toml: private-storage = ["{host}"]; '
        "if it is not, tell whoever runs the registry"
    )


def _plain(host: str) -> str:
    return host.removesuffix(".")


def _network(text: str) -> Network | None:
    """Return the network that is meant, None where the text is a name.

    Raises:
        ValueError: it is public, or larger than any private one.
    """
    address = None if "%" in text else address_of(text)
    try:
        network = ipaddress.ip_network(text if address is None else address)
    except ValueError:
        return None
    if not any(_is_part(network, known) for known in _PRIVATE):
        raise ValueError(f"{_EXPECTED}, got {text!r}, which is not private")
    return network


def _is_part(network: Network, known: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return isinstance(known, ipaddress.IPv4Network) and network.subnet_of(known)
    return isinstance(known, ipaddress.IPv6Network) and network.subnet_of(known)
