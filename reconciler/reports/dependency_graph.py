"""A graph of requirements as text: a tree, Mermaid, and the language of Graphviz.

Decided here: each artifact is opened once in the tree, where it is met again it is marked; deep trees are
indented so far and no further. Must never be added: a request, or which version is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

INDENTED_MAX = 40
"""Deeper levels say their number instead."""
_AGAIN = " (above)"


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One artifact."""

    key: str
    label: str
    detail: str = ""
    """Behind the label in the tree, such as a digest."""
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """One requirement, from where the tree is entered."""

    start: str
    end: str
    label: str
    """The constraint; empty for none."""
    is_unmet: bool = False
    """Whether what it leads to is no version that it allows."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by key, the root first, and what stands below each."""

    root: str
    nodes: Mapping[str, GraphNode]
    edges: Sequence[GraphEdge]
    is_reversed: bool = False
    """Whether the root is what the others require."""

    def below(self) -> dict[str, list[GraphEdge]]:
        """Return the edges by where they start."""
        below: dict[str, list[GraphEdge]] = {}
        for edge in self.edges:
            below.setdefault(edge.start, []).append(edge)
        return below


def render_tree(graph: Graph) -> str:
    """Return the tree, each artifact opened once."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    below, opened = graph.below(), {graph.root}
    yield _describe(graph.nodes[graph.root])
    # Each: an edge, the indents above it, and whether it is the last of its siblings.
    stack: list[tuple[GraphEdge, _Indents, bool]] = []
    stack.extend((edge, (), last) for edge, last in _siblings(below.get(graph.root, [])))
    while stack:
        edge, indents, is_last = stack.pop()
        node = graph.nodes[edge.end]
        children = below.get(edge.end, [])
        is_again = edge.end in opened and bool(children)
        unmet = ": does not hold" if edge.is_unmet else ""
        label = f"  [{printable(edge.label)}{unmet}]" if edge.label else ""
        branch = _indent(indents) + ("└── " if is_last else "├── ")
        yield f"{branch}{_describe(node)}{label}{_AGAIN if is_again else ''}"
        if edge.end not in opened:
            opened.add(edge.end)
            deeper = _deepen(indents, is_last=is_last)
            stack.extend((child, deeper, last) for child, last in _siblings(children))


_Indents = tuple[bool | int, ...]
"""Of each level: whether nothing follows below it; a number stands for levels that are not shown."""


def _deepen(indents: _Indents, *, is_last: bool) -> _Indents:
    if len(indents) < INDENTED_MAX:
        return (*indents, is_last)
    level = indents[-1]
    hidden = level + 1 if not isinstance(level, bool) else INDENTED_MAX + 1
    return (*indents[: INDENTED_MAX - 1], hidden)


def _indent(indents: _Indents) -> str:
    return "".join(
        ("    " if level else "│   ") if isinstance(level, bool) else f"({level}) " for level in indents
    )


def _siblings(edges: Sequence[GraphEdge]) -> Iterator[tuple[GraphEdge, bool]]:
    """Yield edges for a stack: the last one first, and told to be the last."""
    for place in range(len(edges) - 1, -1, -1):
        yield edges[place], place == len(edges) - 1


def _describe(node: GraphNode) -> str:
    detail = f"  {node.detail}" if node.detail else ""
    return printable(f"{node.label}{' (missing)' if node.is_missing else ''}{detail}")


def render_mermaid(graph: Graph) -> str:
    """Return a flowchart of Mermaid; arrows lead from who requires to what is required."""
    names = {key: f"n{place}" for place, key in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    for key, node in graph.nodes.items():
        lines.append(f'  {names[key]}["{_for_mermaid(node.label)}"]')
    for edge in graph.edges:
        start, end = _arrow(graph, edge)
        label = f'|"{_for_mermaid(edge.label)}"|' if edge.label else ""
        lines.append(f"  {names[start]} {'-.-x' if edge.is_unmet else '-->'}{label} {names[end]}")
    missing = [names[key] for key, node in graph.nodes.items() if node.is_missing]
    if missing:
        lines += ["  classDef missing stroke-dasharray: 4", f"  class {','.join(missing)} missing"]
    return "\n".join(lines) + "\n"


def _for_mermaid(text: str) -> str:
    """Escape as Mermaid wants it: by entities with `#`, and nothing that ends the quotes."""
    safe = printable(text).replace("&", "#amp;").replace('"', "#quot;")
    return safe.replace("<", "#lt;").replace(">", "#gt;")


def render_dot(graph: Graph) -> str:
    """Return a digraph of Graphviz; arrows lead from who requires to what is required."""
    lines = ["digraph dependencies {", "  node [shape=box];"]
    for key, node in graph.nodes.items():
        style = ", style=dashed" if node.is_missing else ""
        lines.append(f"  {_for_dot(key)} [label={_for_dot(node.label)}{style}];")
    for edge in graph.edges:
        start, end = _arrow(graph, edge)
        marks = [f"label={_for_dot(edge.label)}"] if edge.label else []
        marks += ["style=dashed", "color=red"] if edge.is_unmet else []
        more = f" [{', '.join(marks)}]" if marks else ""
        lines.append(f"  {_for_dot(start)} -> {_for_dot(end)}{more};")
    return "\n".join([*lines, "}"]) + "\n"


def _for_dot(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _arrow(graph: Graph, edge: GraphEdge) -> tuple[str, str]:
    return (edge.end, edge.start) if graph.is_reversed else (edge.start, edge.end)
