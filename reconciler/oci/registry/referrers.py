"""The referrers API: what refers to a manifest, and whether a registry has the API at all.

Spec: distribution-spec v1.1.1, "Listing Referrers" (end-12). Decided here: which answers mean 'no API
here', so that the fallback tag counts, and which mean 'could not tell', which are failures. What was
seen is remembered for each repository, since one host may serve several kinds of them.
Must never be added: the fallback tag, which any store can have; see `oci.referrers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.referrer_index import describe_referrer, read_entries
from reconciler.oci.registry import listing, scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.listing import PAGE_MAX_BYTES, PAGES_MAX
from reconciler.oci.registry.read import failure_of
from reconciler.oci.registry.rereading import read_whole
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.urls import Url

_REDIRECTS_MAX = 3
_HEADERS = (("Accept", media_types.OCI_INDEX),)
_MOVED = frozenset({301, 302, 307, 308})
_NO_API = frozenset({404, 405, 406})
"""Seen for an endpoint that is not there: 404 nearly everywhere, 405 at gateways, 406 where the path is
taken for another one (go-containerregistry#1962)."""
_FILTER = "artifacttype"


def list_referrers(
    session: Session, name: str, subject: Digest, artifact_type: str | None
) -> list[Descriptor] | None:
    """Return what refers to a manifest, each digest once; None where the registry has no API.

    Raises:
        UnauthorisedError: the registry does not let us ask.
        StoreError: the list is none, or does not end.
        PalletError: the registry could not tell.
    """
    if session.referrers.of(name) is False:
        return None
    answer, content = _read(session, session.url(wire.referrers(name, subject, artifact_type)), name)
    if content is None:
        _require_no_api(session, name, answer)
        # Where another subject was answered, this one is not known there: nothing refers to it.
        return [] if session.referrers.has_answered(name) else None
    session.referrers.learn(name, has_api=True)
    found: dict[Digest, Descriptor] = {}
    for page, listed in _pages(session, name, answer, content):
        for entry in _entries(page, listed, artifact_type):
            found.setdefault(entry.digest, entry)
    return list(found.values())


def note_subject(session: Session, name: str, answer: Answer, content: bytes) -> None:
    """Take `OCI-Subject` of a PUT's answer as a hint, where it names the very subject that was sent."""
    said = answer.header(b"oci-subject")
    if said is None:
        return
    described = describe_referrer(content, Digest.of(content))
    if described is not None and described[0].digest == said:
        session.referrers.hint(name)


def _read(session: Session, url: Url, name: str) -> tuple[Answer, bytes | None]:
    """Return an answer and its body, None where it is no list."""
    return read_whole(session.transport, lambda: _ask(session, url, name), PAGE_MAX_BYTES, is_wanted=_is_list)


def _ask(session: Session, url: Url, name: str) -> Answer:
    """Send the request; a redirect within the same server is followed, any other one is an answer."""
    for _ in range(_REDIRECTS_MAX + 1):
        answer = session.send(Call("GET", url, Kind.REFERRERS, _HEADERS), scopes=scopes.pull(name))
        location = answer.header(b"location")
        if answer.status not in _MOVED or location is None:
            return answer
        try:
            target = answer.url.join(location)
        except ValueError:
            return answer
        if target.origin != url.origin:
            return answer  # a login page, or GitHub's web site: nothing to follow with our credentials
        answer.discard()
        url = target
    raise StoreError(f"{answer.request}: more than {_REDIRECTS_MAX} redirects")


def _pages(session: Session, name: str, answer: Answer, content: bytes) -> Iterator[tuple[Answer, bytes]]:
    """Yield the first page and those that its links lead to."""
    seen: set[Url] = set()
    while True:
        seen.add(answer.url)
        yield answer, content
        url = _following(answer, seen)
        if url is None:
            return
        answer, following = _read(session, url, name)
        if following is None:
            raise failure_of(session, answer)
        content = following


def _is_list(answer: Answer) -> bool:
    return answer.status == 200 and answer.media_type == media_types.OCI_INDEX


def _require_no_api(session: Session, name: str, answer: Answer) -> None:
    """Accept an answer that means 'no API'.

    Raises:
        PalletError: it means something else.
    """
    if answer.status == 400:
        # Not remembered: it may be this digest's algorithm alone that the registry does not know.
        answer.discard()
    elif answer.status == 200 or 300 <= answer.status < 400 or answer.status in _NO_API:
        codes = answer.refusal().complaint.codes
        # An unknown repository says nothing about the API: it may be made in the next moment.
        if answer.status != 404 or "NAME_UNKNOWN" not in codes:
            session.referrers.learn(name, has_api=False)
    else:
        raise failure_of(session, answer)


def _entries(answer: Answer, content: bytes, artifact_type: str | None) -> list[Descriptor]:
    filtered = artifact_type is not None and _FILTER in _filters(answer)
    try:
        entries = read_entries(content)
    except ValueError as exc:
        raise StoreError(f"{answer.request}: {exc}") from exc
    if artifact_type is None:
        return entries
    # Always filtered here too, since a page's link may lose the query. An entry that says no type is
    # believed to be of the right one where the registry says that it has filtered.
    return [
        entry
        for entry in entries
        if entry.artifact_type == artifact_type or (filtered and entry.artifact_type is None)
    ]


def _filters(answer: Answer) -> set[str]:
    lines = answer.header_lines(b"oci-filters-applied")
    return {part.strip().lower() for line in lines for part in line.split(",")}


def _following(answer: Answer, seen: set[Url]) -> Url | None:
    url = listing.next_page(answer)
    if url is not None and (url in seen or len(seen) >= PAGES_MAX):
        raise listing.endless(answer, len(seen))
    return url
