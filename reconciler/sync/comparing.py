"""Two artifacts side by side: manifests, configs and layers, and what is in them.

Decided here: what is held against what. Layers as they are paired, configs, children of an index by platform,
else by place, and so on down, so far. Equal digests are equal, and nothing of them is read.
Must never be added: which two are meant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from reconciler.desired.build import TITLE
from reconciler.errors import NotFoundError, StoreError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.manifest import Index, Manifest, parse
from reconciler.sync.contents import Content, How, Part, compare_contents, whole
from reconciler.sync.differences import Change, compare_manifests
from reconciler.sync.pairing import Layer, pair_layers

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
            yield Part(label, How.FIELDS, tuple(_kinds(one, other)))

    def _blobs(self, where: str, one: Manifest, other: Manifest) -> Iterator[Part]:
        layers = {layer.digest for layer in (*one.layers, *other.layers)}
        if one.config.digest != other.config.digest and not layers & {one.config.digest, other.config.digest}:
            yield self._contents(f"{where} config".strip(), one.config, other.config)
        for before, after in pair_layers(one.layers, other.layers):
            yield from self._layer(where, before, after)

    def _layer(self, where: str, one: Layer | None, other: Layer | None) -> Iterator[Part]:
        if one is None or other is None:
            only = one or other
            assert only is not None, "a pair has one side at least"
            yield whole(f"{where} {only.name}".strip(), _blob(one), _blob(other))
            return
        label = f"{where} {other.name if other.title else one.name}".strip()
        changes = tuple(_layer_changes(one, other))
        if one.descriptor.digest != other.descriptor.digest:
            part = self._contents(label, one.descriptor, other.descriptor, (one.name, other.name))
            yield replace(part, changes=(*changes, *part.changes))
        elif changes:
            yield Part(label, How.FIELDS, changes)

    def _contents(
        self, where: str, one: Descriptor, other: Descriptor, titles: tuple[str, str] = ("", "")
    ) -> Part:
        before = Content(self.before.name, titles[0], one, partial(self.before.blob, one))
        after = Content(self.after.name, titles[1], other, partial(self.after.blob, other))
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


def _kinds(one: Manifest | Index, other: Manifest | Index) -> Iterator[Change]:
    """Yield in what a manifest and an index differ: what each is, what is in it, and what both may say."""
    yield Change("manifest", "mediaType", one.media_type, other.media_type)
    yield Change("manifest", "holds", _held(one), _held(other))
    yield from _texts("annotation", one.annotations, other.annotations)


def _held(item: Manifest | Index) -> str:
    if isinstance(item, Manifest):
        return _counted(len(item.layers), "layer", "layers")
    names = [str(entry.platform) for entry in item.manifests if entry.platform is not None]
    return _counted(len(item.manifests), "manifest", "manifests") + (f": {', '.join(names)}" if names else "")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _blob(layer: Layer | None) -> Descriptor | None:
    return None if layer is None else layer.descriptor


def _layer_changes(one: Layer, other: Layer) -> Iterator[Change]:
    """Yield in what the descriptors of two layers differ: title, type, and what else is said of them."""
    before, after = (_said(layer) for layer in (one, other))
    yield from _texts("layer", before, after)


def _said(layer: Layer) -> dict[str, str]:
    annotations = {key: text for key, text in layer.descriptor.annotations.items() if key != TITLE}
    title = {} if layer.title is None else {"title": layer.title}
    return {**annotations, **title, "mediaType": layer.descriptor.media_type}


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
