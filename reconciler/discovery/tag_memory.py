"""What version tags were seen to name, and when: a tag list says no digests, and asking for each costs.

Decided here: only tags that are versions are remembered, since pallet never moves one, and what was seen is
believed for a day; whoever uses it says how old it is. One small file for each repository, below the cache of
manifests; files appear whole, by rename, so that any number of processes share them. What cannot be read is
not remembered. Must never be added: a floating tag, or a decision to publish or delete because of it.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.oci.reference import Tag

BELIEVED_S = 24 * 3600.0
"""A target may let versions be overwritten: then this is how long discovery may not see it."""
_TAGS_MAX = 8
"""Of each repository: only the newest versions are ever asked for."""
_FILE_MAX_BYTES = 8192
_FILES_MAX = 20_000
"""Some eighty megabytes of blocks; the ones that were written longest ago go first."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a tag named, and when, in seconds since 1970."""

    digest: Digest
    seen_s: float


class TagMemory:
    """Digests by repository and tag below one folder; safe to use from several threads and processes.

    Args:
        folder: of the cache of manifests; None for a memory that keeps nothing.
        clock: seconds since 1970.
    """

    def __init__(self, folder: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder / "tags" if folder is not None else None
        self.clock = clock

    def recall(self, subject: str, tag: Tag) -> Remembered | None:
        """Return what a version tag was seen to name; None where that is not known, or too long ago.

        Args:
            subject: the repository as people write it, host included.
            tag: a version.
        """
        found = self._read(subject).get(tag)
        if found is None or not 0 <= self.clock() - found.seen_s <= BELIEVED_S:
            return None
        return found

    def remember(self, subject: str, tag: Tag, digest: Digest) -> None:
        """Keep what a version tag names now; where that fails, nothing is kept."""
        if self._folder is None:
            return
        known = {**self._read(subject), tag: Remembered(digest, self.clock())}
        newest = sorted(known.items(), key=lambda item: item[1].seen_s, reverse=True)[:_TAGS_MAX]
        document = {"subject": subject, "tags": {name: [kept.digest, kept.seen_s] for name, kept in newest}}
        with suppress(OSError):
            self._write(subject, json.dumps(document).encode())

    def trim(self) -> None:
        """Forget the repositories that were asked for longest ago, until the rest is within the bound."""
        if self._folder is None:
            return
        with suppress(OSError), os.scandir(self._folder) as entries:
            files = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries)
            for _, path in files[: max(0, len(files) - _FILES_MAX)]:
                with suppress(OSError):
                    os.unlink(path)  # noqa: PTH108 (a text of scandir's)

    def _read(self, subject: str) -> dict[str, Remembered]:
        if self._folder is None:
            return {}
        try:
            with self._path(subject).open("rb") as stream:
                document = json.loads(stream.read(_FILE_MAX_BYTES))
            if document["subject"] != subject:
                return {}
            return {
                tag: Remembered(Digest(digest), float(seen_s))
                for tag, (digest, seen_s) in document["tags"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _write(self, subject: str, content: bytes) -> None:
        path = self._path(subject)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise

    def _path(self, subject: str) -> Path:
        assert self._folder is not None, "a memory without a folder has no files"
        return self._folder / sha256(subject.encode()).hexdigest()
