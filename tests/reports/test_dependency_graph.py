"""Graphs as text and drawings: deep ones, wide ones, and names that mean something elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from reconciler.discovery.unmet import Why
from reconciler.reports.dependencies import graph_of
from reconciler.reports.dependency_graph import (
    Graph,
    GraphEdge,
    GraphNode,
    render_dot,
    render_mermaid,
    render_tree,
)
from reconciler.reports.graph_svg import render_svg
from tests.discovery.needs import entry, needs_of

SVG = "{http://www.w3.org/2000/svg}"


def _graph(*edges: str, label: str = "") -> Graph:
    """Return a graph of edges such as `a b`."""
    pairs = [edge.split() for edge in edges]
    keys = dict.fromkeys(key for pair in pairs for key in pair)
    nodes = {key: GraphNode(key, key) for key in keys}
    return Graph(pairs[0][0], nodes, [GraphEdge(start, end, label) for start, end in pairs])


def test_tree_marks_what_was_opened_above() -> None:
    assert render_tree(_graph("a b", "a c", "b d", "d e", "c d")) == (
        "a\n├── b\n│   └── d\n│       └── e\n└── c\n    └── d (above)\n"
    )


def test_tree_of_a_cycle_ends() -> None:
    assert render_tree(_graph("a b", "b a")) == "a\n└── b\n    └── a (above)\n"


def test_deep_tree_is_indented_so_far() -> None:
    lines = render_tree(_graph(*(f"n{level} n{level + 1}" for level in range(5000)))).splitlines()
    assert len(lines) == 5001
    assert max(map(len, lines)) < 200
    assert lines[-1].endswith("(4999) └── n5000")


@pytest.mark.parametrize("render", [render_tree, render_mermaid, render_dot, render_svg])
def test_control_characters_are_replaced(render: object) -> None:
    assert callable(render)
    text = render(_graph("a b", label="\x1b[31m\x00"))
    assert "\x1b" not in text
    assert "\x00" not in text


def test_mermaid_quotes_are_escaped() -> None:
    assert '|"#lt;#quot;#gt;#amp;"|' in render_mermaid(_graph("a b", label='<">&'))


def test_dot_quotes_are_escaped() -> None:
    assert r'[label="\\\"x"]' in render_dot(_graph("a b", label='\\"x'))


def test_svg_is_escaped() -> None:
    drawing = ET.fromstring(render_svg(_graph("a b", label='<">&]]>')))
    assert '<">&]]>' in [text.text for text in drawing.iter(f"{SVG}text")]


def test_svg_draws_every_node_and_edge() -> None:
    drawing = ET.fromstring(render_svg(_graph("a b", "a c", "b d", "c d", "d a")))
    assert len(list(drawing.iter(f"{SVG}rect"))) == 4
    assert len(list(drawing.iter(f"{SVG}path"))) == 5


def test_svg_puts_what_is_required_to_the_right() -> None:
    drawing = ET.fromstring(render_svg(_graph("a b", "a c", "b c")))
    lefts = {text.text: float(text.attrib["x"]) for text in drawing.iter(f"{SVG}text")}
    assert lefts["a"] < lefts["b"] < lefts["c"]


def test_svg_of_a_long_chain_is_no_recursion() -> None:
    drawing = ET.fromstring(render_svg(_graph(*(f"n{level} n{level + 1}" for level in range(5000)))))
    assert len(list(drawing.iter(f"{SVG}rect"))) == 5001


@pytest.mark.parametrize(
    ("render", "expected"),
    [
        pytest.param(render_tree, "w/c 1.0.0  {}  [^2: does not hold]", id="tree"),
        pytest.param(render_mermaid, 'n1 -.-x|"^2"| n2', id="mermaid"),
        pytest.param(render_dot, '"w/b" -> "w/c" [label="^2", style=dashed, color=red];', id="dot"),
        pytest.param(render_svg, '<path class="unmet" ', id="svg"),
    ],
)
def test_requirement_that_does_not_hold_is_marked(render: Callable[[Graph], str], expected: str) -> None:
    last = entry("c", "1.0.0")
    found = needs_of(entry("a", requires="b,c@^1"), entry("b", requires="c@^2"), last, entry("c", "2.0.0"))
    assert [item.why for item in found.unmet] == [Why.CONFLICT]

    text = render(graph_of(found))

    assert expected.format(last.digest.short) in text
    assert [text.count(mark) for mark in ("not hold", "-.-x", "color=red", 'class="unmet"')].count(1) == 1
