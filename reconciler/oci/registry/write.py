"""Writing manifests, and deleting; nothing is written until the registry says so.

Spec: distribution-spec v1.1.1, "Push" (end-7) and "Content Management" (end-9, end-10); blobs go up by
`uploads`.
Must never be added: asking whether something is there already; who plans has asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import (
    DigestMismatchError,
    IncompleteError,
    NotFoundError,
    StoreError,
    UnsupportedError,
)
from reconciler.oci.digest import Digest
from reconciler.oci.media_types import MANIFEST_MAX_BYTES
from reconciler.oci.reference import Tag
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.immutability import require_same_content
from reconciler.oci.registry.read import failure_of, head_manifest, refuse_web_page
from reconciler.oci.registry.referrers import note_subject
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session

_STORED = frozenset({200, 201, 202})
"""201 is the specification's; Quay was seen to send 202 for a manifest."""
_DELETED = frozenset({200, 202, 204})
_NOT_DONE_HERE = frozenset({400, 405, 501})
"""distribution 2.x answers 400 to a tag and 405 where deleting is off, GHCR always 405."""
_INCOMPLETE_FIX = "run again: the registry may have cleaned up what was there a moment ago"
_UNSEEN_FIX = "run again in a while: it may settle late; if it stays, look into the registry's log"
_NO_DELETE_FIX = (
    "enable deleting in the registry (distribution: storage.delete.enabled), or delete with its own tools"
)
_NO_TAG_DELETE_FIX = (
    "this registry cannot delete one tag: delete the manifest by digest, which removes all its tags"
)


def put_manifest(
    session: Session, name: str, reference: Tag | Digest, content: bytes, media_type: str
) -> Digest:
    """Store a manifest as it is; one request, and one more where the registry does not say its digest."""
    digest = Digest.of(content, algorithm=reference.algorithm if isinstance(reference, Digest) else "sha256")
    if isinstance(reference, Digest) and reference != digest:
        raise DigestMismatchError(f"manifest for {name}", expected=reference, got=digest)
    if len(content) > MANIFEST_MAX_BYTES:
        raise StoreError(
            f"manifest for {name}: too large: expected at most {MANIFEST_MAX_BYTES}, got {len(content)}"
        )
    url = session.url(wire.manifest(name, reference))
    call = Call("PUT", url, Kind.MANIFEST, (("Content-Type", media_type),), content)
    answer = session.send(call, scopes=scopes.push(name))
    if answer.status not in _STORED:
        _require_whole(session, answer)
        return require_same_content(session, name, reference, content, answer)
    answer.discard()
    session.writes.note(name, reference)
    stored = _confirm(session, name, reference, content, answer)
    note_subject(session, name, answer, content)
    return digest if isinstance(reference, Digest) else stored


def _require_whole(session: Session, answer: Answer) -> None:
    if "MANIFEST_BLOB_UNKNOWN" in answer.refusal().complaint.codes:
        raise IncompleteError(str(failure_of(session, answer)), fix=_INCOMPLETE_FIX)


def delete_manifest(session: Session, name: str, reference: Tag | Digest) -> None:
    """Remove a tag, or a manifest with all its tags."""
    call = Call("DELETE", session.url(wire.manifest(name, reference)), Kind.MANIFEST)
    answer = session.send(call, scopes=scopes.delete(name))
    if answer.status not in _DELETED:
        failure = failure_of(session, answer, fix=_delete_fix(answer, reference))
        if answer.status in _NOT_DONE_HERE:
            raise UnsupportedError(str(failure), fix=failure.fix)
        raise failure
    if answer.status == 200 and answer.header(b"content-length") != "0":
        # Frameworks call an empty body text/html too, but no web page is empty, or answers 202.
        refuse_web_page(answer, "a deletion")
    answer.discard()
    session.writes.forget(name)


def delete_blob(session: Session, name: str, digest: Digest) -> bool:
    """Remove a blob from a repository; False where the registry does not let anybody, or not us.

    Only for what was put there to try something: which blobs others still need, a registry alone knows.
    """
    call = Call("DELETE", session.url(wire.blob(name, digest)), Kind.BLOB)
    answer = session.send(call, scopes=scopes.delete(name))
    answer.discard()
    return answer.status in _DELETED or answer.status == 404


def _delete_fix(answer: Answer, reference: Tag | Digest) -> str | None:
    """distribution 2.x answers 400 to a tag, whatever its settings are."""
    if answer.status == 400 and isinstance(reference, Tag):
        return _NO_TAG_DELETE_FIX
    return _NO_DELETE_FIX if answer.status in {400, 405} else None


def _confirm(session: Session, name: str, reference: Tag | Digest, content: bytes, answer: Answer) -> Digest:
    """Compare what the registry says it stored with what was sent; return its name for it."""
    header = answer.header(b"docker-content-digest")
    stored = Digest(header) if header and _is_digest(header) else _look(session, name, reference, answer)
    sent = Digest.of(content, algorithm=stored.algorithm)
    if stored != sent:
        raise DigestMismatchError(
            f"{answer.request}: the registry stored another manifest", expected=sent, got=stored
        )
    return stored


def _look(session: Session, name: str, reference: Tag | Digest, answer: Answer) -> Digest:
    try:
        return head_manifest(session, name, reference).digest
    except NotFoundError as exc:
        # Nobody was asked for something that might be absent.
        message = f"{answer.request}: the registry took the manifest and does not show it: {exc}"
        raise StoreError(message, fix=_UNSEEN_FIX) from exc


def _is_digest(text: str) -> bool:
    try:
        Digest(text)
    except ValueError:
        return False
    return True
