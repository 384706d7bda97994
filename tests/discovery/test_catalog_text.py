"""The text of a catalog taken apart, wherever one piece of its bytes ends and the next begins."""

from __future__ import annotations

import pytest

from reconciler.discovery.catalog_text import PIECE_BYTES, Scanner

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

    assert next(keys) == "a"
    assert scanner.part() == ("—" * PIECE_BYTES, long)
    assert next(keys) == "b"
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
