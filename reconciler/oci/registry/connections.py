"""Keep-alive connections over http.client, as an httpx transport: safe for many threads.

It costs a third of what httpx's own pool costs for each request, and knows two things that the
pool does not: a server that answers before it has read everything, and one immediate resend when
a kept connection turns out to be closed.
Must never be added: retries, redirects, or what a status means.
"""

from __future__ import annotations

import http.client
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.oci.registry.bounded_reading import BoundedResponse, TooMuchError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

PIECE_BYTES = 128 * 1024
"""What is handed on first; each later piece is twice as large, up to the greatest."""
PIECE_MAX_BYTES = 1024 * 1024
"""A long body costs a fifth less in these, since two threads wait for each other less often. Not from the
start: what a broken connection took with it has to come again."""
JOINED_MAX_BYTES = 64 * 1024
"""Up to here a body's first piece is copied behind the head, which costs less than another send."""

_NO_ANSWER = "the server closed the connection without an answer"
_Key = tuple[str, str, int | None]


class _PlainConnection(http.client.HTTPConnection):
    """Sends a head and a small body at once: one packet, for which the server wakes up once."""

    response_class = BoundedResponse
    with_head = b""

    def send(self, data: Any) -> None:
        joined, self.with_head = self.with_head, b""
        super().send(data + joined if joined else data)


class _TlsConnection(_PlainConnection, http.client.HTTPSConnection):
    """The same, encrypted."""


class Connections(httpx.BaseTransport):
    """A pool that opens as many connections as there are threads, and keeps `idle` for each server.

    Args:
        tls: the context for a host and a port; None for the port of https.
    """

    def __init__(
        self,
        *,
        idle: int,
        tls: Callable[[str, int | None], ssl.SSLContext],
    ) -> None:
        self._pool: dict[_Key, deque[_PlainConnection]] = {}
        self._idle = idle
        self._tls_of = tls
        self._lock = threading.Lock()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, whose stream can be read again, and return the answer unread.

        Raises:
            httpx.TransportError: there was no answer.
        """
        timeouts = request.extensions["timeout"]
        key = (request.url.scheme, request.url.host, request.url.port)
        kept = self._take(key)
        if kept is not None:
            try:
                return self._exchange(kept, request, key, timeouts["read"])
            except _ClosedMeanwhileError as exc:
                # Most probably closed while it was idle: then nothing of this request was seen.
                if not request.extensions.get("resend", True):
                    raise httpx.RemoteProtocolError(_NO_ANSWER) from exc
        fresh = self._connect(key, timeouts["connect"])
        try:
            return self._exchange(fresh, request, key, timeouts["read"])
        except _ClosedMeanwhileError as exc:
            raise httpx.RemoteProtocolError(_NO_ANSWER) from exc

    def close(self) -> None:
        with self._lock:
            self._closed = True
            kept = [connection for idle in self._pool.values() for connection in idle]
            self._pool.clear()
        for connection in kept:
            connection.close()

    def _take(self, key: _Key) -> _PlainConnection | None:
        try:
            return self._pool[key].pop()
        except (KeyError, IndexError):
            return None

    def give_back(self, key: _Key, connection: _PlainConnection) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._lock:
            idle = self._pool.setdefault(key, deque())
            if not self._closed and len(idle) < self._idle:
                idle.append(connection)
                return
        connection.close()

    def _connect(self, key: _Key, timeout_s: float) -> _PlainConnection:
        scheme, host, port = key
        connection = (
            _TlsConnection(host, port, timeout=timeout_s, context=self._tls_of(host, port))
            if scheme == "https"
            else _PlainConnection(host, port, timeout=timeout_s)
        )
        try:
            connection.connect()
        except TimeoutError as exc:
            raise httpx.ConnectTimeout(str(exc)) from exc
        except (OSError, http.client.HTTPException, UnicodeError) as exc:
            raise httpx.ConnectError(str(exc)) from exc
        return connection

    def _exchange(
        self, connection: _PlainConnection, request: httpx.Request, key: _Key, timeout_s: float
    ) -> httpx.Response:
        try:
            if connection.timeout != timeout_s:
                connection.timeout = timeout_s
                connection.sock.settimeout(timeout_s)
            broken = _write(connection, request)
            response = _read_head(connection, broken)
        except BaseException:
            connection.close()
            raise
        stream: httpx.SyncByteStream
        if response.length == 0 and not response.chunked:
            response.close()
            stream = httpx.ByteStream(b"")
            self._settle(key, connection, reusable=broken is None and not response.will_close)
        else:
            stream = _Content(
                self, key, connection, response, reusable=broken is None and not response.will_close
            )
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.getheaders()]
        return httpx.Response(response.status, headers=headers, stream=stream)

    def _settle(self, key: _Key, connection: _PlainConnection, *, reusable: bool) -> None:
        if reusable:
            self.give_back(key, connection)
        else:
            connection.close()


class _Content(httpx.SyncByteStream):
    """The body of an answer; its connection goes back to the pool only when all of it was read."""

    def __init__(
        self,
        pool: Connections,
        key: _Key,
        connection: _PlainConnection,
        response: http.client.HTTPResponse,
        *,
        reusable: bool,
    ) -> None:
        self._pool, self._key, self._connection, self._response = pool, key, connection, response
        self._reusable = reusable

    def __iter__(self) -> Iterator[bytes]:
        size_bytes = PIECE_BYTES
        while piece := self._read(size_bytes):
            yield piece
            size_bytes = min(2 * size_bytes, PIECE_MAX_BYTES)
        if self._response.length:
            raise httpx.RemoteProtocolError(f"the answer ended {self._response.length} bytes too early")
        if self._reusable:
            self._reusable = False
            self._response.close()
            self._pool.give_back(self._key, self._connection)

    def _read(self, size_bytes: int) -> bytes:
        try:
            return self._response.read(size_bytes)
        except TimeoutError as exc:
            raise httpx.ReadTimeout(str(exc)) from exc
        except http.client.HTTPException as exc:
            raise httpx.RemoteProtocolError(f"the answer is cut short: {exc}") from exc
        except (OSError, ValueError) as exc:
            raise httpx.ReadError(str(exc)) from exc

    def close(self) -> None:
        """Harmless after the end; before it the rest is not worth reading, and the connection goes."""
        if not self._response.closed:
            self._response.close()
            self._connection.close()


class _ClosedMeanwhileError(Exception):
    """No byte of an answer came."""


def _write(connection: _PlainConnection, request: httpx.Request) -> OSError | None:
    """Send head and body; return what broke the pipe, since the answer may be there already."""
    target = request.extensions["target"].decode("ascii")
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers.raw:
        connection.putheader(name, value)
    assert isinstance(request.stream, httpx.SyncByteStream)
    pieces = iter(request.stream)
    first = next(pieces, b"")
    try:
        if len(first) <= JOINED_MAX_BYTES:
            connection.with_head = first
            connection.endheaders()
        else:
            connection.endheaders(first)
    except OSError as exc:
        return _unless_timeout(exc)
    for piece in pieces:
        try:
            connection.send(piece)
        except OSError as exc:
            return _unless_timeout(exc)
    return None


def _unless_timeout(exc: OSError) -> OSError:
    if isinstance(exc, TimeoutError):
        raise httpx.WriteTimeout(str(exc)) from exc
    return exc


def _read_head(connection: _PlainConnection, broken: OSError | None) -> http.client.HTTPResponse:
    try:
        return connection.getresponse()
    except TimeoutError as exc:
        raise httpx.ReadTimeout(str(exc)) from exc
    except (http.client.RemoteDisconnected, ConnectionError) as exc:
        raise _ClosedMeanwhileError from (broken or exc)
    except TooMuchError as exc:
        raise httpx.RemoteProtocolError(f"the answer is refused: {exc}") from exc
    except http.client.HTTPException as exc:
        raise httpx.RemoteProtocolError(f"the answer is not HTTP: {str(exc)[:80]!r}") from exc
    except OSError as exc:
        raise httpx.ReadError(str(exc)) from exc
