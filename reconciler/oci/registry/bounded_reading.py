"""An answer's bytes as http.client reads them, held to bounds that it has none of.

Decided here: how long a head may take and how many interim answers may come before it, how slowly a body
may come, and how much may be wrapped around it. A socket's own timeout begins anew with every byte.
Spec: RFC 9110, section 15.2 (1xx); RFC 9112, section 7.1 (chunks, their extensions and trailers).
Must never be added: what a status means, or when to ask again.
"""

from __future__ import annotations

import http.client
import io
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

INTERIM_MAX: Final = 8
"""Answers 1xx before the one that counts; nobody here asks for any."""
SLOWEST_BYTES_PER_S: Final = 1024
"""After the first silence that is allowed, a body comes at least so fast on average."""
WRAPPING_FACTOR: Final = 16
"""Bytes on the wire for each of a body; chunks of one byte come with five more."""
WRAPPING_MIN_BYTES: Final = 256 * 1024
_STATUS_LINE: Final = b"HTTP/1."
_SKIPPED: Final = b"HTTP/1.1 100 Continue\r\n"


class TooMuchError(http.client.HTTPException):
    """More comes than any honest answer has."""


class _Waiting(io.RawIOBase):
    """A socket's reading end that knows how long was waited for it, and for how much."""

    def __init__(
        self, sock: socket.socket, timeout_s: float, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._sock, self._timeout_s, self._monotonic_s = sock, timeout_s, monotonic_s
        self._stream: Any = sock.makefile("rb", buffering=0)
        self._in_force_s = timeout_s
        self._waited_s = 0.0
        self._is_body = False
        self.arrived_bytes = 0
        self.arrived_max_bytes: int | None = None

    def begin_body(self) -> None:
        """From here on, waiting is paid for by what comes."""
        self._is_body, self._waited_s, self.arrived_bytes = True, 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what is there, or wait for it.

        Raises:
            TimeoutError: it takes too long, this time or on the whole.
            TooMuchError: too much came around the body.
        """
        if self.arrived_max_bytes is not None and self.arrived_bytes > self.arrived_max_bytes:
            raise TooMuchError("too much around the body")
        self._limit_wait()
        begun_s = self._monotonic_s()
        size_bytes: int = self._stream.readinto(buffer)
        self._waited_s += self._monotonic_s() - begun_s
        self.arrived_bytes += size_bytes
        return size_bytes

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _limit_wait(self) -> None:
        """Wait as long as is allowed in one go, and as is left on the whole."""
        left_s = self._timeout_s - self._waited_s
        if self._is_body:
            left_s += self.arrived_bytes / SLOWEST_BYTES_PER_S
        if left_s <= 0:
            raise TimeoutError("the answer comes too slowly")
        wait_s = min(left_s, self._timeout_s)
        if wait_s != self._in_force_s:
            self._sock.settimeout(wait_s)
            self._in_force_s = wait_s

    def restore(self) -> None:
        """Leave the socket to its next answer as it was found."""
        if self._in_force_s != self._timeout_s:
            self._in_force_s = self._timeout_s
            with suppress(OSError):  # closed: there is no next answer
                self._sock.settimeout(self._timeout_s)


class _Lines(io.BufferedReader):
    """The lines of a head, in which all interim answers look like the one that http.client passes over."""

    raw: _Waiting

    def __init__(self, raw: _Waiting) -> None:
        super().__init__(raw)
        self._answers = 0
        self._in_head = True

    def begin_body(self) -> None:
        self._in_head = False
        self.raw.begin_body()

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not self._in_head or not line.startswith(_STATUS_LINE):
            return line
        self._answers += 1
        if self._answers > INTERIM_MAX + 1:
            raise TooMuchError(f"expected at most {INTERIM_MAX} interim answers, got more")
        return _SKIPPED if line[len(_STATUS_LINE) + 1 :].startswith(b" 1") else line


class _Opener:
    """Stands for a socket where http.client opens its reading end."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines

    def makefile(self, _: str) -> _Lines:
        return self._lines


class BoundedResponse(http.client.HTTPResponse):
    """An answer whose head is complete within the socket's timeout, and whose body does not trickle for ever.

    `read` raises TimeoutError or TooMuchError where it is not so.
    """

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        self._waiting = _Waiting(sock, sock.gettimeout() or 0.0)
        self._lines = _Lines(self._waiting)
        self._read_bytes = 0
        super().__init__(_Opener(self._lines), debuglevel, method, url)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        self._lines.begin_body()
        if self.length == 0:
            self._waiting.restore()

    def read(self, amt: int | None = None) -> bytes:
        """Read up to so many bytes of the body."""
        ahead_bytes = (amt or 0) + self._read_bytes
        self._waiting.arrived_max_bytes = WRAPPING_FACTOR * ahead_bytes + WRAPPING_MIN_BYTES
        piece = super().read(amt)
        self._read_bytes += len(piece)
        if self.isclosed():
            self._waiting.restore()
        return piece
