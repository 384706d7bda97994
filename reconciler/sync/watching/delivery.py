"""One artifact into the channel: ask what its tags hold, and publish where that is something else.

Decided here: the order of requests, and what a failure means for the next attempt. The manifest is the one
that sync would publish, byte for byte.
Must never be added: a version tag, a floating tag of releases, or the lock.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from queue import SimpleQueue
from typing import TYPE_CHECKING

from reconciler.errors import (
    DigestMismatchError,
    HiddenError,
    ImmutableTagError,
    NotFoundError,
    PalletError,
    RefusedError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
    UnreachableError,
    UnsupportedError,
)
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.sameness import recognise
from reconciler.oci.transfer import push_artifact, push_referrer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Tag
    from reconciler.oci.store import Store
    from reconciler.sync.watching.ledger import Goal


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the registry has confirmed."""

    name: str
    version: str
    digest: Digest
    tags: tuple[Tag, ...]
    reference: str
    """With the last tag, which is the channel's where it has it."""


class Trouble(Enum):
    """What a failure means for the next attempt."""

    AWAY = "nothing else would get through either"
    LATER = "it may get through later"
    NEVER = "it will not get through until it changes"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one goal; all empty where its tags hold it already."""

    goal: Goal
    held: dict[Tag, Digest | None]
    reference: str
    """As people write it, with the channel's tag where it has it."""
    pushed: Pushed | None = None
    error: PalletError | None = None
    trouble: Trouble | None = None


class Deliverer:
    """Threads that bring goals into a store, for as long as a watch lasts."""

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="deliver")
        self._is_let_in = False
        """Whether any artifact got through: who is refused one then may still publish others."""

    def deliver(self, store: Store, goals: Sequence[Goal]) -> Iterator[Delivery]:
        """Yield what becomes of each goal, as soon as it is known; once the store is away, of no more."""
        away = threading.Event()
        finished: SimpleQueue[Future[Delivery | None]] = SimpleQueue()
        for goal in goals:
            self._pool.submit(self._deliver_unless, away, store, goal).add_done_callback(finished.put)
        for _ in goals:
            delivery = finished.get().result()
            if delivery is not None:
                yield delivery

    def _deliver_unless(self, away: threading.Event, store: Store, goal: Goal) -> Delivery | None:
        if away.is_set():
            return None
        delivery = deliver(store, goal)
        self._is_let_in |= delivery.error is None
        if delivery.trouble is Trouble.AWAY:
            if self._is_let_in and isinstance(delivery.error, UnauthorisedError):
                return replace(delivery, trouble=Trouble.LATER)
            away.set()
        return delivery

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def deliver(store: Store, goal: Goal) -> Delivery:
    """Publish one artifact under its tags, unless they name it already."""
    held: dict[Tag, Digest | None] = {}
    reference = store.name(goal.wanted.name, goal.tags[-1])
    try:
        if not goal.is_known:
            held = {tag: _seen(store, goal, tag) for tag in goal.tags}
            if all(digest == goal.wanted.digest for digest in held.values()):
                return Delivery(goal, held, reference)
        return Delivery(goal, held, reference, pushed=_push(store, goal, reference))
    except PalletError as exc:
        return Delivery(goal, held, reference, error=exc, trouble=judge(exc))
    except OSError as exc:
        # A file that has gone since it was built: somebody is at it, and the next run takes that in.
        error = PalletError(f"{exc.filename or goal.wanted.name}: {exc.strerror or exc}")
        return Delivery(goal, held, reference, error=error, trouble=Trouble.LATER)
    except Exception as exc:  # noqa: BLE001 (one artifact's mistake must not end the watch)
        mistake = PalletError(f"a mistake in pallet: {exc!r}", fix="please report it")
        return Delivery(goal, held, reference, error=mistake, trouble=Trouble.NEVER)


def judge(exc: PalletError) -> Trouble:
    """Say what a failure means for the next attempt."""
    match exc:
        case ImmutableTagError() | RefusedError() | UnsupportedError():
            return Trouble.NEVER
        case UnreachableError() | ThrottledError() | UnauthorisedError():
            return Trouble.AWAY
        case DigestMismatchError() | StoreError():
            return Trouble.LATER
        case _:
            return Trouble.LATER


def _seen(store: Store, goal: Goal, tag: Tag) -> Digest | None:
    try:
        held = store.head_manifest(goal.wanted.name, tag).digest
        return recognise(store, goal.wanted.name, tag, held, [goal.wanted.digest])
    except (NotFoundError, HiddenError):
        return None


def _push(store: Store, goal: Goal, reference: str) -> Pushed:
    wanted, tags = goal.wanted, goal.tags
    first = wanted.digest if wanted.attachments else tags[0]
    push_artifact(
        store,
        wanted.name,
        first,
        wanted.manifest,
        wanted.media_type,
        wanted.blobs,
        children=wanted.children,
    )
    for attachment in wanted.attachments:
        push_referrer(store, wanted.name, attachment.manifest, OCI_MANIFEST, attachment.blobs)
    for tag in tags if wanted.attachments else tags[1:]:
        store.put_manifest(wanted.name, tag, wanted.manifest, wanted.media_type)
    return Pushed(wanted.name, wanted.version.text, wanted.digest, tags, reference)
