"""An upload's session: opened, asked, committed, given up; and where it goes on after each answer.

Spec: distribution-spec v1.1.1, end-4a, end-6 and end-13; end-4c (`digest-algorithm`) and end-14 (cancel)
are later. Must never be added: what to do about a failure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.errors import DigestMismatchError, PalletError, StoreError
from reconciler.oci.digest import Digest
from reconciler.oci.media_types import OCTET_STREAM
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Body, Call, Headers
from reconciler.oci.registry.read import failure_of
from reconciler.oci.registry.settings import BLOB_COMMIT_TIMEOUT_S
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.urls import Url

COMMITTED: Final = frozenset({201, 204})
"""204 is in docker's old specification."""
BLOB_HEADERS: Final = (("Content-Type", OCTET_STREAM),)
_ALIVE: Final = frozenset({200, 202, 204})
_OWN_ADDRESS_FIX: Final = (
    "tell the registry its own address, or its proxy to pass on Host and X-Forwarded-Proto: "
    "content and credentials go nowhere else"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an upload goes on; the latest one counts."""

    url: Url
    chunk_min: str | None = None
    """`OCI-Chunk-Min-Length` as it came."""

    def after(self, answer: Answer) -> Place:
        """Return where it goes on after an answer, which may leave everything as it was.

        Raises:
            StoreError: the answer leads elsewhere.
        """
        location = answer.header(b"location")
        chunk_min = answer.header(b"oci-chunk-min-length") or self.chunk_min
        if location is None:
            return replace(self, chunk_min=chunk_min)
        try:
            # Against the URL that was asked in the end: a Location may be relative.
            return Place(wire.upload_location(answer.url, location), chunk_min)
        except ValueError as exc:
            raise StoreError(
                f"{answer.request}: the upload's location is refused: {exc}", fix=_OWN_ADDRESS_FIX
            ) from exc


@dataclass(frozen=True, slots=True)
class Status:
    """What a registry says of an upload that it knows."""

    place: Place
    range: str | None


def opened(answer: Answer) -> Place:
    """Return the session that a POST was answered with.

    Raises:
        StoreError: it has no Location, or one that leads elsewhere.
    """
    if answer.header(b"location") is None:
        raise StoreError(f"{answer.request}: expected a Location for the upload, got none")
    return Place(answer.url).after(answer)


def begin(session: Session, name: str, digest: Digest) -> Place:
    """Open a session for a blob.

    Raises:
        PalletError: there is none.
    """
    url = session.url(wire.uploads(name, algorithm=digest.algorithm))
    answer = session.send(Call("POST", url, Kind.UPLOAD), scopes=scopes.push(name))
    if answer.status != 202:
        raise failure_of(session, answer)
    answer.discard()
    return opened(answer)


def ask(session: Session, name: str, place: Place) -> Status | None:
    """Ask how far an upload is; None where the registry does not say, so that only a new one helps.

    Raises:
        UnreachableError: there was no answer.
    """
    try:
        answer = session.send(Call("GET", place.url, Kind.UPLOAD), scopes=scopes.push(name))
        answer.discard()
        if answer.status not in _ALIVE:
            return None
        return Status(place.after(answer), answer.header(b"range"))
    except StoreError:
        return None


def commit(session: Session, name: str, place: Place, digest: Digest, body: Body | None = None) -> Answer:
    """Close an upload under its digest, with the bytes that are still missing.

    Raises:
        BrokenOffError: the connection broke; whether the blob is there is not known.
        PalletError: there was no answer, or the body is not what it promised.
    """
    url = wire.commit_location(place.url, digest)
    return send_body(session, name, "PUT", url, b"" if body is None else body)


def send_body(
    session: Session, name: str, method: str, url: Url, body: bytes | Body, headers: Headers = ()
) -> Answer:
    """Send bytes of a blob, once: after a break or a server's failure the upload may have moved on.

    They are sent again only where the registry asked for patience instead: 429, or Retry-After.
    """
    call = Call(
        method,
        url,
        Kind.UPLOAD,
        (*BLOB_HEADERS, *headers),
        body,
        timeout_s=BLOB_COMMIT_TIMEOUT_S,
        is_resent=False,
        asks_after_failure=True,
    )
    return session.send(call, scopes=scopes.push(name))


def stored(answer: Answer, digest: Digest) -> bool:
    """Say whether an answer confirms a blob, and be done with it then.

    Raises:
        DigestMismatchError: the registry says that it stored another one.
    """
    if answer.status not in COMMITTED:
        return False
    answer.discard()
    header = answer.header(b"docker-content-digest")
    got = None if header is None else _digest(header)
    # One of another algorithm is another name for it, perhaps.
    if got is not None and got.algorithm == digest.algorithm and got != digest:
        raise DigestMismatchError(
            f"{answer.request}: the registry stored another blob", expected=digest, got=got
        )
    return True


def _digest(text: str) -> Digest | None:
    try:
        return Digest(text)
    except ValueError:
        return None


def cancel(session: Session, name: str, place: Place) -> None:
    """Give an upload up; what the registry says to that does not matter."""
    call = Call("DELETE", place.url, Kind.UPLOAD, is_resent=False)
    try:
        # No token is fetched for it: distribution wants the right to delete, which nobody here needs.
        session.send_once(call, scopes=scopes.push(name)).discard()
    except PalletError:
        return  # registries clean up by themselves, if later
