"""Reading manifests, and asking for blobs; everything is verified here, whatever the headers claim.

Spec: distribution-spec v1.1.1, "Pull" (end-2, end-3); a blob's bytes come by `downloads`.
Must never be added: reading more into memory than a manifest may be.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from reconciler.errors import (
    DigestMismatchError,
    NotFoundError,
    StoreError,
    UnauthorisedError,
)
from reconciler.oci import manifest as manifests
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, SchemaOneError
from reconciler.oci.media_types import MANIFEST_MAX_BYTES
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.failures import NOT_A_REGISTRY, NOT_A_REGISTRY_FIX, failure
from reconciler.oci.registry.hiding import read_unless_hidden
from reconciler.oci.registry.rereading import read_whole
from reconciler.oci.registry.wire import Kind
from reconciler.oci.store import ManifestContent

if TYPE_CHECKING:
    from reconciler.oci.reference import Tag
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.scopes import Scopes

_MANIFEST_TYPES = frozenset((*media_types.MANIFESTS, *media_types.INDEXES))
_ACCEPT_MANIFESTS = (("Accept", media_types.ACCEPT_MANIFESTS),)
_ACCEPT_ANYTHING = (("Accept", "*/*"),)
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_WEB_PAGE = "text/html"
_FINAL_WITHOUT_BODY = frozenset({401, 429})


def head_manifest(session: Session, name: str, reference: Tag | Digest) -> Descriptor:
    """Say what a manifest is; one request where the registry gives all three headers.

    Raises:
        NotFoundError: it is not there.
        HiddenError: the registry does not say whether it is there, though we may push.
        PalletError: the registry could not tell.
    """

    def read() -> Descriptor:
        return read_unless_hidden(
            session, name, lambda wanted: _head_manifest(session, name, reference, wanted)
        )

    return session.writes.read(name, reference, read)


def _head_manifest(session: Session, name: str, reference: Tag | Digest, wanted: Scopes) -> Descriptor:
    answer = session.send(_manifest_call(session, "HEAD", name, reference), scopes=wanted)
    answer.discard()
    if answer.status == 200:
        described = _described(answer, reference)
        if described is not None:
            return described
    elif not _worth_asking_again(answer):
        raise failure_of(session, answer)
    # A HEAD has no body, hence neither a digest to compute nor a reason to tell: ask with GET.
    return _fetch_manifest(session, name, reference, wanted).descriptor


def fetch_manifest(session: Session, name: str, reference: Tag | Digest) -> ManifestContent:
    """Return a manifest's bytes, verified."""
    return session.writes.read(
        name, reference, lambda: _fetch_manifest(session, name, reference, scopes.pull(name))
    )


def _fetch_manifest(session: Session, name: str, reference: Tag | Digest, wanted: Scopes) -> ManifestContent:
    call = _manifest_call(session, "GET", name, reference)
    ask = functools.partial(_ask_for_manifest, session, call, wanted)
    answer, content = read_whole(session.transport, ask, MANIFEST_MAX_BYTES)
    if not content:
        raise StoreError(f"{answer.request}: expected a manifest, got an empty body")
    expected = reference if isinstance(reference, Digest) else _announced_digest(answer)
    digest = Digest.of(content, algorithm=expected.algorithm if expected else "sha256")
    if expected is not None and digest != expected:
        raise DigestMismatchError(answer.request, expected=expected, got=digest)
    if expected is None:
        # Nobody vouches for these bytes: at least they must be what they are called.
        _require_manifest(answer, content)
    return ManifestContent(Descriptor(_media_type(answer, content), digest, len(content)), content)


def _ask_for_manifest(session: Session, call: Call, wanted: Scopes) -> Answer:
    answer = session.send(call, scopes=wanted)
    if answer.status != 200:
        raise failure_of(session, answer)
    _refuse_web_page(answer)
    return answer


def has_blob(session: Session, name: str, digest: Digest, *, size_bytes: int | None = None) -> bool:
    """Say whether a repository holds a blob.

    Args:
        size_bytes: how long it is, where that is known; then the answer must say the same.

    Raises:
        DigestMismatchError: the registry says that it has another length.
        PalletError: the registry could not tell.
    """
    answer = session.send(_blob_call(session, "HEAD", name, digest), scopes=scopes.pull(name))
    answer.discard()
    if _worth_asking_again(answer):
        answer = session.send(_blob_call(session, "GET", name, digest), scopes=scopes.pull(name))
    if answer.status == 200:
        answer.close()
        _check_blob(answer, digest, size_bytes)
        return True
    error = failure_of(session, answer)
    if isinstance(error, NotFoundError):
        return False
    raise error


def _check_blob(answer: Answer, digest: Digest, size_bytes: int | None) -> None:
    """Compare what an answer says of a blob with what is known of it; a web page is none."""
    length = answer.header(b"content-length") or ""
    encoding = (answer.header(b"content-encoding") or "identity").lower()
    if size_bytes is None or encoding != "identity" or _LENGTH.fullmatch(length) is None:
        refuse_web_page(answer, "a blob")
    elif int(length) != size_bytes:
        refuse_web_page(answer, "a blob")
        expected, got = f"{digest} ({size_bytes} bytes)", f"{int(length)} bytes"
        raise DigestMismatchError(answer.request, expected=expected, got=got)


def failure_of(session: Session, answer: Answer, *, fix: str | None = None) -> StoreError:
    """Return the exception for a refused call; only the registry itself can say 'not there'."""
    if answer.status in {401, 403} and answer.url.origin != answer.call.url.origin:
        return _refused_by_storage(answer)
    error = session.failure(answer, fix=fix)
    if not isinstance(error, NotFoundError):
        return error
    if _is_web_page(answer):
        return StoreError(
            f"{answer.url.origin}: {NOT_A_REGISTRY}: {answer.refusal().text}", fix=NOT_A_REGISTRY_FIX
        )
    if answer.url.origin != answer.call.url.origin:
        return StoreError(f"{answer.call.url.origin}: its storage has lost what it points to: {error}")
    return error


def _refused_by_storage(answer: Answer) -> StoreError:
    """Our credential never went there, so that nothing about it is wrong."""
    registry, storage = answer.call.url.origin, answer.url.origin
    error = failure(answer.refusal())
    return UnauthorisedError(
        f"{registry}: the storage that it points to, {storage}, refuses: {error}",
        fix=f"run again: a link to {storage} may have expired; if it stays, whoever runs the registry has to "
        "mend its access to the storage, or a proxy in between has to let the link through",
    )


def _manifest_call(session: Session, method: str, name: str, reference: Tag | Digest) -> Call:
    return Call(method, session.url(wire.manifest(name, reference)), Kind.MANIFEST, _ACCEPT_MANIFESTS)


def _blob_call(session: Session, method: str, name: str, digest: Digest) -> Call:
    url = session.url(wire.blob(name, digest))
    return Call(method, url, Kind.BLOB, _ACCEPT_ANYTHING, follows_redirects=True)


def _worth_asking_again(answer: Answer) -> bool:
    """Whether the body that only a GET has could explain, or contradict, a HEAD's answer."""
    if answer.status == 404:
        return False
    return 400 <= answer.status < 500 and answer.status not in _FINAL_WITHOUT_BODY


def _described(answer: Answer, reference: Tag | Digest) -> Descriptor | None:
    """Return what the headers of a HEAD say, None where one is missing or strange."""
    _refuse_web_page(answer)
    media_type, length = answer.media_type, answer.header(b"content-length")
    digest = _announced_digest(answer)
    if media_type not in _MANIFEST_TYPES or digest is None or not length or _LENGTH.fullmatch(length) is None:
        return None
    if isinstance(reference, Digest) and digest != reference:
        if digest.algorithm != reference.algorithm:
            return None
        raise DigestMismatchError(answer.request, expected=reference, got=digest)
    return Descriptor(media_type, digest, int(length))


def _announced_digest(answer: Answer) -> Digest | None:
    """The digest that the registry claims; one that cannot be verified counts as none."""
    try:
        return Digest(answer.header(b"docker-content-digest") or "")
    except ValueError:
        return None


def _media_type(answer: Answer, content: bytes) -> str:
    if answer.media_type in _MANIFEST_TYPES:
        return answer.media_type
    try:
        return manifests.parse(content).media_type
    except ValueError as exc:
        raise _unreadable(answer, exc) from exc


def _require_manifest(answer: Answer, content: bytes) -> None:
    try:
        manifests.parse(content)
    except ValueError as exc:
        raise _unreadable(answer, exc, fix=NOT_A_REGISTRY_FIX) from exc


def _unreadable(answer: Answer, exc: ValueError, *, fix: str | None = None) -> StoreError:
    advice = exc.fix if isinstance(exc, SchemaOneError) else fix
    return StoreError(f"{answer.request}: {exc}; Content-Type is {answer.media_type!r}", fix=advice)


def refuse_web_page(answer: Answer, expected: str) -> None:
    """Refuse a page that something sent that is no registry.

    Raises:
        StoreError: it is one.
    """
    if _is_web_page(answer):
        answer.close()
        raise StoreError(
            f"{answer.url.origin}: {NOT_A_REGISTRY}: {answer.request}: expected {expected}, got a web page",
            fix=NOT_A_REGISTRY_FIX,
        )


def _is_web_page(answer: Answer) -> bool:
    return answer.media_type == _WEB_PAGE and answer.header(b"docker-distribution-api-version") is None


def _refuse_web_page(answer: Answer) -> None:
    if answer.media_type == _WEB_PAGE:
        answer.close()
        raise StoreError(
            f"{answer.url.origin}: {NOT_A_REGISTRY}: {answer.request}: expected a manifest, got a web page",
            fix=NOT_A_REGISTRY_FIX,
        )
