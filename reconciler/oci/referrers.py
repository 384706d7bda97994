"""What refers to a manifest, wherever a store keeps that: in its referrers API, or in a list under a tag.

Spec: distribution-spec v1.1.1, "Listing Referrers" (end-12) and "Referrers Tag Schema". Where a store
has no API, the list under the fallback tag is read, merged, written and, after a pause, read again: nothing
in the specification keeps two writers apart (conditional requests are no part of it, and distribution
ignores If-Match), so a lost entry is noticed and put back, up to a few times.
Must never be added: what a referrer means.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.errors import ImmutableTagError, NotFoundError, RefusedError, StoreError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.referrer_index import (
    describe_referrer,
    fallback_tag,
    of_type,
    read_entries,
    with_referrer,
    without_referrer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store

WRITES_MAX = 5
"""Whoever loses a race this often shares the repository with something that writes all the time."""
_STRIPES = 64
_LOCKS = tuple(threading.Lock() for _ in range(_STRIPES))
"""More queues than any sensible number of jobs; two subjects that share one only wait for each other."""


class Source(StrEnum):
    """Who said what refers to a manifest."""

    API = "api"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Referrers:
    """What refers to one manifest, and how that is known."""

    entries: tuple[Descriptor, ...]
    source: Source
    tag: Tag | None = None
    """The fallback tag, where that was asked."""
    note: str | None = None
    """Why the fallback tag was not believed."""


def look_up(
    store: Store, repository: Repository, subject: Digest, artifact_type: str | None = None
) -> Referrers:
    """Return what refers to a manifest, sorted by type and digest; nothing is no failure.

    Raises:
        PalletError: the store could not tell.
    """
    listed = store.list_referrers(repository, subject, artifact_type)
    if listed is not None:
        return Referrers(_in_order(listed), Source.API)
    tag = fallback_tag(subject)
    try:
        content = _read_list(store, repository, subject)
    except RefusedError as exc:
        return Referrers((), Source.TAG, tag, str(exc))
    entries = [] if content is None else of_type(read_entries(content), artifact_type)
    return Referrers(_in_order(entries), Source.TAG, tag)


def referrers_of(
    store: Store, repository: Repository, subject: Digest, artifact_type: str | None = None
) -> list[Descriptor]:
    """Return what refers to a manifest, sorted by type and digest, from the API or the fallback tag.

    Raises:
        PalletError: the store could not tell.
    """
    return list(look_up(store, repository, subject, artifact_type).entries)


def put_referrer(store: Store, repository: Repository, content: bytes, media_type: str) -> Descriptor:
    """Store a manifest that has a subject, by its digest, so that it is listed; return its entry in the list.

    Its blobs are there already. Putting it twice is harmless.

    Raises:
        StoreError: the manifest has no subject, or was not confirmed to be listed.
        RefusedError: something else stands under the fallback tag.
        ImmutableTagError: the store does not let the fallback tag move.
        PalletError: nothing was confirmed.
    """
    digest = Digest.of(content)
    subject, entry = _describe(store, repository, content, digest)
    has_api = store.list_referrers(repository, subject, entry.artifact_type) is not None
    if not has_api:
        _read_list(store, repository, subject)  # what cannot be listed is not even stored
    store.put_manifest(repository, digest, content, media_type)
    if not has_api:
        list_referrer(store, repository, subject, entry)
    return entry


def list_referrer(store: Store, repository: Repository, subject: Digest, entry: Descriptor) -> None:
    """Let a manifest that is there be found by its subject; a store with the API does that by itself.

    Raises:
        PalletError: as `put_referrer` says.
    """
    if store.list_referrers(repository, subject, entry.artifact_type) is None:
        _change_list(store, repository, subject, lambda content: with_referrer(content, entry), entry.digest)


def drop_referrer(store: Store, repository: Repository, subject: Digest, referrer: Digest) -> bool:
    """Take a manifest out of its subject's list, before it is deleted; say whether it stood there.

    A store with the API does that by itself.

    Raises:
        PalletError: the store could not tell, or did not confirm it.
    """
    if store.list_referrers(repository, subject) is not None:
        return False
    with _lock(store, repository, subject):
        tag = fallback_tag(subject)
        try:
            content = _read_list(store, repository, subject)
        except RefusedError:
            return False  # what stands there lists nothing
        if content is None:
            return False
        changed = without_referrer(content, referrer)
        if changed != content:
            store.put_manifest(repository, tag, changed, media_types.OCI_INDEX)
        return changed != content


def _describe(
    store: Store, repository: Repository, content: bytes, digest: Digest
) -> tuple[Digest, Descriptor]:
    name = store.name(repository, digest)
    try:
        described = describe_referrer(content, digest)
    except ValueError as exc:
        raise StoreError(f"{name}: manifest refused: {exc}") from exc
    if described is None:
        raise StoreError(f"{name}: manifest refused: expected one that refers to another, got no subject")
    return described[0].digest, described[1]


def _change_list(
    store: Store,
    repository: Repository,
    subject: Digest,
    change: Callable[[bytes | None], bytes],
    listed: Digest,
) -> None:
    """Read, merge, write and, after a pause, read again until `listed` stays in the list.

    One more reading is enough where the list is as it was left. Where it is not, others write too, and only
    two readings alike, the second after a longer pause, say that they are done.
    """
    tag = fallback_tag(subject)
    with _lock(store, repository, subject):
        left: bytes | None = None
        for times in range(WRITES_MAX + 1):
            content = _read_list(store, repository, subject)
            changed = change(content)
            if changed == content and left in {None, content}:
                return
            if changed != content:
                _put_list(store, repository, tag, changed)
            left = changed
            store.give_way(times)
        if changed == content:
            return  # it stands there, however much goes on around it
    raise StoreError(
        f"{store.name(repository, tag)}: somebody else changes this list all the time: "
        f"expected it to hold {listed}, got it without after {WRITES_MAX} attempts",
        fix="run again when nobody else attaches something to the same artifact",
    )


def _put_list(store: Store, repository: Repository, tag: Tag, content: bytes) -> None:
    try:
        store.put_manifest(repository, tag, content, media_types.OCI_INDEX)
    except ImmutableTagError as exc:
        raise ImmutableTagError(
            f"{store.name(repository, tag)}: the list of what refers to an artifact cannot grow: "
            f"tags are immutable here, and this registry has no referrers API: {exc}",
            fix="let tags that begin with sha256- be overwritten in this repository",
        ) from exc


def _read_list(store: Store, repository: Repository, subject: Digest) -> bytes | None:
    """Return what the fallback tag holds, None where it is absent.

    Raises:
        RefusedError: it holds something that is no list of referrers, which must not be overwritten.
    """
    tag = fallback_tag(subject)
    try:
        found = store.fetch_manifest(repository, tag)
    except NotFoundError:
        return None
    name = store.name(repository, tag)
    fix = "ask for a registry with the referrers API, or take away what stands under this tag"
    if found.descriptor.digest == subject:
        # GitLab resolves this tag to the subject itself (oras-go#1396).
        raise RefusedError(
            f"{name}: not a list of referrers: expected an index, got the artifact itself", fix=fix
        )
    if found.descriptor.media_type != media_types.OCI_INDEX:
        message = f"expected {media_types.OCI_INDEX}, got {found.descriptor.media_type}"
        raise RefusedError(f"{name}: not a list of referrers: {message}", fix=fix)
    try:
        read_entries(found.content)
    except ValueError as exc:
        raise RefusedError(f"{name}: not a list of referrers: {exc}", fix=fix) from exc
    return found.content


def _lock(store: Store, repository: Repository, subject: Digest) -> threading.Lock:
    return _LOCKS[hash((id(store), repository, subject)) % _STRIPES]


def _in_order(entries: list[Descriptor]) -> tuple[Descriptor, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.artifact_type or "", entry.digest)))
