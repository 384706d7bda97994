"""What an answer that nobody wanted is called: status and body in, an exception out.

Must never be added: what a caller does about it, or anything that is not in the answer.
"""

from __future__ import annotations

import http
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import (
    NotFoundError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
)
from reconciler.oci.registry import wire
from reconciler.oci.registry.advice import advise, reason

if TYPE_CHECKING:
    from reconciler.oci.registry.error_body import Complaint
    from reconciler.oci.registry.throttling import Quota
    from reconciler.oci.registry.urls import Url

NOT_A_REGISTRY = "does not look like a registry"
NOT_A_REGISTRY_FIX = "check the target's url: scheme, host, port and prefix"

_DENIED_FIX = "ask for the right to do this, or log in as somebody who has it"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success, as far as it matters for saying so."""

    method: str
    url: Url
    status: int
    complaint: Complaint
    retry_after_s: float | None = None
    """What the server asked for, in seconds."""
    location: str | None = None
    """Where a redirect pointed, as it came."""
    is_throttled: bool = False
    """Whether it asks for patience, whatever its status is."""
    quota: Quota | None = None

    @property
    def request(self) -> str:
        """Method and URL, without what is secret in it."""
        return f"{self.method} {wire.redacted(self.url)}"

    @property
    def text(self) -> str:
        """The request, the status, and what the registry said."""
        said = f": {self.complaint.text}" if self.complaint.text else ""
        return f"{self.request}: the registry answered {_status(self.status)}{self._pointed()}{said}"

    def _pointed(self) -> str:
        if self.location is None or not 300 <= self.status < 400:
            return ""
        try:
            return f", pointing to {self.url.join(self.location).origin}"
        except ValueError:
            return ", pointing nowhere"


def failure(refusal: Refusal, *, fix: str | None = None) -> StoreError:
    """Return the exception for an answer that is no success; `fix` wins over our own advice."""
    advice = fix or _advice(refusal)
    if refusal.status == 429 or (refusal.is_throttled and refusal.status != 503):
        # Whatever code comes with it: no right is missing.
        return ThrottledError(refusal.text + _patience(refusal), fix=_patience_fix(refusal))
    match refusal.status:
        case 404:
            return NotFoundError(_explained(refusal), fix=advice)
        case 401 | 403:
            return UnauthorisedError(
                refusal.text, fix=advice or "check who may do this, and log in with pallet login"
            )
        case 503:
            return ThrottledError(refusal.text + _patience(refusal), fix="run again later")
        case status if status >= 500:
            return StoreError(
                refusal.text, fix=advice or "run again; if it stays, look into the registry's log"
            )
        case _:
            return StoreError(_explained(refusal), fix=advice)


def _explained(refusal: Refusal) -> str:
    why = reason(refusal.method, refusal.url, refusal.status, refusal.complaint.codes)
    return f"{refusal.text}: {why}" if why else refusal.text


def _advice(refusal: Refusal) -> str | None:
    complaint = refusal.complaint
    if "DENIED" in complaint.codes:
        return _DENIED_FIX
    return advise(
        refusal.method, refusal.url, refusal.status, complaint.codes, complaint.text, refusal.location
    )


def _patience(refusal: Refusal) -> str:
    quota = "" if refusal.quota is None else f"; {refusal.quota}"
    wish = "" if refusal.retry_after_s is None else f"; it asks to wait {refusal.retry_after_s:.0f} s"
    return quota + wish


def _patience_fix(refusal: Refusal) -> str:
    return "run again later" if refusal.quota is None else "run again later, or log in for a larger quota"


def _status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
