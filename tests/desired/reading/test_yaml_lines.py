from __future__ import annotations

import pytest

from reconciler.desired.reading.documents import Format, Position, read_document
from reconciler.errors import DocumentError


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"], ids=["nel", "line", "paragraph"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines_are_those_of_editors(separator: str, end: str) -> None:
    text = f'a: "x{separator}y"{end}b: 1{end}c: {{d: 2}}{end}'
    document = read_document(text.encode(), file="f", suffix_format=Format.YAML)
    assert document.position(("b",)) == Position(2, 1)
    assert document.position(("c", "d")) == Position(3, 5)


def test_problems_are_in_lines_of_editors() -> None:
    with pytest.raises(DocumentError) as caught:
        read_document('a: "x\u2028y"\nb: 1\nb: 2\n'.encode(), file="f", suffix_format=Format.YAML)
    [problem] = caught.value.problems
    assert (problem.line, problem.column) == (3, 1)


def test_merged_field_stands_at_its_merge() -> None:
    text = "a: &a {x: 1}\nb:\n  y: 2\n  <<: *a\nc: {y: 2}\n"
    document = read_document(text.encode(), file="f", suffix_format=Format.YAML)
    assert document.position(("b", "x")) == Position(4, 3)
    assert document.position(("b", "y")) == Position(3, 3)
    assert document.position(("c", "x")) == Position(5, 1)
