"""One blob on its way, attempt after attempt, until it is stored or nothing more can be tried.

Decided here: what is cancelled, what the journal hears, and when we look whether it arrived after all.
What follows a failure is the decision of `attempts`. Must never be added: the shape of a request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import PalletError, StoreError, UnreachableError
from reconciler.oci.registry.calls import BrokenOffError
from reconciler.oci.registry.uploads import arrivals, places, ranges
from reconciler.oci.registry.uploads.attempts import Attempt, Trouble, Way
from reconciler.oci.registry.uploads.bodies import WholeBody
from reconciler.oci.registry.uploads.ceilings import Ceiling
from reconciler.oci.registry.uploads.chunks import ChunkSize, Sizes
from reconciler.oci.registry.uploads.journal import Entry, Progress
from reconciler.oci.registry.uploads.patches import ChunkedUpload
from reconciler.oci.registry.uploads.places import Place
from reconciler.oci.registry.uploads.setbacks import Setback, setback
from reconciler.oci.registry.urls import Url

if TYPE_CHECKING:
    from reconciler.oci.blob import Blob
    from reconciler.oci.registry.auth import Session

LOOK_FIRST_MIN_BYTES = 64 * 1024
"""After a break, asking whether the blob is there costs less than sending so many bytes again."""


@dataclass(frozen=True, slots=True)
class Pushing:
    """A blob, where it goes, and where its progress is kept."""

    session: Session
    name: str
    """The repository with its prefix."""
    blob: Blob
    sizes: Sizes
    entry: Entry = field(default_factory=Entry.nowhere)
    ceiling: Ceiling = field(default_factory=Ceiling)

    def run(self, way: Way, place: Place | None = None) -> None:
        """Store the blob.

        Args:
            way: of the first attempt.
            place: a session that is open already.

        Raises:
            DigestMismatchError: the bytes read are not those that the blob promised.
            PalletError: nothing was confirmed.
        """
        is_large = self.blob.size_bytes > self.sizes.fallback_chunk
        if self.session.profile.chunks and not self.ceiling.allows(self.blob.size_bytes):
            way = Way.CHUNKS
        attempt = Attempt.first(way, self.session.profile, is_large=is_large)
        offset = 0
        if place is None and way is Way.CHUNKS:
            place, offset = self._resumed() or (None, 0)
        while (found := self._try(attempt, place, offset)) is not None:
            if found.may_be_there and self.has_arrived_after(found, breaks=attempt.broken):
                return
            following = attempt.after(found.trouble, breaks_max=self.session.transport.retries)
            if following is None:
                raise found.error
            attempt, place, offset = following, None, 0

    def _resumed(self) -> tuple[Place, int] | None:
        """Return where an upload of an earlier run goes on."""
        noted = self.entry.read()
        if noted is None:
            return None
        found = self._asked(noted)
        if found is None:
            self.entry.remove()
        return found

    def _asked(self, noted: Progress) -> tuple[Place, int] | None:
        try:
            url = Url.parse(noted.location)
        except ValueError:
            return None
        if url.origin != self.session.url("/").origin:
            return None
        status = places.ask(self.session, self.name, Place(url))
        if status is None:
            return None
        offset = ranges.resume_offset(
            status.range,
            acknowledged=noted.offset,
            size_bytes=self.blob.size_bytes,
            trusts_range=self.session.profile.trusts_range,
        )
        return None if offset is None else (status.place, offset)

    def _try(self, attempt: Attempt, place: Place | None, offset: int) -> Setback | None:
        """Send the blob into one session; one that nobody will go on with is cancelled."""
        place = place or places.begin(self.session, self.name, self.blob.digest)
        try:
            found = self._send(attempt, place, offset)
        except BrokenOffError as exc:
            if attempt.way is Way.CHUNKS:
                raise
            return Setback(Trouble.BROKEN, exc, may_be_there=True)
        except PalletError as exc:
            self._abandon(attempt, place, exc)
            raise
        self.entry.remove()
        # One that may be done, or about to be, is left alone.
        if found is not None and found.trouble is not Trouble.SESSION_LOST and not found.may_be_there:
            places.cancel(self.session, self.name, place)
        return found

    def _abandon(self, attempt: Attempt, place: Place, exc: PalletError) -> None:
        """Tidy up after a failure that ends the run's upload, unless a later run could go on with it."""
        if attempt.way is Way.CHUNKS and isinstance(exc, UnreachableError | StoreError) and self.entry.keeps:
            return
        self.entry.remove()
        places.cancel(self.session, self.name, place)

    def _send(self, attempt: Attempt, place: Place, offset: int) -> Setback | None:
        if attempt.way is Way.CHUNKS:
            return self._send_chunks(attempt, place, offset)
        answer = places.commit(self.session, self.name, place, self.blob.digest, WholeBody(self.blob))
        if places.stored(answer, self.blob.digest):
            return None
        found = setback(self.session, answer)
        if found.trouble is Trouble.TOO_LARGE:
            self.ceiling.refuse(self.blob.size_bytes)
        return found

    def _send_chunks(self, attempt: Attempt, place: Place, offset: int) -> Setback | None:
        wanted_bytes = self.sizes.fallback_chunk if attempt.is_fallback else self.sizes.resumable_chunk
        chunk = ChunkSize.choose(
            self.session.profile,
            wanted_bytes=self.ceiling.fitting(wanted_bytes, smallest_bytes=self.sizes.smallest_chunk),
            announced_min=place.chunk_min,
        )
        if chunk is None:
            text = f"{self.name}: the registry takes no chunks of a size that pallet sends"
            return Setback(Trouble.CHUNKS_REFUSED, StoreError(text))
        self._note(place, offset)
        upload = ChunkedUpload(
            self.session,
            self.name,
            self.blob,
            place,
            chunk,
            smallest_bytes=self.sizes.smallest_chunk,
            acknowledged=self._note,
            ceiling=self.ceiling,
            offset=offset,
        )
        return upload.run()

    def _note(self, place: Place, offset: int) -> None:
        self.entry.write(Progress(str(place.url), offset))

    def has_arrived_after(self, found: Setback, *, breaks: int) -> bool:
        """Wait, then see whether only the answer was lost.

        Args:
            breaks: how many there were before.
        """
        goes_on = found.trouble is not Trouble.BROKEN or self.session.transport.pause(breaks)
        if goes_on and self.blob.size_bytes < LOOK_FIRST_MIN_BYTES:
            return False
        return arrivals.has_arrived(self.session, self.name, self.blob)
