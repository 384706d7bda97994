"""Cycles in a graph, found without recursion, so that no graph is too deep. Pure.

Must never be added: what stands in the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

_Node = TypeVar("_Node", bound="Hashable")

CYCLES_MAX = 100
"""Whoever has mended so many looks again."""


def find_cycles(
    starts: Iterable[_Node], following: Callable[[_Node], Iterable[_Node]], *, at_most: int = CYCLES_MAX
) -> list[tuple[_Node, ...]]:
    """Return one cycle for each edge that leads back to a node that is still being looked into.

    Without these edges there is no cycle. Each begins with the node that is reached first, which is not
    repeated at its end; an edge from a node to itself is a cycle of one.
    """
    cycles: list[tuple[_Node, ...]] = []
    done: set[_Node] = set()
    for start in starts:
        if start not in done:
            _walk(start, following, done, cycles, at_most)
    return cycles


def _walk(
    start: _Node,
    following: Callable[[_Node], Iterable[_Node]],
    done: set[_Node],
    cycles: list[tuple[_Node, ...]],
    at_most: int,
) -> None:
    path: list[_Node] = [start]
    places: dict[_Node, int] = {start: 0}
    open_edges: list[Iterator[_Node]] = [iter(dict.fromkeys(following(start)))]
    while path and len(cycles) < at_most:
        node = next(open_edges[-1], None)
        if node is None:
            open_edges.pop()
            finished = path.pop()
            del places[finished]
            done.add(finished)
        elif node in places:
            cycles.append(tuple(path[places[node] :]))
        elif node not in done:
            places[node] = len(path)
            path.append(node)
            open_edges.append(iter(dict.fromkeys(following(node))))
