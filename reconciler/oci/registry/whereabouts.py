"""Where names lead: whether a server that a registry points to stands in the user's own network.

A hostile registry could send us there by a name of its own that resolves to a private address, past every
rule about addresses that are written out. Decided here: such a name leads there, unless the registry stands
in a private network itself; whether it may, `private_storage` says. Each name is looked up once for a run,
and none for calls to the registry itself.
What a name resolves to may change before the connection is made: this is a fence, and no wall.
Must never be added: exceptions for one registry; addresses that are written out, which need no look-up.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.oci.registry.urls import Origin

PRIVATE_FIX = "if that is your own network, reach the registry by its address in that network too"
Resolve = Callable[[str], Sequence[str]]
"""Returns the addresses of a host's name; raises OSError where it has none."""


def system_addresses(host: str) -> list[str]:
    """Return the addresses that this machine knows for a name."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class Whereabouts:
    """What is known of names in one run; safe to use from several threads.

    Args:
        is_proxied: whether a server is reached through a proxy, which then looks its name up.
    """

    def __init__(self, resolve: Resolve, is_proxied: Callable[[Origin], bool]) -> None:
        self._resolve, self._is_proxied = resolve, is_proxied
        self._near: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def private_addresses(self, origin: Origin, *, registry: Origin) -> tuple[str, ...]:
        """Return the private addresses to which a registry's word would lead us; none where it may lead.

        Args:
            registry: who names `origin`.
        """
        if origin.host == registry.host or registry.is_local_address or self._is_proxied(origin):
            return ()
        near = self._near_addresses(origin)
        # The registry is looked up last: nearly always nobody needs to know.
        return near if near and not self._near_addresses(registry) else ()

    def _near_addresses(self, origin: Origin) -> tuple[str, ...]:
        """Return the addresses of a name that mean something only near this machine."""
        with self._lock:
            if origin.host not in self._near:
                addresses = self._addresses(origin.host)
                self._near[origin.host] = tuple(
                    one for one in addresses if replace(origin, host=one).is_local_address
                )
            return self._near[origin.host]

    def _addresses(self, host: str) -> Sequence[str]:
        try:
            return self._resolve(host)
        except (OSError, UnicodeError):
            return ()  # whoever connects will say so
