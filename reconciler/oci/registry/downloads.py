"""Blobs out of a registry, gone on with where a connection broke.

Decided here: what an answer has to say before its bytes count, and how long a download that gets further
is kept alive. A blob never changes, so the rest of it fits to what came before; the digest of all of it
decides in the end. Who has no such range, or gives another one, is asked for all of it once.
Spec: distribution-spec v1.1.1, "Pulling blobs" (end-2); RFC 9110, section 14, for ranges.
Must never be added: reading a whole blob into memory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.errors import DigestMismatchError, StoreError, UnreachableError
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.read import failure_of
from reconciler.oci.registry.wire import Kind
from reconciler.oci.verify import verified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session

PROGRESS_MIN_BYTES: Final = 1024 * 1024
"""Whoever got so much further may try as often again; containers/image has the same figure."""
_ACCEPT: Final = ("Accept", "*/*")
_CONTENT_RANGE: Final = re.compile(
    r"bytes\s+(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})/(?:(?P<total>[0-9]{1,18})|\*)",
    re.ASCII | re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


def fetch_blob(session: Session, name: str, descriptor: Descriptor, *, offset: int = 0) -> Iterator[bytes]:
    """Yield a blob's pieces from `offset` on; the last one is held back until everything was right.

    With an offset only the size can be verified here: who has the first bytes verifies the digest of all.

    Raises:
        NotFoundError: the registry is certain that there is no such blob.
        DigestMismatchError: the bytes are others, fewer or more.
        UnreachableError: the connection broke, again and again without getting further.
        PalletError: the registry could not tell.
    """
    size_bytes = descriptor.size_bytes
    if 0 < size_bytes == offset:
        return iter(())
    download = _Download(session, name, descriptor, offset)
    subject = download.open()
    if offset:
        return download.pieces()
    return verified(download.pieces(), descriptor.digest, size_bytes, subject=subject)


class _Download:
    """One blob, and how much of it has come."""

    def __init__(self, session: Session, name: str, descriptor: Descriptor, offset: int) -> None:
        self._session, self._name, self._descriptor = session, name, descriptor
        self._position = offset
        self._takes_ranges = True
        """Until this blob's registry, or its storage, could not give one."""
        self._answer: Answer | None = None

    def open(self) -> str:
        """Ask for what is missing; return the request, for texts."""
        first = self._position if self._takes_ranges else 0
        answer = self._ask(first)
        if first and (answer.status == 416 or (answer.status == 206 and not self._fits(answer))):
            answer.close()
            self._takes_ranges = False
            first, answer = 0, self._ask(0)
        if answer.status not in {200, 206} or (answer.status == 206 and not first):
            raise failure_of(self._session, answer)
        try:
            self._check(answer)
        except BaseException:
            answer.close()
            raise
        self._answer = answer
        return answer.request

    def _ask(self, first: int) -> Answer:
        url = self._session.url(wire.blob(self._name, self._descriptor.digest))
        headers = (_ACCEPT, ("Range", f"bytes={first}-")) if first else (_ACCEPT,)
        # The registry, not the storage that it pointed to: signed URLs expire.
        call = Call("GET", url, Kind.BLOB, headers, follows_redirects=True)
        return self._session.send(call, scopes=scopes.pull(self._name))

    def pieces(self) -> Iterator[bytes]:
        """Yield what is missing, across as many connections as it takes."""
        attempt = 0
        while True:
            before = self._position
            try:
                yield from self._rest()
                if self._position >= self._descriptor.size_bytes:
                    return
                broken = UnreachableError(f"{self._subject}: the answer ended too early", fix="run again")
            except UnreachableError as exc:
                broken = exc
            attempt = 0 if self._position - before >= PROGRESS_MIN_BYTES else attempt + 1
            if not self._session.transport.pause(max(0, attempt - 1)):
                raise broken
            self.open()

    @property
    def _subject(self) -> str:
        assert self._answer is not None
        return self._answer.request

    def _rest(self) -> Iterator[bytes]:
        """Yield one answer's bytes, without those that came before."""
        assert self._answer is not None
        # A server that knows no ranges begins anew.
        known = self._position if self._answer.status == 200 else 0
        size_bytes = self._descriptor.size_bytes
        for whole in self._answer.pieces():
            piece = whole[known:] if known else whole
            known -= len(whole) - len(piece)
            if piece:
                self._position += len(piece)
                if self._position > size_bytes:
                    raise self._mismatch("more bytes")
                yield piece

    def _check(self, answer: Answer) -> None:
        """Compare what an answer announces with what the descriptor says."""
        expected_bytes = self._descriptor.size_bytes
        announced = answer.header(b"content-length") or ""
        length = int(announced) if _NUMBER.fullmatch(announced) else None
        if answer.status == 206:
            return  # its range fits, and it has no other length
        encoding = (answer.header(b"content-encoding") or "identity").lower()
        # Storage was seen to call what is compressed anyway by its name: then the bytes are the blob's.
        if encoding != "identity" and length != expected_bytes:
            problem = f"expected it as it is, got {encoding[:40]}"
            raise StoreError(
                f"{answer.request}: the blob is encoded on its way: {problem}",
                fix="let nothing between here and the registry compress answers",
            )
        if length is not None and length != expected_bytes:
            raise self._mismatch(f"{length} bytes", answer)

    def _fits(self, answer: Answer) -> bool:
        """Say whether a partial answer is the part that was asked for, or the beginning of it."""
        match = _CONTENT_RANGE.fullmatch(answer.header(b"content-range") or "")
        return (
            match is not None
            and int(match["first"]) == self._position
            and self._position <= int(match["last"]) < self._descriptor.size_bytes
            and match["total"] in {None, str(self._descriptor.size_bytes)}
        )

    def _mismatch(self, got: str, answer: Answer | None = None) -> DigestMismatchError:
        expected = f"{self._descriptor.digest} ({self._descriptor.size_bytes} bytes)"
        subject = self._subject if answer is None else answer.request
        return DigestMismatchError(subject, expected=expected, got=got)
