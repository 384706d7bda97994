"""Who wrote what, when, and whether the store took it: one JSON line for each write, and for each pull.

Decided here: what a line says. A line is appended after the store has answered, with one write to a file
opened for appending, so that several processes may share it; what cannot be recorded fails, since an
audit with holes is none. Must never be added: content, or credentials.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from time import time
from typing import TYPE_CHECKING

from reconciler.errors import (
    DigestMismatchError,
    PalletError,
    RefusedError,
    StoreError,
    UnreachableError,
    UsageError,
)
from reconciler.oci.digest import Digest
from reconciler.oci.files import disk_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.oci.blob import Blob
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import ManifestContent, Store


OWN_FOLDER = ".pallet"
"""Beside pallet.toml, for what pallet keeps."""


class Deed(StrEnum):
    """What was asked of the store."""

    BLOB = "blob"
    MOUNT = "mount"
    MANIFEST = "manifest"
    TAG = "tag"
    DELETE = "delete"
    PULL = "pull"


@dataclass(frozen=True, slots=True)
class Trail:
    """A file that lines are appended to."""

    path: Path
    target: str
    """Name of the target, or its URL where it has none."""
    user: Callable[[], str | None] = lambda: None
    """Who we are to the store; None for nobody in particular."""
    now_s: Callable[[], float] = field(default=time)

    def open(self) -> None:
        """Make certain that lines can be written, before anything is done that would need one.

        Raises:
            UnreachableError: the file cannot be appended to, or its folder is missing: one that is created
                for a typo would be an audit that nobody finds. Only pallet's own folder is created.
        """
        folder = self.path.parent
        with disk_failures("audit file", self.path):
            if folder.name == OWN_FOLDER:
                folder.mkdir(exist_ok=True)
            try:
                os.close(self._open())
            except FileNotFoundError as exc:
                if folder.is_dir():
                    raise
                raise UnreachableError(
                    f"audit file: {self.path}: expected its folder, got nothing there",
                    fix=f"create it: mkdir -p {shlex.quote(str(folder))}; or mend file of [audit]",
                ) from exc

    def tell(
        self, deed: Deed, reference: str, digest: Digest | None, failure: PalletError | None = None
    ) -> None:
        """Append one line.

        Raises:
            UnreachableError: it cannot be written.
        """
        moment = datetime.fromtimestamp(self.now_s(), UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "target": self.target,
            "reference": reference,
            "digest": digest,
            "action": deed.value,
            "outcome": _outcome(deed, failure),
            "user": self.user(),
        }
        if failure is not None:
            line["error"] = str(failure)
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        content = text.encode()
        with (
            disk_failures("audit file", self.path),
            open(self._open(), "ab", buffering=0) as file,  # noqa: PTH123 (a descriptor, opened as below)
        ):
            if file.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)


def _outcome(deed: Deed, failure: PalletError | None) -> str:
    """A store that answered with a failure has refused; where no answer came, nobody knows what was written.

    Of a pull it is known: either we rejected what the store gave, or it failed on its way or on the disk.
    """
    if failure is None:
        return "accepted"
    if isinstance(failure, StoreError):
        return "refused"
    if deed is not Deed.PULL:
        return "unknown"
    return "rejected" if isinstance(failure, RefusedError | DigestMismatchError | UsageError) else "failed"


class AuditedStore:
    """A store that writes down what is written to it; implements `reconciler.oci.store.Store`."""

    def __init__(self, store: Store, trail: Trail) -> None:
        self._store, self.trail = store, trail
        self._is_ready = False

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        return self._store.head_manifest(repository, reference)

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        return self._store.fetch_manifest(repository, reference)

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        digest = reference if isinstance(reference, Digest) else Digest.of(content)
        with self._telling(Deed.MANIFEST, self.name(repository, reference), digest):
            return self._store.put_manifest(repository, reference, content, media_type)

    def put_tags(
        self, repository: Repository, tags: Sequence[Tag], content: bytes, media_type: str
    ) -> Mapping[Tag, PalletError]:
        digest = Digest.of(content)
        self.prepare()
        try:
            failures = self._store.put_tags(repository, tags, content, media_type)
        except PalletError as exc:
            for tag in tags:
                self.trail.tell(Deed.TAG, self.name(repository, tag), digest, exc)
            raise
        for tag in tags:
            self.trail.tell(Deed.TAG, self.name(repository, tag), digest, failures.get(tag))
        return failures

    def delete_manifest(self, repository: Repository, reference: Tag | Digest) -> None:
        digest = reference if isinstance(reference, Digest) else None
        with self._telling(Deed.DELETE, self.name(repository, reference), digest):
            self._store.delete_manifest(repository, reference)

    def has_blob(self, repository: Repository, digest: Digest, *, size_bytes: int | None = None) -> bool:
        return self._store.has_blob(repository, digest, size_bytes=size_bytes)

    def fetch_blob(
        self, repository: Repository, descriptor: Descriptor, *, offset: int = 0
    ) -> Iterator[bytes]:
        return self._store.fetch_blob(repository, descriptor, offset=offset)

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        self.prepare()
        reference = self.name(repository, blob.digest)
        try:
            mounted = self._store.mount_blob(repository, blob, source)
        except PalletError as exc:
            self.trail.tell(Deed.MOUNT, reference, blob.digest, exc)
            raise
        if mounted:  # otherwise the bytes are sent, which is a line of its own
            self.trail.tell(Deed.MOUNT, reference, blob.digest)
        return mounted

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        with self._telling(Deed.BLOB, self.name(repository, blob.digest), blob.digest):
            self._store.put_blob(repository, blob)

    def list_tags(self, repository: Repository) -> list[Tag]:
        return self._store.list_tags(repository)

    def list_repositories(self) -> list[Repository]:
        return self._store.list_repositories()

    def list_referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None = None
    ) -> list[Descriptor] | None:
        return self._store.list_referrers(repository, subject, artifact_type)

    def give_way(self, times: int) -> None:
        self._store.give_way(times)

    def name(self, repository: Repository, reference: Tag | Digest | None = None) -> str:
        return self._store.name(repository, reference)

    def close(self) -> None:
        self._store.close()

    def tell_pull(
        self,
        repository: Repository,
        reference: Tag | Digest | None,
        digest: Digest | None,
        failure: PalletError | None = None,
    ) -> None:
        """Append a line about a pull; without a reference where it never was known which one."""
        self.prepare()
        self.trail.tell(Deed.PULL, self.name(repository, reference), digest, failure)

    def prepare(self) -> None:
        """Make certain once that what follows can be told.

        Raises:
            UnreachableError: it could not.
        """
        if not self._is_ready:
            self.trail.open()
            self._is_ready = True

    @contextmanager
    def _telling(self, deed: Deed, reference: str, digest: Digest | None) -> Iterator[None]:
        self.prepare()
        try:
            yield
        except PalletError as exc:
            self.trail.tell(deed, reference, digest, exc)
            raise
        self.trail.tell(deed, reference, digest)


def tell_pull(store: Store, repository: Repository, reference: Tag | Digest, digest: Digest) -> None:
    """Write a copy's pull down where its source is audited: only who copies knows that reading was one.

    Copies tell only what they took: of one that fails, the lines of the destination's writes tell.
    """
    if isinstance(store, AuditedStore):
        store.tell_pull(repository, reference, digest)
