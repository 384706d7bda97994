"""The fuzz run stays able to run; `make fuzz` is the run itself."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import feed, main, make_input
from tests.fuzz.parsers import Parser, all_parsers

INPUTS = 150


@pytest.mark.parametrize("parser", all_parsers(), ids=lambda parser: parser.name)
def test_seeds_are_read(parser: Parser) -> None:
    read = 0
    for seed in parser.seeds:
        try:
            parser.read(seed)
        except parser.raises:
            continue
        read += 1
    assert read > 0


@pytest.mark.parametrize("parser", all_parsers(), ids=lambda parser: parser.name)
def test_strange_inputs_are_read_or_refused(parser: Parser) -> None:
    for number in range(INPUTS):
        try:
            parser.read(make_input(parser, 1, number))
        except parser.raises:
            continue


def test_input_is_made_again_by_its_number() -> None:
    parser = all_parsers()[0]
    assert make_input(parser, 1, 7) == make_input(parser, 1, 7)
    assert len({make_input(parser, 1, number) for number in range(100)}) > 90
    assert make_input(parser, 1, 7) != make_input(parser, 2, 7)


def test_failure_is_shown_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse_long(content: bytes) -> None:
        if len(content) > 6:
            raise LookupError("too long")

    broken = Parser("broken", refuse_long, (b"abcdef",), (ValueError,))
    failed = feed(broken, 1, 50)
    shown = capsys.readouterr().out
    assert 0 < failed < 50
    assert "--- broken, number " in shown
    assert "LookupError: too long" in shown
    assert f"{failed} failed" in shown


def test_run_says_how_much_it_fed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "200", "--only", "tag"]) == 0
    assert "200 inputs, seed 1" in capsys.readouterr().out
    assert main(["--only", "tag", "--number", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("b")
