"""Two artifacts side by side: manifests, configs and layers, and what is in them.

Decided here: what is held against what. Layers by title, else by place; children of an index by platform,
else by place, and so on down, so far. Equal digests are equal, and nothing of them is read.
Must never be added: which two are meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from reconciler.desired.build import TITLE
from reconciler.errors import NotFoundError, StoreError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.manifest import Index, Manifest, parse
from reconciler.sync.contents import Content, How, Part, compare_contents, whole
from reconciler.sync.differences import Change, compare_manifests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_DEPTH_MAX = 3
"""Indexes within indexes are followed so far."""


class Side(Protocol):
    """One of two artifacts: where its parts are read."""

    @property
    def name(self) -> str:
        """What people call it."""

    def manifest(self, digest: Digest) -> bytes:
        """Return a manifest's bytes.

        Raises:
            PalletError: it is not there, or could not be read.
        """

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob's bytes, verified.

        Raises:
            PalletError: it is not there, or could not be read.
        """


@dataclass(frozen=True, slots=True)
class StoreSide:
    """An artifact of a store."""

    name: str
    store: Store
    repository: Repository

    def manifest(self, digest: Digest) -> bytes:
        return self.store.fetch_manifest(self.repository, digest).content

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        return self.store.fetch_blob(self.repository, descriptor)


@dataclass(frozen=True, slots=True)
class TreeSide:
    """An artifact as the files give it."""

    name: str
    wanted: Wanted

    def manifest(self, digest: Digest) -> bytes:
        contents = {child.descriptor.digest: child.content for child in self.wanted.children}
        contents[self.wanted.digest] = self.wanted.manifest
        if digest not in contents or not contents[digest]:
            raise NotFoundError(f"{self.name}: {digest}: its build output is not in this clone")
        return contents[digest]

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        for blob in self.wanted.blobs:
            if blob.digest == descriptor.digest:
                with blob.open() as stream:
                    while piece := stream.read(CHUNK_BYTES):
                        yield piece
                return
        raise NotFoundError(f"{self.name}: {descriptor.digest}: not in this clone")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two artifacts differ."""

    before: str
    after: str
    digests: tuple[Digest, Digest]
    parts: tuple[Part, ...]
    """Empty where they are the same."""

    @property
    def is_same(self) -> bool:
        return self.digests[0] == self.digests[1]


def compare(before: Side, after: Side, digests: tuple[Digest, Digest]) -> Comparison:
    """Return how two artifacts differ.

    Raises:
        PalletError: a part of them could not be read.
    """
    comparing = _Comparing(before, after)
    parts = () if digests[0] == digests[1] else tuple(comparing.manifests("", digests, _DEPTH_MAX))
    return Comparison(before.name, after.name, digests, parts)


@dataclass(frozen=True, slots=True)
class _Comparing:
    before: Side
    after: Side

    def manifests(self, where: str, digests: tuple[Digest, Digest], depth: int) -> Iterator[Part]:
        """Yield how two manifests differ, and what they name."""
        one, other = (
            _read(side, digest) for side, digest in zip((self.before, self.after), digests, strict=True)
        )
        label = f"{where} manifest".strip()
        if isinstance(one, Manifest) and isinstance(other, Manifest):
            changes = [change for change in compare_manifests(one, other) if change.what != "file"]
            if changes:
                yield Part(label, How.FIELDS, tuple(changes))
            yield from self._blobs(where, one, other)
        elif isinstance(one, Index) and isinstance(other, Index):
            yield from self._indexes(where, label, one, other, depth)
        else:
            kinds = [item.media_type for item in (one, other)]
            yield Part(label, How.FIELDS, (Change("manifest", "mediaType", *kinds),))

    def _blobs(self, where: str, one: Manifest, other: Manifest) -> Iterator[Part]:
        layers = {layer.digest for layer in (*one.layers, *other.layers)}
        if one.config.digest != other.config.digest and not layers & {one.config.digest, other.config.digest}:
            yield self._contents(f"{where} config".strip(), one.config, other.config)
        before, after = _by_title(one.layers), _by_title(other.layers)
        for title in [*before, *(title for title in after if title not in before)]:
            pair = before.get(title), after.get(title)
            if pair[0] is None or pair[1] is None or pair[0].digest != pair[1].digest:
                yield self._contents(f"{where} {title}".strip(), *pair)

    def _contents(self, where: str, one: Descriptor | None, other: Descriptor | None) -> Part:
        before = None if one is None else Content(self.before.name, one, partial(self.before.blob, one))
        after = None if other is None else Content(self.after.name, other, partial(self.after.blob, other))
        if before is None or after is None:
            return whole(where, before, after)
        return compare_contents(where, before, after)

    def _indexes(self, where: str, label: str, one: Index, other: Index, depth: int) -> Iterator[Part]:
        changes = [*_texts("annotation", one.annotations, other.annotations)]
        before, after = _by_platform(one.manifests), _by_platform(other.manifests)
        for name in [*before, *(name for name in after if name not in before)]:
            pair = before.get(name), after.get(name)
            if pair[0] is None or pair[1] is None:
                one_only, other_only = (None if item is None else item.digest for item in pair)
                changes.append(Change("entry", name, one_only, other_only))
            elif pair[0].digest != pair[1].digest:
                changes.append(Change("entry", name, pair[0].digest, pair[1].digest))
        if changes:
            yield Part(label, How.FIELDS, tuple(changes))
        for name, entry in before.items():
            if depth and name in after and entry.digest != after[name].digest:
                both = (entry.digest, after[name].digest)
                yield from self.manifests(f"{where} {name}".strip(), both, depth - 1)


def _read(side: Side, digest: Digest) -> Manifest | Index:
    try:
        return parse(side.manifest(digest))
    except ValueError as exc:
        raise StoreError(f"{side.name}: cannot be read: {exc}") from exc


def _by_title(layers: Sequence[Descriptor]) -> dict[str, Descriptor]:
    return _named(layers, [layer.annotations.get(TITLE, "") for layer in layers], "layer")


def _by_platform(entries: Sequence[Descriptor]) -> dict[str, Descriptor]:
    return _named(entries, [str(entry.platform or "") for entry in entries], "entry")


def _named(items: Sequence[Descriptor], names: Sequence[str], what: str) -> dict[str, Descriptor]:
    """Return items by name; where there is none, or it is another one's already, by place."""
    named: dict[str, Descriptor] = {}
    for place, (item, name) in enumerate(zip(items, names, strict=True)):
        named[name if name and name not in named else f"{what} {place}"] = item
    return named


def _texts(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield Change(what, key, before.get(key), after.get(key))
