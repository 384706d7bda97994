"""Why no answer came, in words, and whether asking again could help.

A part of the transport, which alone sees the HTTP library's exceptions.
Must never be added: deciding how often to ask again.
"""

from __future__ import annotations

import ssl

import httpx

from reconciler.oci.registry.settings import CONNECT_TIMEOUT_S

_WANTS_CLIENT = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "HANDSHAKE_FAILURE")
"""What servers say to a client that they do not know."""


_TLS_ALERT = r"\x15\x03"
"""How an alert begins (RFC 8446, section 5.1), as it stands in what http.client could not read."""


def is_final(exc: httpx.TransportError) -> bool:
    """Certificates do not get better by asking again, nor does the wrong protocol."""
    return isinstance(exc, httpx.UnsupportedProtocol) or _is_alert(exc) or _tls_error(exc) is not None


def _is_alert(exc: httpx.TransportError) -> bool:
    return isinstance(exc, httpx.RemoteProtocolError) and _TLS_ALERT in str(exc)


def _tls_error(exc: BaseException) -> ssl.SSLError | None:
    cause: BaseException | None = exc
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause


def explain(exc: httpx.TransportError, origin: str, timeout_s: float) -> tuple[str, str]:
    """Return what is wrong with the way to a server, and what to do."""
    tls_error = _tls_error(exc)
    if isinstance(tls_error, ssl.SSLCertVerificationError):
        return (
            f"{origin}: certificate refused: {tls_error.verify_message}",
            "name the registry as its certificate does, or name the file of its authority: ca in its target",
        )
    if tls_error is not None:
        reason = tls_error.reason or str(tls_error)
        if any(word in reason for word in _WANTS_CLIENT):
            return (
                f"{origin}: TLS failed: {reason}: it may want another client certificate, or one at all",
                "name the files: client-certificate and client-key in its target",
            )
        return (
            f"{origin}: TLS failed: {reason}",
            "if the registry speaks plain http, write http:// in the target's url",
        )
    if _is_alert(exc):
        host = origin.partition("://")[2].partition(" ")[0]
        return f"{origin}: answers plain http with TLS", f"write https://{host}"
    if isinstance(exc, httpx.ConnectTimeout):
        return (
            f"{origin}: no connection within {CONNECT_TIMEOUT_S:.0f} s",
            "check the address, the network and its proxy",
        )
    if isinstance(exc, httpx.TimeoutException):
        return f"{origin}: no answer within {timeout_s:g} s", "run again later, or with a longer --timeout"
    if isinstance(exc, httpx.ConnectError):
        return (
            f"{origin}: cannot be reached: {_reason(exc)}",
            "check that the registry runs, and the target's url",
        )
    return (
        f"{origin}: the connection broke: {_reason(exc)}",
        "run again; if it stays, look into the registry's log",
    )


def _reason(exc: httpx.TransportError) -> str:
    """The system's words, without its numbers."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return str(exc) or type(exc).__name__
