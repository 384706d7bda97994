"""One answer, as the readers and writers see it: status, headers, and a body that is read with a bound.

Must never be added: the HTTP library, or what a status means to an endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import PalletError, StoreError
from reconciler.oci.registry import error_body, retries
from reconciler.oci.registry.error_body import ERROR_BODY_MAX_BYTES, Complaint
from reconciler.oci.registry.failures import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.oci.registry.calls import Call
    from reconciler.oci.registry.urls import Url


class Answer:
    """What came back; exactly one of `pieces`, `read`, `refusal` and `discard` ends it."""

    __slots__ = ("_close", "_complaint", "_headers", "_pieces", "call", "status", "url")

    def __init__(
        self,
        call: Call,
        url: Url,
        status: int,
        headers: Sequence[tuple[bytes, bytes]],
        pieces: Iterator[bytes],
        close: Callable[[], None],
    ) -> None:
        self.call, self.url, self.status = call, url, status
        self._headers, self._pieces, self._close = headers, pieces, close
        self._complaint: Complaint | None = None

    @property
    def request(self) -> str:
        """Method and URL for texts."""
        return Refusal(self.call.method, self.url, self.status, Complaint()).request

    def header(self, name: bytes) -> str | None:
        """The first header of a name, which is given in lower case."""
        for key, value in self._headers:
            if len(key) == len(name) and key.lower() == name:
                return value.decode("latin-1").strip()
        return None

    def header_lines(self, name: bytes) -> list[str]:
        """All headers of a name, which is given in lower case."""
        return [value.decode("latin-1") for key, value in self._headers if key.lower() == name]

    @property
    def media_type(self) -> str | None:
        """`Content-Type` without parameters, in lower case."""
        header = self.header(b"content-type")
        return header.partition(";")[0].strip().lower() if header else None

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes, never more than a mebibyte at a time.

        Raises:
            UnreachableError: the connection broke.
        """
        try:
            yield from self._pieces
        finally:
            self._close()

    def read(self, limit_bytes: int) -> bytes:
        """Return the whole body.

        Raises:
            StoreError: it is longer than the limit.
            UnreachableError: the connection broke.
        """
        content = self._read_some(limit_bytes)
        if len(content) > limit_bytes:
            raise StoreError(f"{self.request}: answer too large: expected at most {limit_bytes} bytes")
        return content

    def refusal(self, *, now_s: float | None = None) -> Refusal:
        """Return what the answer says is wrong, however often; the body is read as far as a text needs it."""
        if self._complaint is None:
            self._complaint = self._complain()
        wait_s = None if now_s is None else self.retry_after_s(now_s)
        location = self.header(b"location")
        return Refusal(self.call.method, self.url, self.status, self._complaint, wait_s, location)

    def _complain(self) -> Complaint:
        try:
            return error_body.understand(self._read_some(ERROR_BODY_MAX_BYTES))
        except PalletError:
            return Complaint()  # the status says enough

    def retry_after_s(self, now_s: float) -> float | None:
        """The seconds that the server asks us to wait."""
        return retries.retry_after_s(self.header(b"retry-after"), now_s=now_s)

    def discard(self) -> None:
        """Read a short rest, so that the connection can be used again, and let go of the answer."""
        try:
            self._read_some(ERROR_BODY_MAX_BYTES)
        except PalletError:
            return  # nobody wants it

    def close(self) -> None:
        """Let go of the answer unread."""
        self._close()

    def _read_some(self, limit_bytes: int) -> bytes:
        """Return the body, or its beginning and at least one byte more than the limit."""
        collected = bytearray()
        for piece in self.pieces():
            collected += piece
            if len(collected) > limit_bytes:
                break
        return bytes(collected)
