"""Blobs into one registry: which way each of them goes first, and the sessions that mounts leave behind.

Must never be added: asking whether a blob is there before it is sent; who plans has asked.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reconciler.oci.registry import wire
from reconciler.oci.registry.calls import BrokenOffError
from reconciler.oci.registry.uploads import mounts, places
from reconciler.oci.registry.uploads.attempts import Trouble, Way
from reconciler.oci.registry.uploads.bodies import WholeBody
from reconciler.oci.registry.uploads.ceilings import Ceiling
from reconciler.oci.registry.uploads.chunks import Sizes
from reconciler.oci.registry.uploads.journal import Entry, Journal, Subject
from reconciler.oci.registry.uploads.pushing import Pushing
from reconciler.oci.registry.uploads.setbacks import Setback, setback

if TYPE_CHECKING:
    from reconciler.oci.blob import Blob
    from reconciler.oci.digest import Digest
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.uploads.places import Place

_NO_SINGLE_POST = frozenset({400, 404, 405})


class Uploads:
    """Stores blobs; safe to use from several threads."""

    def __init__(self, session: Session, journal: Journal | None = None, sizes: Sizes | None = None) -> None:
        self._session, self._journal, self._sizes = session, journal or Journal(), sizes or Sizes()
        self._kept: dict[tuple[str, Digest], Place] = {}
        self._ceiling = Ceiling()
        self._lock = threading.Lock()

    def mount(self, name: str, digest: Digest, source: str) -> bool:
        """Take a blob from another repository; False where its bytes have to be sent, by `put`.

        Raises:
            ThrottledError: the registry asks for patience.
        """
        mounted = mounts.mount(self._session, name, digest, source)
        if mounted.place is not None:
            with self._lock:
                unused = self._kept.pop((name, digest), None)
                self._kept[name, digest] = mounted.place
            if unused is not None:
                places.cancel(self._session, name, unused)
        return mounted.is_there

    def put(self, name: str, blob: Blob) -> None:
        """Store a blob.

        Raises:
            DigestMismatchError: the bytes read are not those that `blob` promised.
            PalletError: nothing was confirmed.
        """
        with self._lock:
            kept = self._kept.pop((name, blob.digest), None)
        profile = self._session.profile
        size_bytes = blob.size_bytes
        if (
            kept is None
            and profile.single_post
            and size_bytes <= self._sizes.single_post_max
            and self._ceiling.allows(size_bytes)
        ):
            self._post(name, blob)
        elif self._sizes.is_resumable(profile, blob.size_bytes):
            self._put_resumable(name, blob, kept)
        else:
            self._pushing(name, blob).run(Way.WHOLE, kept)

    def close(self) -> None:
        """Give up the sessions that mounts opened and nobody used."""
        with self._lock:
            kept, self._kept = self._kept, {}
        for (name, _), place in kept.items():
            places.cancel(self._session, name, place)

    def _put_resumable(self, name: str, blob: Blob, kept: Place | None) -> None:
        subject = Subject(str(self._session.url("/").origin), name, blob.digest, blob.size_bytes)
        with self._journal.entry(subject) as entry:
            # Without a journal nobody could go on with chunks, and one PUT is what all registries take.
            way = Way.CHUNKS if entry.keeps else Way.WHOLE
            self._pushing(name, blob, entry).run(way, kept)

    def _post(self, name: str, blob: Blob) -> None:
        """Send a blob with a single POST; a registry that answers 202 has ignored the body.

        For registries where half an upload cannot be cleaned up; the reference registry always answers 202.
        """
        pushing = self._pushing(name, blob)
        url = self._session.url(wire.single_upload(name, blob.digest))
        try:
            answer = places.send_body(self._session, name, "POST", url, WholeBody(blob))
        except BrokenOffError as exc:
            self._post_failed(pushing, Setback(Trouble.BROKEN, exc, may_be_there=True))
            return
        if places.stored(answer, blob.digest):
            return
        if answer.status == 202:
            answer.discard()
            pushing.run(Way.WHOLE, places.opened(answer))
        elif answer.status in _NO_SINGLE_POST:
            answer.discard()
            pushing.run(Way.WHOLE)
        else:
            self._post_failed(pushing, setback(self._session, answer))

    def _post_failed(self, pushing: Pushing, found: Setback) -> None:
        """Go on with two requests, or with chunks, where either may help."""
        if found.trouble is Trouble.TOO_LARGE:
            self._ceiling.refuse(pushing.blob.size_bytes)
        elif found.trouble is not Trouble.BROKEN:
            raise found.error
        elif pushing.has_arrived_after(found, breaks=0):
            return
        elif self._session.transport.retries == 0:
            raise found.error
        pushing.run(Way.WHOLE)

    def _pushing(self, name: str, blob: Blob, entry: Entry | None = None) -> Pushing:
        return Pushing(self._session, name, blob, self._sizes, entry or Entry.nowhere(), self._ceiling)
