"""What can be said of a registry: each question is asked as pallet would ask it in earnest.

Decided here: what is asked, in which order, and that nothing stays but, in some registries, an empty
repository's name and a blob of few bytes: uploads are cancelled, and tags are tried only where deleting
works. What is stored is made up anew for each checkup, so that deleting it takes nothing from anybody.
Must never be added: a question whose traces cannot be removed, or content that others may have as well.
"""

from __future__ import annotations

import email.utils
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import PalletError, UnauthorisedError
from reconciler.oci.blob import Blob
from reconciler.oci.checkup import Check, Health
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.media_types import OCI_MANIFEST, OCTET_STREAM
from reconciler.oci.reference import Tag
from reconciler.oci.registry import scopes, tagging, wire, write
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.profiles import PROFILES
from reconciler.oci.registry.uploads import places
from reconciler.oci.registry.uploads.ranges import content_range
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.reference import Repository
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.store import RegistryStore

SKEW_MAX_S = 60.0
"""Tokens are commonly valid from the second in which they were made."""
_GOES_ON = (
    "what breaks off between two of them goes on, within one only where the registry keeps its beginning"
)
_NOBODY = Digest("sha256:" + "0" * 64)
_TAGS = (Tag("pallet-doctor-1"), Tag("pallet-doctor-2"))
_PROBE_TYPE = "application/vnd.pallet.doctor.v1+json"


def examine_registry(store: RegistryStore, repository: Repository, *, now_s: float) -> Iterator[Check]:
    """Yield one finding after another; what is not reached, or does not let us in, is asked no further.

    Args:
        store: the registry.
        repository: where writing is tried; it need not exist.
        now_s: seconds since 1970.
    """
    yield from _Examination(store, repository, now_s).run()


class _Examination:
    def __init__(self, store: RegistryStore, repository: Repository, now_s: float) -> None:
        self.store, self.repository, self.now_s = store, repository, now_s
        self.session: Session = store.session
        self.name = store.full_name(repository)
        # JSON, as its type says; random, since what is deleted again must be nobody else's.
        self.probe = f'{{"probe":"{secrets.token_hex(16)}"}}'.encode()
        self.blob = Blob.of_bytes(self.probe)

    def run(self) -> Iterator[Check]:
        try:
            answer = self.session.transport.send(self._ping())
        except PalletError as exc:
            yield _bad("reach", exc)
            return
        answer.discard()
        reach = self._reach(answer)
        yield reach
        if reach.health is Health.BAD:
            return
        yield self._clock(answer)
        who = self._who()
        yield who
        if who.health is Health.BAD:
            # Each would be refused as this was, and some registries lock an account for it.
            said = "not asked what may be listed, pushed and deleted, since that needs to be let in"
            yield Check("rights", Health.UNKNOWN, said)
            return
        yield from self._rights()

    def _rights(self) -> Iterator[Check]:
        yield self._list()
        pushing, place = self._push()
        yield pushing
        if place is not None:
            yield self._chunks(place)
            yield self._single_post()
        deleting = self._delete()
        yield deleting
        if Health.GOOD is pushing.health is deleting.health:
            yield from self._try_manifest()
        else:
            if place is not None:
                self._deletes_blob()  # which the single POST may have stored
            yield self._referrers(_NOBODY)
            said = "not tried, since what would be tried could not be pushed, or not deleted again"
            yield Check("multi-tag", Health.UNKNOWN, said)

    def _ping(self) -> Call:
        return Call("GET", self.session.url(wire.PING), Kind.PING)

    def _reach(self, answer: Answer) -> Check:
        origin = answer.url.origin
        if answer.status not in {200, 401}:
            return _no_registry(f"{answer.request}: expected 200 or 401, got {answer.status}")
        if answer.status == 200 and (answer.header(b"content-type") or "").startswith("text/html"):
            return _no_registry(f"{answer.request}: expected JSON, got a page for people")
        if origin.scheme == "https":
            return Check("reach", Health.GOOD, f"{origin} answers; its certificate is accepted")
        if origin.is_loopback:
            return Check("reach", Health.GOOD, f"{origin} answers, on this machine")
        said = f"{origin} answers over plain http: who listens can read and change everything"
        return Check(
            "reach", Health.NOTE, said, "let the registry speak https, and write https:// in the url"
        )

    def _clock(self, answer: Answer) -> Check:
        try:
            moment = email.utils.parsedate_to_datetime(answer.header(b"date") or "")
            skew_s = self.now_s - moment.timestamp()
        except (ValueError, OverflowError, TypeError, IndexError):
            return Check("clock", Health.UNKNOWN, "the registry does not say what time it is")
        if abs(skew_s) <= SKEW_MAX_S:
            return Check("clock", Health.GOOD, "this machine's clock and the registry's agree")
        where = "ahead of" if skew_s > 0 else "behind"
        said = f"this machine's clock is {abs(skew_s):.0f} s {where} the registry's: tokens may be refused"
        return Check("clock", Health.NOTE, said, "let both take their time from a time server")

    def _who(self) -> Check:
        try:
            answer = self.session.send(self._ping(), scopes=())
        except PalletError as exc:
            return _bad("who", exc)
        if answer.status != 200:
            return _bad("who", self.session.failure(answer))
        answer.discard()
        user = self.store.user
        if user is None:
            return Check(
                "who", Health.GOOD, "nobody in particular: the registry did not ask, or lets anybody in"
            )
        return Check("who", Health.GOOD, f"{user!r}")

    def _list(self) -> Check:
        try:
            count = len(self.store.list_repositories())
        except PalletError as exc:
            fix = self._login_fix(exc) or "a catalog names them"
            return Check("list", Health.NOTE, f"repositories cannot be listed: {exc}", fix)
        return Check("list", Health.GOOD, f"repositories can be listed: {count} below this target")

    def _push(self) -> tuple[Check, places.Place | None]:
        try:
            place = places.begin(self.session, self.name, self.blob.digest)
        except PalletError as exc:
            return _bad("push", exc), None
        return Check("push", Health.GOOD, f"{self.name} takes uploads"), place

    def _chunks(self, place: places.Place) -> Check:
        """Send one byte of an upload, and cancel it."""
        headers = (("Content-Type", OCTET_STREAM), ("Content-Range", content_range(0, 1)))
        call = Call("PATCH", place.url, Kind.UPLOAD, headers, self.probe[:1], is_resent=False)
        try:
            answer = self.session.send(call, scopes=scopes.push(self.name))
            answer.discard()
            takes = answer.status in {201, 202}
            place = place.after(answer) if takes else place
            said = f"answers {answer.status}"
        except PalletError as exc:
            takes, said = False, str(exc)
        places.cancel(self.session, self.name, place)
        if takes:
            return Check("chunks", Health.GOOD, f"large blobs go in parts; {_GOES_ON}")
        return Check("chunks", Health.NOTE, f"blobs go in one piece only: the registry {said} to a part")

    def _single_post(self) -> Check:
        url = self.session.url(wire.single_upload(self.name, self.blob.digest))
        headers = (("Content-Type", OCTET_STREAM),)
        try:
            answer = self.session.send(
                Call("POST", url, Kind.UPLOAD, headers, self.probe), scopes=scopes.push(self.name)
            )
            answer.discard()
            if answer.status == 202:
                places.cancel(self.session, self.name, places.opened(answer))
        except PalletError as exc:
            return Check("single-post", Health.NOTE, f"a blob needs two requests: {exc}")
        if answer.status == 201:
            advice = None if self.session.profile.single_post else self._profile_advice("single_post")
            return Check("single-post", Health.GOOD, "a small blob can go with one request", advice)
        return Check("single-post", Health.NOTE, "a blob needs two requests, as on most registries")

    def _delete(self) -> Check:
        """Delete what nobody has: what the registry says tells whether it would."""
        call = Call("DELETE", self.session.url(wire.manifest(self.name, _NOBODY)), Kind.MANIFEST)
        try:
            answer = self.session.send(call, scopes=scopes.delete(self.name))
        except PalletError as exc:
            return Check("delete", Health.NOTE, f"nothing can be deleted: {exc}", exc.fix)
        if answer.status in {404, 202}:
            answer.discard()
            return Check("delete", Health.GOOD, "manifests can be deleted")
        failure = self.session.failure(answer)
        allow = "pallet works without; prune and delete need it: allow it in the registry, or to this user"
        fix = self._login_fix(failure) or allow
        return Check("delete", Health.NOTE, f"nothing can be deleted: {failure}", fix)

    def _login_fix(self, exc: PalletError) -> str | None:
        """Return what to do where nobody in particular was refused; None where somebody was, or nobody."""
        if not isinstance(exc, UnauthorisedError) or self.store.user is not None:
            return None
        return exc.fix

    def _referrers(self, subject: Digest) -> Check:
        try:
            answered = self.store.list_referrers(self.repository, subject)
        except PalletError as exc:
            return Check("referrers", Health.UNKNOWN, str(exc), exc.fix)
        if answered is None:
            return Check(
                "referrers", Health.NOTE, "no referrers API: attachments are listed under a tag instead"
            )
        return Check("referrers", Health.GOOD, "has the referrers API")

    def _try_manifest(self) -> Iterator[Check]:
        """Put a small artifact with two tags, see what became of it, and delete it."""
        described = Descriptor(_PROBE_TYPE, self.blob.digest, self.blob.size_bytes)
        content = render(Manifest(described, (described,), artifact_type=_PROBE_TYPE))
        try:
            self.store.put_blob(self.repository, self.blob)
            done = tagging.put_together(self.session, self.name, _TAGS, content, OCI_MANIFEST)
        except PalletError as exc:
            self._deletes_blob()
            yield _bad("manifest", exc)
            return
        # Some know of referrers only in repositories that exist.
        yield self._referrers(Digest.of(content))
        yield self._multi_tag(done)
        yield self._clean_up(Digest.of(content), done)

    def _multi_tag(self, done: frozenset[str]) -> Check:
        if not done >= set(_TAGS):
            return Check("multi-tag", Health.NOTE, "floating tags are set one by one, as on most registries")
        advice = None if self.session.profile.multi_tag else self._profile_advice("multi_tag")
        return Check("multi-tag", Health.GOOD, "several tags can be set with one request", advice)

    def _clean_up(self, digest: Digest, tags: frozenset[str]) -> Check:
        for tag in sorted(tags):
            with suppress(PalletError):  # where a tag cannot be deleted, it goes with its manifest
                self.store.delete_manifest(self.repository, Tag(tag))
        try:
            self.store.delete_manifest(self.repository, digest)
        except PalletError as exc:
            return Check("clean-up", Health.BAD, f"left behind: {exc}", "delete it with other tools", 1)
        if self._deletes_blob():
            said = "what was tried is gone again; the registry may go on listing the empty name"
            return Check("clean-up", Health.GOOD, f"{said} {self.name}")
        said = f"what was tried is gone again, but for a blob of {self.blob.size_bytes} bytes"
        fix = "nothing: its garbage collection takes it"
        return Check("clean-up", Health.NOTE, f"{said} in {self.name}: the registry deletes no blobs", fix)

    def _deletes_blob(self) -> bool:
        with suppress(PalletError):
            return write.delete_blob(self.session, self.name, self.blob.digest)
        return False

    def _profile_advice(self, what: str) -> str:
        names = [profile.name for profile in PROFILES if getattr(profile, what)]
        return f'saves requests: write profile = "{names[-1]}" into the target, if that is what it is'


def _no_registry(said: str) -> Check:
    fix = "check the target's url: scheme, host and port"
    return Check("reach", Health.BAD, f"{said}: not the API of a registry", fix, 1)


def _bad(name: str, exc: PalletError) -> Check:
    return Check(name, Health.BAD, str(exc), exc.fix, exc.exit_code)
