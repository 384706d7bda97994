from __future__ import annotations

import pytest

from reconciler.desired.reading.documents import (
    DOCUMENT_MAX_BYTES,
    Document,
    Format,
    Position,
    UnsoundError,
    read_document,
    require_size,
)
from reconciler.errors import DocumentError

YAML_TEXT = b"""\
metadata:
  version: 1.10
  name: "quoted"
steps:
  - id: one
    inputs: {a: yes}
  - &two
    id: two
again: *two
"""
JSON_TEXT = b'{"metadata":\t{"version": 1.10},\r\n\t"steps": [1,\n {"id": "x\\ty"}]}'


def read(content: bytes, suffix_format: Format) -> Document:
    return read_document(content, file="f", suffix_format=suffix_format)


@pytest.mark.parametrize(
    ("suffix_format", "path", "position", "written"),
    [
        pytest.param(Format.YAML, ("metadata", "version"), Position(2, 3), "1.10", id="yaml-number"),
        pytest.param(Format.YAML, ("metadata", "name"), Position(3, 3), "quoted", id="yaml-text"),
        pytest.param(Format.YAML, ("steps",), Position(4, 1), None, id="yaml-list"),
        pytest.param(Format.YAML, ("steps", 0), Position(5, 5), None, id="yaml-item"),
        pytest.param(Format.YAML, ("steps", 0, "inputs", "a"), Position(6, 14), "yes", id="yaml-flow"),
        pytest.param(Format.YAML, ("steps", 1, "id"), Position(8, 5), "two", id="yaml-anchored"),
        pytest.param(Format.YAML, ("again", "id"), Position(9, 1), None, id="yaml-behind-alias"),
        pytest.param(Format.YAML, ("metadata", "missing"), Position(1, 1), None, id="yaml-missing"),
        pytest.param(Format.YAML, (), Position(1, 1), None, id="yaml-top"),
        pytest.param(Format.JSON, ("metadata",), Position(1, 2), None, id="json-object"),
        pytest.param(Format.JSON, ("metadata", "version"), Position(1, 15), "1.10", id="json-number"),
        pytest.param(Format.JSON, ("steps", 0), Position(2, 12), "1", id="json-item"),
        pytest.param(Format.JSON, ("steps", 1, "id"), Position(3, 3), "x\ty", id="json-text"),
        pytest.param(Format.JSON, ("steps", 7), Position(2, 2), None, id="json-missing"),
    ],
)
def test_fields_have_places(
    suffix_format: Format, path: tuple[str | int, ...], position: Position, written: str | None
) -> None:
    document = read(YAML_TEXT if suffix_format is Format.YAML else JSON_TEXT, suffix_format)
    assert (document.position(path), document.written(path)) == (position, written)


@pytest.mark.parametrize("suffix_format", list(Format))
@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        pytest.param("a: ä".encode("utf-16"), "expected UTF-8, got UTF-16", 1, id="utf-16"),
        pytest.param("a: ä".encode("utf-16-le"), "expected UTF-8, got UTF-16", 1, id="utf-16-no-mark"),
        pytest.param("a: ä".encode("utf-32"), "expected UTF-8, got UTF-32", 1, id="utf-32"),
        pytest.param(b'{"a":\n"\xe4"}', "expected UTF-8, got the byte 0xe4", 2, id="latin-1"),
    ],
)
def test_other_encodings_are_refused(suffix_format: Format, content: bytes, message: str, line: int) -> None:
    with pytest.raises(DocumentError) as caught:
        read(content, suffix_format)
    [problem] = caught.value.problems
    assert (problem.message, problem.line, problem.fix) == (message, line, "save it as UTF-8")
    assert problem.column == (1 if line == 1 else 2)


@pytest.mark.parametrize("suffix_format", list(Format))
def test_byte_order_mark_is_accepted(suffix_format: Format) -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}', suffix_format).value == {"a": 1}


def test_large_files_are_refused() -> None:
    expected = "f: too large for a document: expected at most 8 MiB (8,388,608 bytes), got "
    for refuse, got in (
        (lambda: require_size(DOCUMENT_MAX_BYTES + 1, file="f"), "8,388,609 bytes"),
        # Where a reader had enough, nobody knows how large the file is.
        (lambda: read(b" " * (DOCUMENT_MAX_BYTES + 1), Format.YAML), "more"),
        (lambda: read(b" " * (DOCUMENT_MAX_BYTES + 2), Format.YAML), "8,388,610 bytes"),
    ):
        with pytest.raises(DocumentError) as caught:
            refuse()
        assert str(caught.value) == expected + got
        assert caught.value.problems[0].fix == "publish large files as they are, with kind files"


def test_limit_itself_is_accepted() -> None:
    require_size(DOCUMENT_MAX_BYTES, file="f")


@pytest.mark.parametrize(
    ("content", "suffix_format", "value"),
    [
        pytest.param("a: 1\nb: {c: 2, c: 3}\na: [4]\n", Format.YAML, {"a": 1, "b": {"c": 2}}, id="yaml"),
        pytest.param(
            '{"a": 1, "b": {"c": 2, "c": 3}, "a": [4]}', Format.JSON, {"a": 1, "b": {"c": 2}}, id="json"
        ),
    ],
)
def test_first_of_equal_keys_counts_while_more_is_looked_for(
    content: str, suffix_format: Format, value: object
) -> None:
    with pytest.raises(UnsoundError) as caught:
        read(content.encode(), suffix_format)
    document = caught.value.document
    assert [problem.code for problem in caught.value.problems] == ["duplicate-key", "duplicate-key"]
    assert document.value == value
    assert document.origins([("b", "c")])[("b", "c")].place.written == "2"


@pytest.mark.parametrize(
    ("content", "suffix_format"),
    [
        pytest.param("a: 1\na: 2\n1: 3\n", Format.YAML, id="key"),
        pytest.param("a: 1\na: 2\n---\nb: 1\n", Format.YAML, id="documents"),
        pytest.param("a: 1\na: .nan\n", Format.YAML, id="number"),
        pytest.param("a: 1\na: [\n", Format.YAML, id="yaml"),
        pytest.param('{"a": 1, "a": NaN}', Format.JSON, id="json"),
        pytest.param("".join(f"a: {n}\n" for n in range(1000)), Format.YAML, id="too-many"),
    ],
)
def test_nothing_is_looked_for_in_what_means_nothing(content: str, suffix_format: Format) -> None:
    with pytest.raises(DocumentError) as caught:
        read(content.encode(), suffix_format)
    assert not isinstance(caught.value, UnsoundError)
