"""The text of a catalog taken apart, wherever one piece of its bytes ends and the next begins."""

from __future__ import annotations

import json

import pytest

from reconciler.discovery.catalog_text import PIECE_BYTES, Scanner, Texts, Written

ODD = '{"é":"\\u00e9 — 😀","n":[-12.5e+10,true]}'


@pytest.mark.parametrize("value", [ODD, "-12.50e+10", "1.5", "null", '"a\\"b"', '"😀"'])
def test_value_may_lie_across_two_pieces(value: str) -> None:
    content = value.encode()
    for cut in range(len(content) + 2):
        begin = b"[" + b" " * (PIECE_BYTES - 1 - cut)
        for rest in (b"]", b" , 1 ]", b",1]" + b" " * PIECE_BYTES):
            scanner = Scanner(begin + content + rest)

            texts = [text for _, text in scanner.elements()]
            scanner.end()

            assert texts == ([value] if rest == b"]" else [value, "1"])


def test_value_may_be_larger_than_a_piece() -> None:
    long = '"' + "—" * PIECE_BYTES + '"'
    scanner = Scanner(f'{{"a":{long},"b":[{long},{long}]}}'.encode())

    keys = scanner.members()

    assert next(keys) == ("a", '"a"')
    assert scanner.part() == ("—" * PIECE_BYTES, long)
    assert next(keys) == ("b", '"b"')
    assert [text for _, text in scanner.elements()] == [long, long]
    assert list(keys) == []


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        (b"nul]", "expected JSON, got 'nul]'"),
        (b'"a', "expected JSON, got '\"a'"),
        (b"1", "expected ',', got ''"),
        (b"1 2]", "expected ',', got '2]'"),
        (b'"\xff"]', rf"expected UTF-8, got b'\xff' at byte {PIECE_BYTES + 2}"),
    ],
)
def test_what_is_wrong_is_shown_beyond_the_first_piece(ending: bytes, why: str) -> None:
    scanner = Scanner(b"[" + b" " * PIECE_BYTES + ending)

    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared)
        list(scanner.elements())

    assert str(caught.value) == why


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["1"],
        ['{"a":1}', '{"b":{}}', "2", '{"c":3}'],
        ['{"a":"},{"}', '{"a":"},"}'],
        ['{"a":[{},{}],"b":1}', '{"a":[{},{}]}'],
        ["[{},{}]", "{}"],
        ['{"a":"\\"},"}'],
        ['{"a":"%s"}' % ("é" * 5000), '{"a":[{},{}],"b":"%s"}' % ("x" * 5000)] * 200,
        ['{"a":[%s{}]}' % ("{}," * PIECE_BYTES), "{}"],
    ],
    ids=["none", "one", "many", "in a text", "in a list", "of lists", "escaped", "several pieces", "large"],
)
def test_values_are_those_that_come_singly(texts: list[str]) -> None:
    for between in (",", " ,\n "):
        content = f'{{"x":[{{}},{{}}],"list":[{between.join(texts)}],"y":{{"z":[{{}},{{}}]}},"w":0}}'.encode()
        scanner = Scanner(content)

        values = _values(scanner)

        assert values == [json.loads(text) for text in texts]
        assert Texts(content, "list").all == texts


def _values(scanner: Scanner) -> list[object]:
    found: list[object] = []
    for key, _ in scanner.members():
        if key == "list":
            found = list(scanner.values())
        else:
            scanner.part()
    scanner.end()
    return found


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'[{"a":1},]', "expected JSON, got ']'"),
        (b'[{"a":1},{"a":}]', "expected JSON, got '}]'"),
        (b'[{"a":1} {"a":1},{}]', "expected ',', got '{\"a\":1},{}]'"),
        (b'[{"a":1},', "expected JSON, got ''"),
        (b'[{"a":%s},{}]' % (b"[" * 100_000), "expected JSON, got lists nested too deeply"),
    ],
)
def test_what_is_wrong_among_many_is_shown(content: bytes, why: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared)
        list(Scanner(content).values())

    assert str(caught.value) == why


def test_text_that_is_found_later_is_a_text() -> None:
    texts = Texts(b'{"list":[1, 2.50,1]}', "list")
    first, second, third = (Written(texts, place) for place in range(3))

    assert str(second) == "2.50"
    assert first == third != second
    assert len({first, second, third, "2.50"}) == 2
