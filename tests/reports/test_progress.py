"""Progress: a bar on a terminal, a line now and then where there is none."""

from __future__ import annotations

import pytest

from reconciler.reports.progress import HEARTBEAT_S, Bar, Heartbeat


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_heartbeat_is_silent_while_it_goes_fast() -> None:
    said: list[str] = []
    heart = Heartbeat(said.append, now_s=Clock())
    heart.begin("checking", 3)
    for _ in range(3):
        heart.advance("notes/a")
    heart.end()
    assert said == []


def test_heartbeat_says_how_far_it_is_now_and_then() -> None:
    said: list[str] = []
    clock = Clock()
    heart = Heartbeat(said.append, now_s=clock)
    heart.begin("checking", 4)
    for name in ("a", "b", "c", "d"):
        clock.now_s += HEARTBEAT_S * 0.6
        heart.advance(f"notes/{name}")
    assert said == ["checking: 2 of 4, last notes/b", "checking: 4 of 4, last notes/d"]


def test_heartbeat_begins_anew_with_every_step() -> None:
    said: list[str] = []
    clock = Clock()
    heart = Heartbeat(said.append, now_s=clock)
    heart.begin("checking", 1)
    heart.advance("notes/a")
    clock.now_s += HEARTBEAT_S
    heart.begin("publishing", 2)
    heart.advance("notes/a")
    clock.now_s += HEARTBEAT_S
    heart.advance("notes/b")
    assert said == ["publishing: 2 of 2, last notes/b"]


def test_bar_writes_nothing_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.begin("checking", 2)
        bar.advance("notes/a")
        bar.advance("notes/b")
        bar.end()
    assert capsys.readouterr().out == ""


def test_bar_of_nothing_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    bar.begin("publishing", 0)
    bar.advance("notes/a")
    bar.end()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
