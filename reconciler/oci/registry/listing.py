"""Lists that come in pages: tags of a repository, repositories of a registry.

Spec: distribution-spec v1.1.1, "Content Discovery" (end-8); the catalog is distribution's.
Pages are bounded, since a hostile or broken server could go on for ever (oras-go#1215).
Must never be added: an order or a choice among what was listed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.errors import NotFoundError, StoreError
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.read import failure_of
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.scopes import Scopes
    from reconciler.oci.registry.urls import Url

PAGE_ENTRIES = 1000
"""What is asked for; ECR and distribution's catalog refuse more."""
PAGES_MAX = 1000
PAGE_MAX_BYTES = 16 * 1024 * 1024
"""distribution 2.x does not page: 100,000 long tags in one answer still fit."""


def list_tags(session: Session, name: str) -> list[Tag]:
    """Return all tags, sorted; entries that are no tags (null, digests) are passed over."""
    first = Call("GET", session.url(wire.tags(name, count=PAGE_ENTRIES)), Kind.TAGS)
    entries = _entries(session, first, "tags", scopes.pull(name))
    return sorted({tag for entry in entries if (tag := _tag(entry)) is not None})


def list_repositories(session: Session, prefix: str) -> list[Repository]:
    """Return all repositories below the prefix, without it, sorted."""
    first = Call("GET", session.url(wire.catalog(count=PAGE_ENTRIES)), Kind.CATALOG)
    start = f"{prefix}/" if prefix else ""
    try:
        names = list(_entries(session, first, "repositories", scopes.CATALOG))
    except NotFoundError as exc:
        raise StoreError(
            str(exc), fix="this registry does not list its repositories: name them instead"
        ) from exc
    stripped = (
        name.removeprefix(start) for name in names if isinstance(name, str) and name.startswith(start)
    )
    return sorted({found for name in stripped if (found := _repository(name)) is not None})


def _entries(session: Session, call: Call, key: str, wanted: Scopes) -> Iterator[object]:
    """Yield the entries of all pages."""
    seen_urls: set[Url] = set()
    seen: set[str] = set()
    while True:
        answer = session.send(call, scopes=wanted)
        if answer.status != 200:
            raise failure_of(session, answer)
        entries = _page(answer, key)
        yield from entries
        known_before = len(seen)
        seen.update(entry for entry in entries if isinstance(entry, str))
        seen_urls.add(call.url)
        following = _following(answer)
        if following is None:
            return
        if len(seen) == known_before or following in seen_urls or len(seen_urls) >= PAGES_MAX:
            raise StoreError(
                f"{answer.request}: the list does not end: page {len(seen_urls)} points to one more",
                fix="look into the registry's log; a proxy may drop the query of a URL",
            )
        call = Call("GET", following, call.kind)


def _page(answer: Answer, key: str) -> list[object]:
    try:
        document = json.loads(answer.read(PAGE_MAX_BYTES))
    except (ValueError, RecursionError) as exc:
        raise StoreError(f"{answer.request}: expected a list of {key} as JSON, got something else") from exc
    entries = document.get(key) if isinstance(document, dict) else document
    if entries is None and isinstance(document, dict):
        return []  # null is how Go writes an empty list
    if not isinstance(entries, list) or not isinstance(document, dict):
        raise StoreError(f"{answer.request}: {key}: expected a list, got {type(entries).__name__}")
    return entries


def _following(answer: Answer) -> Url | None:
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
