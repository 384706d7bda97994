"""Which token servers may be sent a secret. Pure.

A registry names its token server itself, so a hostile one could name any: without these rules it
would make us send credentials, or requests, into the user's own network (oras-go, GHSA-xf85-363p-868w).
Must never be added: exceptions for one registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.oci.registry.urls import Origin, Url


def parse_realm(text: str, *, registry: Url) -> Url:
    """Return the token server's URL that a challenge from `registry` names; it may be relative.

    Raises:
        ValueError: it is none, or one that may not be asked; says which rule it breaks.
    """
    realm = registry.join(text)
    _check(realm.origin, registry.origin)
    return realm


def _check(realm: Origin, registry: Origin) -> None:
    if realm.scheme != "https" and registry.scheme == "https":
        raise ValueError(f"expected a token server over https, got {realm}")
    near = realm.is_local_address and realm.host != registry.host
    if near and not (realm.is_loopback and registry.is_loopback):
        raise ValueError(f"expected a public token server, got one in a private network: {realm}")


def check_secret_may_go(origin: Origin, *, insecure_host: str | None = None) -> None:
    """Say no to a secret over plain http that leaves this machine.

    Args:
        insecure_host: the one host for which it is written that it may; None for none.

    Raises:
        ValueError: it would.
    """
    if origin.scheme != "https" and not origin.is_loopback and origin.host != insecure_host:
        raise ValueError(f"credentials are not sent over plain http: expected https, got {origin}")
