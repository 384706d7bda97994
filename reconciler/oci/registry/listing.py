"""Lists that come in pages: tags of a repository, repositories of a registry.

Spec: distribution-spec v1.1.1, "Content Discovery" (end-8); the catalog is distribution's.
Pages are bounded, since a hostile or broken server could go on for ever (oras-go#1215). A full page
without a link may have a successor in registries of old: that is asked for, once nothing new comes it ends.
Must never be added: an order or a choice among what was listed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import NotFoundError, StoreError
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.hiding import read_unless_hidden
from reconciler.oci.registry.read import failure_of
from reconciler.oci.registry.rereading import read_whole
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.scopes import Scopes
    from reconciler.oci.registry.urls import Url

PAGES_MAX = 1000
PAGE_MAX_BYTES = 16 * 1024 * 1024
"""distribution 2.x does not page: 100,000 long tags in one answer still fit."""
CAREFUL_PAGE_SIZE = 100
"""What every registry serves at once, also one that refuses what its profile says."""
_TOO_MANY = frozenset({400, 413, 416, 422})
"""Seen for a page that is too large: distribution's catalog answers 400 PAGINATION_NUMBER_INVALID, ECR 400
UNSUPPORTED (go-containerregistry#1091)."""
_NOTHING_MORE = frozenset({400, 404, 405, 416, 422})
"""What a registry that knows no `last` may answer to it."""


@dataclass(frozen=True, slots=True)
class _List:
    """What is listed: how its pages are asked for, and where the entries stand in an answer."""

    kind: Kind
    key: str
    scopes: Scopes
    target: Callable[[int, str], str]
    """Takes how many entries, and after which one; an empty text for the first page."""


def list_tags(session: Session, name: str) -> list[Tag]:
    """Return all tags, sorted; entries that are no tags (null, digests) are passed over."""

    def read(rights: Scopes) -> list[object]:
        wanted = _List(Kind.TAGS, "tags", rights, lambda count, last: wire.tags(name, count=count, last=last))
        return list(_entries(session, wanted))

    entries = read_unless_hidden(session, name, read)
    return sorted({tag for entry in entries if (tag := _tag(entry)) is not None})


def list_repositories(session: Session, prefix: str) -> list[Repository]:
    """Return all repositories below the prefix, without it, sorted."""
    wanted = _List(
        Kind.CATALOG,
        "repositories",
        scopes.CATALOG,
        lambda count, last: wire.catalog(count=count, last=last),
    )
    start = f"{prefix}/" if prefix else ""
    try:
        names = list(_entries(session, wanted))
    except NotFoundError as exc:
        raise StoreError(
            str(exc), fix="this registry does not list its repositories: name them instead"
        ) from exc
    stripped = (
        name.removeprefix(start) for name in names if isinstance(name, str) and name.startswith(start)
    )
    return sorted({found for name in stripped if (found := _repository(name)) is not None})


def _entries(session: Session, wanted: _List) -> Iterator[object]:
    """Yield the entries of all pages."""
    answer, content = _first(session, wanted)
    seen_urls: set[Url] = set()
    seen: set[str] = set()
    linked = False
    while True:
        entries = _page(answer, content, wanted.key)
        yield from entries
        known_before = len(seen)
        seen.update(entry for entry in entries if isinstance(entry, str))
        nothing_new = len(seen) == known_before
        seen_urls.add(answer.url)
        following = next_page(answer)
        linked = linked or following is not None
        is_guess = following is None
        if is_guess:
            following = None if linked or nothing_new else _guess(session, wanted, entries)
        if following is None:
            return
        if nothing_new or following in seen_urls or len(seen_urls) >= PAGES_MAX:
            raise endless(answer, len(seen_urls))
        answer, page = _ask(session, wanted, following)
        if page is None:
            if not is_guess or answer.status not in _NOTHING_MORE:
                raise failure_of(session, answer)
            answer.discard()
            return
        content = page


def _first(session: Session, wanted: _List) -> tuple[Answer, bytes]:
    """Return the first page; a registry that refuses its size is asked for smaller ones from then on."""
    while True:
        count = session.page_size
        url = session.url(wanted.target(count, ""))
        answer, content = _ask(session, wanted, url)
        if content is not None:
            return answer, content
        if answer.status not in _TOO_MANY or count <= CAREFUL_PAGE_SIZE:
            raise failure_of(session, answer)
        answer.discard()
        session.page_size = CAREFUL_PAGE_SIZE


def _ask(session: Session, wanted: _List, url: Url) -> tuple[Answer, bytes | None]:
    """Return a page; its body is None where the registry refuses it."""
    call = Call("GET", url, wanted.kind)
    return read_whole(session.transport, lambda: session.send(call, scopes=wanted.scopes), PAGE_MAX_BYTES)


def _guess(session: Session, wanted: _List, entries: list[object]) -> Url | None:
    """Return where more could be though no link says so, as with registries before OCI 1.0."""
    last = entries[-1] if len(entries) == session.page_size else None
    if not isinstance(last, str) or not last:
        return None
    return session.url(wanted.target(session.page_size, last))


def _page(answer: Answer, content: bytes, key: str) -> list[object]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise StoreError(f"{answer.request}: expected a list of {key} as JSON, got something else") from exc
    entries = document.get(key) if isinstance(document, dict) else document
    if entries is None and isinstance(document, dict):
        return []  # null is how Go writes an empty list
    if not isinstance(entries, list) or not isinstance(document, dict):
        raise StoreError(f"{answer.request}: {key}: expected a list, got {type(entries).__name__}")
    return entries


def endless(answer: Answer, pages: int) -> StoreError:
    """Return the failure of a list that goes on and on."""
    return StoreError(
        f"{answer.request}: the list does not end: page {pages} points to one more",
        fix="look into the registry's log; a proxy may drop the query of a URL",
    )


def next_page(answer: Answer) -> Url | None:
    """Return where the next page is, None where there is none.

    Raises:
        StoreError: it is on another server, or nowhere.
    """
    try:
        return wire.next_page(answer.url, answer.header_lines(b"link"))
    except ValueError as exc:
        raise StoreError(f"{answer.request}: its next page is refused: {exc}") from exc


def _tag(entry: object) -> Tag | None:
    try:
        return Tag(entry) if isinstance(entry, str) else None
    except ValueError:
        return None


def _repository(name: str) -> Repository | None:
    try:
        return Repository(name)
    except ValueError:
        return None
