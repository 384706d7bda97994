"""What to do about an answer that nobody wanted, as far as the answer itself tells.

Must never be added: what depends on who we are, or on what is known of the registry; a session adds that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.oci.digest import Digest
from reconciler.oci.registry.endpoint import written_host

if TYPE_CHECKING:
    from reconciler.oci.registry.urls import Url

_CREATES: Final = frozenset({"POST", "PUT", "PATCH"})
_MANIFEST: Final = re.compile(r"/v2/(?P<name>[^?]+)/manifests/(?P<reference>[^/?]+)")
_TAGS: Final = re.compile(r"/v2/(?P<name>[^?]+)/tags/list(?:\?|$)")
_WANTS_TLS: Final = re.compile(
    # Go's server, nginx, Apache and traefik's router, in this order.
    r"HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS|plain HTTP to an SSL-enabled"
    r"|request to a TLS port",
    re.IGNORECASE,
)
_TOO_LARGE: Final = (
    "raise the limit for bodies of the registry, or of the proxy in front of it (nginx: client_max_body_size)"
)
_SHA256_ONLY: Final = (
    "copy to a registry that takes sha512, or publish it anew with the digests of its manifests as sha256"
)
_TAKES_SHA256: Final = "this registry takes sha256 only"
_MISSING: Final = frozenset({"MANIFEST_UNKNOWN", "NOT_FOUND"})


def reason(method: str, url: Url, status: int, codes: frozenset[str]) -> str | None:
    """Return what an answer means that does not say it clearly itself; None where it does."""
    match = _MANIFEST.match(url.target)
    if match is None:
        return None
    is_digest = _is_digest(match["reference"])
    if status == 404 and method not in _CREATES and codes <= _MISSING:
        return "no such manifest" if is_digest else "no such tag"
    if method == "PUT" and status == 400 and "DIGEST_INVALID" in codes and is_digest:
        algorithm = Digest(match["reference"]).algorithm
        return None if algorithm == "sha256" else _TAKES_SHA256
    return None


def advise(
    method: str, url: Url, status: int, codes: frozenset[str], said: str, location: str | None
) -> str | None:
    """Return what to do about an answer; None where nothing is known."""
    if status == 413:
        return _TOO_LARGE
    if status == 400 and url.origin.scheme == "http" and _WANTS_TLS.search(said):
        return f"write https://{url.origin.netloc}"
    if 300 <= status < 400:
        return _advise_moved(url, location)
    if reason(method, url, status, codes) == _TAKES_SHA256:
        return _SHA256_ONLY
    return _advise_missing(method, url, codes) if status == 404 else None


def _advise_moved(url: Url, location: str | None) -> str | None:
    try:
        origin = url.join(location).origin if location else None
    except ValueError:
        origin = None
    if origin is None or origin == url.origin:
        return "check the registry's address: something else than a registry may stand there"
    return (
        f"name the registry by its own address: if it has moved, {origin}; "
        "if that is a page to log in at, something stands in front of the registry"
    )


def _advise_missing(method: str, url: Url, codes: frozenset[str]) -> str | None:
    if method in _CREATES:
        return "create the repository in the registry first, or check its name" if _is_name(codes) else None
    match = _MANIFEST.match(url.target)
    if _is_name(codes) or _TAGS.match(url.target):
        return "check the name"
    return None if match is None else f"pallet tags {written_host(url.origin)}/{match['name']} lists them"


def _is_name(codes: frozenset[str]) -> bool:
    return "NAME_UNKNOWN" in codes


def _is_digest(reference: str) -> bool:
    try:
        Digest(reference)
    except ValueError:
        return False
    return True
