"""What refers to what in a layout: manifests whose `subject` says so, wherever index.json leads to them.

image-spec v1.1.1 has no list of referrers for layouts (image-spec#1171 is open). As oras does it: a
manifest with a subject is an entry of index.json without a name, and the subject inside counts. Tagged
ones, and those in an index, are found too. A manifest never changes under its digest, so what was read
of it is remembered. Must never be added: writing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from reconciler.oci.files import read_bounded
from reconciler.oci.layout_folders import blob_path
from reconciler.oci.manifest import Index, parse
from reconciler.oci.media_types import INDEXES, MANIFEST_MAX_BYTES, MANIFESTS
from reconciler.oci.referrer_index import describe_referrer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.oci.digest import Digest
    from reconciler.oci.layout_index import LayoutIndex
    from reconciler.oci.manifest import Descriptor

_REMEMBERED = 65_536
"""Manifests; those of the largest repositories in use."""
_TYPES = frozenset((*MANIFESTS, *INDEXES))

_Referrer = tuple["Digest", "Descriptor"]
"""The subject, and the entry that refers to it."""


class ReferrerCache:
    """Reads the manifests of many folders, each once, from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Digest, tuple[_Referrer | None, tuple[Descriptor, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, folder: Path, index: LayoutIndex, subject: Digest) -> list[Descriptor]:
        """Return what refers to `subject`, each digest once.

        Raises:
            OSError: a manifest cannot be read; one that is not there is passed over.
        """
        found: dict[Digest, Descriptor] = {}
        for referrer in self._walk(folder, index):
            if referrer[0] == subject:
                found.setdefault(referrer[1].digest, referrer[1])
        return list(found.values())

    def _walk(self, folder: Path, index: LayoutIndex) -> Iterator[_Referrer]:
        pending, seen = list(index.digests.values()), set[str]()
        while pending:
            entry = pending.pop()
            if entry.digest in seen or entry.media_type not in _TYPES:
                continue
            seen.add(entry.digest)
            try:
                referrer, children = self._read(folder, entry.digest)
            except FileNotFoundError:
                continue  # deleted since, or an index of which not every platform is here
            pending.extend(children)
            if referrer is not None:
                yield referrer

    def _read(self, folder: Path, digest: Digest) -> tuple[_Referrer | None, tuple[Descriptor, ...]]:
        path = blob_path(folder, digest)
        with self._lock:
            known = self._known.get(digest)
        if known is not None:
            path.stat()  # it may be deleted by now
            return known
        read = _understand(read_bounded(path, max_bytes=MANIFEST_MAX_BYTES), digest)
        with self._lock:
            self._known[digest] = read
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return read


def _understand(content: bytes, digest: Digest) -> tuple[_Referrer | None, tuple[Descriptor, ...]]:
    try:
        manifest = parse(content)
        described = describe_referrer(content, digest)
    except ValueError:
        return None, ()
    children = manifest.manifests if isinstance(manifest, Index) else ()
    return (None if described is None else (described[0].digest, described[1])), children
