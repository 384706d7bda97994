"""A graph of requirements as SVG 1.1, laid out in columns: the root on the left, the furthest on the right.

Decided here: an artifact stands right of all that lead to it, as far as no cycle forbids; within a column in
the order of what leads there, so that few lines cross. No program is needed to draw it.
Must never be added: a font, a script or a link.
"""

from __future__ import annotations

from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.reports.dependency_graph import Graph, GraphEdge

_CHARACTER, _PADDING, _HEIGHT, _ROW, _GAP, _MARGIN = 7.3, 12, 26, 42, 110, 20
_STYLE = (
    "text{font:12px ui-monospace,monospace;fill:#222}.edge{font-size:10px;fill:#666}"
    "rect{fill:#f6f8fa;stroke:#57606a}.missing{fill:#fff;stroke:#cf222e;stroke-dasharray:4}"
    "path{fill:none;stroke:#8c959f}path.unmet{stroke:#cf222e;stroke-dasharray:4}.edge.unmet{fill:#cf222e}"
)


def render_svg(graph: Graph) -> str:
    """Return the graph as a drawing; arrows lead from who requires to what is required."""
    columns = _columns(graph)
    widths = [
        max(_CHARACTER * len(graph.nodes[key].label) + 2 * _PADDING for key in column) for column in columns
    ]
    lefts = list(accumulate(widths[:-1], lambda left, width: left + width + _GAP, initial=float(_MARGIN)))
    rows = max(map(len, columns))
    boxes: dict[str, tuple[float, float, float]] = {}
    for column, left, width in zip(columns, lefts, widths, strict=True):
        top = _MARGIN + (rows - len(column)) * _ROW / 2
        for place, key in enumerate(column):
            boxes[key] = (left, top + place * _ROW, width)
    width, height = lefts[-1] + widths[-1] + _MARGIN, 2 * _MARGIN + (rows - 1) * _ROW + _HEIGHT
    arrows = "".join(_draw_edge(graph, edge, boxes) for edge in graph.edges)
    nodes = "".join(_draw_node(graph, key, box) for key, box in boxes.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">\n'
        f"<title>{_text(graph.nodes[graph.root].label)}</title>\n<style>{_STYLE}</style>\n"
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><polygon points="0,0 8,4 0,8" fill="#8c959f"/></marker></defs>\n'
        f"{arrows}{nodes}</svg>\n"
    )


def _columns(graph: Graph) -> list[list[str]]:
    """Return the nodes of each column: as many steps from the root as the longest way there has."""
    below = {key: list(dict.fromkeys(edge.end for edge in edges)) for key, edges in graph.below().items()}
    order, back = _walk(graph.root, below)
    depth = dict.fromkeys(graph.nodes, 0)
    for key in order:
        for end in below.get(key, ()):
            if (key, end) not in back:
                depth[end] = max(depth[end], depth[key] + 1)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for key in graph.nodes:
        columns[depth[key]].append(key)
    return _uncross(columns, below)


def _walk(root: str, below: Mapping[str, list[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Return the nodes so that each comes before what it leads to, and the edges that lead back."""
    finished: list[str] = []
    back: set[tuple[str, str]] = set()
    open_nodes: set[str] = {root}
    seen = {root}
    stack = [(root, iter(below.get(root, ())))]
    while stack:
        key, ends = stack[-1]
        end = next(ends, None)
        if end is None:
            stack.pop()
            open_nodes.discard(key)
            finished.append(key)
        elif end in open_nodes:
            back.add((key, end))
        elif end not in seen:
            seen.add(end)
            open_nodes.add(end)
            stack.append((end, iter(below.get(end, ()))))
    return finished[::-1], back


def _uncross(columns: list[list[str]], below: Mapping[str, list[str]]) -> list[list[str]]:
    """Sort each column by the middle of what leads to its nodes."""
    above: dict[str, list[str]] = {}
    for key, ends in below.items():
        for end in ends:
            above.setdefault(end, []).append(key)
    place: dict[str, float] = {}
    for column in columns:
        middle = {
            key: sum(found) / len(found)
            if (found := [place[each] for each in above.get(key, ()) if each in place])
            else 0
            for key in column
        }
        column.sort(key=lambda key: middle[key])
        place.update((key, number - len(column) / 2) for number, key in enumerate(column))
    return columns


def _draw_node(graph: Graph, key: str, box: tuple[float, float, float]) -> str:
    node, (left, top, width) = graph.nodes[key], box
    kind = ' class="missing"' if node.is_missing else ""
    return (
        f'<rect{kind} x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{_HEIGHT}" rx="4"/>'
        f'<text x="{left + _PADDING:.0f}" y="{top + 17:.0f}">{_text(node.label)}</text>\n'
    )


def _draw_edge(graph: Graph, edge: GraphEdge, boxes: Mapping[str, tuple[float, float, float]]) -> str:
    left, top, width = boxes[edge.start]
    end_left, end_top, _ = boxes[edge.end]
    x, y, end_x, end_y = left + width, top + _HEIGHT / 2, end_left, end_top + _HEIGHT / 2
    bend = max(_GAP / 2, abs(end_x - x) / 2)
    marker = "start" if graph.is_reversed else "end"
    unmet = " unmet" if edge.is_unmet else ""
    kind = ' class="unmet"' if edge.is_unmet else ""
    path = (
        f'<path{kind} marker-{marker}="url(#to)" d="M{x:.0f},{y:.0f} '
        f'C{x + bend:.0f},{y:.0f} {end_x - bend:.0f},{end_y:.0f} {end_x:.0f},{end_y:.0f}"/>'
    )
    if not edge.label:
        return f"{path}\n"
    at_x, at_y = (x + end_x) / 2, (y + end_y) / 2 - 3
    label = f'<text class="edge{unmet}" text-anchor="middle" x="{at_x:.0f}" y="{at_y:.0f}">'
    return f"{path}{label}{_text(edge.label)}</text>\n"


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
