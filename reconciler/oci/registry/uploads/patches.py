"""One blob, PATCH by PATCH: what arrived is kept, and what did not is sent again.

Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5, end-13).
Must never be added: which blobs go in chunks, or what follows when they did not arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.errors import StoreError
from reconciler.oci.registry.calls import BrokenOffError
from reconciler.oci.registry.uploads import arrivals, places, ranges
from reconciler.oci.registry.uploads.attempts import Trouble
from reconciler.oci.registry.uploads.bodies import PartedContent
from reconciler.oci.registry.uploads.setbacks import Setback, setback

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.errors import PalletError
    from reconciler.oci.blob import Blob
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.uploads.ceilings import Ceiling
    from reconciler.oci.registry.uploads.chunks import ChunkSize
    from reconciler.oci.registry.uploads.places import Place

RECOVERIES_MAX: Final = 10
_ACCEPTED: Final = frozenset({200, 201, 202, 204})
"""201 is ECR's; the PUT at the end is needed there like anywhere else."""
_GHCR_TOO_LARGE: Final = "maximum permissible limit"
"""A part of what GHCR says with 416 where others say 413."""


@dataclass(slots=True)
class ChunkedUpload:
    """One session of one blob."""

    session: Session
    name: str
    blob: Blob
    place: Place
    chunk: ChunkSize
    smallest_bytes: int
    acknowledged: Callable[[Place, int], None]
    """Told where the upload goes on, and how many bytes the registry has."""
    ceiling: Ceiling
    offset: int = 0
    _recoveries: int = 0
    _breaks: int = 0
    """Since the last progress."""
    _may_go_on: bool = True
    """Whether another attempt may follow the last break."""
    _is_verified: bool = False

    def run(self) -> Setback | None:
        """Send what is missing, and commit; return what went wrong, None where the blob is stored.

        Raises:
            BrokenOffError: the connection broke again and again without any progress, at the commit too.
            StoreError: the registry failed as often.
            DigestMismatchError: the bytes read are not those promised.
            PalletError: there was no answer.
        """
        with PartedContent(self.blob) as content:
            while True:
                found = self._send_rest(content) or self._commit()
                if found is None or not found.may_be_there:
                    return found
                if self._has_arrived(found):
                    return None
                found = self._after_doubt(found)
                if found is not None:
                    return found

    def _send_rest(self, content: PartedContent) -> Setback | None:
        while self.offset < self.blob.size_bytes:
            trouble = self._send_next(content)
            if trouble is not None:
                return trouble
        if not self._is_verified:
            content.verify()
            self._is_verified = True
        return None

    def _commit(self) -> Setback | None:
        try:
            answer = places.commit(self.session, self.name, self.place, self.blob.digest)
        except BrokenOffError as exc:
            return Setback(Trouble.BROKEN, exc, may_be_there=True)
        if places.stored(answer, self.blob.digest):
            return None
        return setback(self.session, answer)

    def _has_arrived(self, found: Setback) -> bool:
        """Wait for a registry that may still be at it, then look."""
        if found.trouble is Trouble.BROKEN:
            self._may_go_on = self.session.transport.pause(self._breaks)
            self._breaks += 1
        return arrivals.has_arrived(self.session, self.name, self.blob)

    def _after_doubt(self, found: Setback) -> Setback | None:
        """Go on from what the registry has, where it is sure by now that the blob is not stored."""
        if found.trouble is Trouble.SESSION_LOST:
            return replace(found, may_be_there=False)
        if not self._may_go_on:
            raise found.error
        return self._recover(Setback(Trouble.SESSION_LOST, found.error))

    def _send_next(self, content: PartedContent) -> Setback | None:
        end = min(self.offset + self.chunk.size_bytes, self.blob.size_bytes)
        headers = (("Content-Range", ranges.content_range(self.offset, end)),)
        body = content.part(self.offset, end)
        try:
            answer = places.send_body(self.session, self.name, "PATCH", self.place.url, body, headers)
        except BrokenOffError as exc:
            return self._after_break(exc)
        if answer.status in _ACCEPTED:
            answer.discard()
            return self._advance(answer, end)
        return self._after_refusal(answer)

    def _advance(self, answer: Answer, end: int) -> Setback | None:
        trusts_range = self.session.profile.trusts_range
        try:
            arrived = ranges.next_offset(
                answer.header(b"range"), start=self.offset, sent=end, trusts_range=trusts_range
            )
        except ranges.TooFarError as exc:
            return Setback(Trouble.STUCK, StoreError(f"{answer.request}: {exc}"))
        self._go_on(self.place.after(answer), arrived)
        return None

    def _go_on(self, place: Place, offset: int) -> None:
        if offset > self.offset:
            self._breaks = 0
        self.place, self.offset = place, offset
        self.acknowledged(place, offset)

    def _after_break(self, exc: PalletError) -> Setback | None:
        """Ask what arrived; only a registry that cannot be reached at all ends the upload for this run."""
        if not self.session.transport.pause(self._breaks):
            raise exc
        self._breaks += 1
        return self._recover(Setback(Trouble.SESSION_LOST, exc))

    def _after_refusal(self, answer: Answer) -> Setback | None:
        found = setback(self.session, answer, chunk=True)
        if found.trouble is Trouble.TOO_LARGE or (
            answer.status == 416 and _GHCR_TOO_LARGE in answer.refusal().complaint.text
        ):
            self.ceiling.refuse(min(self.chunk.size_bytes, self.blob.size_bytes - self.offset))
            smaller = self.chunk.smaller(smallest_bytes=self.smallest_bytes)
            if smaller is None:
                return Setback(Trouble.CHUNKS_REFUSED, found.error)
            self.chunk = smaller
            return self._recover(found)
        if answer.status == 416:
            return self._recover(found)
        return self._after_break(found.error) if found.trouble is Trouble.BROKEN else found

    def _recover(self, why: Setback) -> Setback | None:
        """Find out what has arrived, and go on from there."""
        self._recoveries += 1
        if self._recoveries > RECOVERIES_MAX:
            return Setback(Trouble.STUCK, why.error)
        status = places.ask(self.session, self.name, self.place)
        if status is None:
            return Setback(Trouble.SESSION_LOST, why.error)
        offset = ranges.resume_offset(
            status.range,
            acknowledged=self.offset,
            size_bytes=self.blob.size_bytes,
            trusts_range=self.session.profile.trusts_range,
        )
        if offset is None:
            return Setback(Trouble.SESSION_LOST, why.error)
        self._go_on(status.place, offset)
        return None
