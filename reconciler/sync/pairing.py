"""Which layer of one artifact is held against which of another. Pure.

Decided here, in this order: layers of one title; equal digests, which were renamed; where one is left on
each side, these two, since titles such as `app-0.2.0.tgz` name the version; of what is left those of one
media type, by place. What finds nobody came, or went.
Must never be added: reading what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING

from reconciler.desired.build import TITLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.oci.manifest import Descriptor

    _Key = Callable[["Layer"], str | None]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer, and where it stands."""

    place: int
    descriptor: Descriptor

    @property
    def title(self) -> str | None:
        return self.descriptor.annotations.get(TITLE) or None

    @property
    def name(self) -> str:
        """Its title, else its place."""
        return self.title or f"layer {self.place}"


Pair = tuple[Layer | None, Layer | None]


def pair_layers(before: Sequence[Descriptor], after: Sequence[Descriptor]) -> list[Pair]:
    """Return each layer of both once, in the order of the first, then what came; None stands for nobody."""
    one, other = (list(starmap(Layer, enumerate(side))) for side in (before, after))
    pairs: list[Pair] = []
    for key in (_title, _digest):
        pairs.extend(_matched(one, other, key))
    if len(one) == len(other) == 1:
        pairs.append((one.pop(), other.pop()))
    pairs.extend(_matched(one, other, _media_type))
    pairs.extend((layer, None) for layer in one)
    pairs.extend((None, layer) for layer in other)
    return sorted(pairs, key=_order)


def _matched(one: list[Layer], other: list[Layer], key: _Key) -> Iterator[Pair]:
    """Yield who has the same key, first with first, and take them from both."""
    for layer in tuple(one):
        match = _first(other, key, key(layer))
        if match is not None:
            one.remove(layer)
            other.remove(match)
            yield layer, match


def _first(layers: Iterable[Layer], key: _Key, wanted: str | None) -> Layer | None:
    return next((layer for layer in layers if wanted is not None and key(layer) == wanted), None)


def _title(layer: Layer) -> str | None:
    return layer.title


def _digest(layer: Layer) -> str:
    return layer.descriptor.digest


def _media_type(layer: Layer) -> str:
    return layer.descriptor.media_type


def _order(pair: Pair) -> tuple[bool, int]:
    before, after = pair
    if before is not None:
        return False, before.place
    assert after is not None, "a pair has one side at least"
    return True, after.place
