"""One request as a value, and where a redirect may take it.

Must never be added: credentials, which are joined to a call at the last moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import StoreError, UnreachableError
from reconciler.oci.registry.failures import Refusal, failure
from reconciler.oci.registry.private_storage import PrivateStorage, allow_fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.registry.urls import Origin, Url
    from reconciler.oci.registry.wire import Kind

Headers = tuple[tuple[str, str], ...]


class BrokenOffError(UnreachableError):
    """The connection broke after a call was sent that must not be sent again as it is."""


class Body(Protocol):
    """Content of a known length that starts anew whenever it is iterated over."""

    @property
    def size_bytes(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of whom."""

    method: str
    url: Url
    kind: Kind
    headers: Headers = ()
    body: bytes | Body = field(default=b"", repr=False)
    """May hold a token."""
    timeout_s: float | None = None
    """How long the answer may be silent; None for the setting."""
    follows_redirects: bool = False
    """Only for reading blobs, which registries keep elsewhere."""
    is_resent: bool = True
    """Whether it is sent again as it is when the connection breaks; an upload has moved on by then."""
    asks_after_failure: bool = False
    """Whether the caller sees a server's failure at once: it may have come after the work was done.

    A wish for patience is none: 429, a 503 with Retry-After, or what says as much.
    """


def redirected(refusal: Refusal, storage: PrivateStorage) -> Url:
    """Return where a redirect leads.

    Args:
        storage: where in a private network it may lead.

    Raises:
        StoreError: nowhere, from https to http, or from a public registry into another private network.
    """
    if refusal.location is None:
        raise failure(refusal)
    try:
        url = refusal.url.join(refusal.location)
    except ValueError as exc:
        raise StoreError(f"{refusal.request}: the registry redirects to what is no URL: {exc}") from exc
    if refusal.url.origin.scheme == "https" and url.origin.scheme != "https":
        raise StoreError(
            f"{refusal.request}: the registry redirects from https to {url.origin}, which is refused"
        )
    if (
        url.origin.is_local_address
        and not refusal.url.origin.is_local_address
        and url.origin != refusal.url.origin
        and not storage.holds(url.origin.host)
    ):
        raise private_redirect(refusal, url.origin)
    return url


def private_redirect(refusal: Refusal, target: Origin, address: str | None = None) -> StoreError:
    """Return the failure of a redirect into a private network.

    Args:
        address: what the target's name resolves to, where it is a name.
    """
    there = str(target) if address is None else f"{target} ({address})"
    return StoreError(
        f"{refusal.request}: the registry redirects into a private network, to {there}: refused",
        fix=allow_fix(target.host),
    )
